"""pick: of the locked requirements those that some extras need, with their hashes: what the image installs.

    python docker/pick.py postgres s3 > picked.txt      # gridwatch and these extras
    python docker/pick.py --only hatchling > build.txt  # a tool of the lock, without gridwatch

The lock says of each requirement what it is there for ("# via"); from what pyproject.toml names, that is followed to
the end. So there is one lock, and an image without cameras is hundreds of megabytes smaller. It needs Python alone.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_BLOCK = re.compile(r"(?m)^(?=[A-Za-z0-9])")
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def plain(name: str) -> str:
    """A project's name as all spellings of it are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(text: str) -> dict[str, tuple[str, set[str]]]:
    """By name: each requirement as it stands in the lock (several where versions go by Python), and what needs it."""
    found: dict[str, tuple[str, set[str]]] = {}
    for block in _BLOCK.split(text):
        match = _NAME.match(block)
        if match is None:
            continue
        lines, _, why = block.partition("    # via")
        via = {plain(each.split()[0]) for each in why.replace("#", "\n").splitlines() if each.strip()}
        before, reasons = found.get(plain(match[0]), ("", set()))
        found[plain(match[0])] = (before + lines, reasons | via)
    return found


def named(requirements: Iterable[str]) -> set[str]:
    """The names in a list of pyproject.toml."""
    return {plain(match[0]) for each in requirements if (match := _NAME.match(each))}


def pick(lock: dict[str, tuple[str, set[str]]], roots: set[str]) -> str:
    """The roots and all that is there for them. Raises LookupError for a root that isn't locked."""
    if unknown := roots - lock.keys():
        raise LookupError(f"not in the lock: {', '.join(sorted(unknown))}")
    wanted = set(roots)
    while more := {name for name, (_, via) in lock.items() if name not in wanted and via & wanted}:
        wanted |= more
    return "".join(lock[name][0] for name in sorted(wanted))


def roots_of(extras: Iterable[str]) -> set[str]:
    """What gridwatch needs with these extras. Raises LookupError for one that there is not."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    offered: dict[str, list[str]] = project["optional-dependencies"]
    if unknown := set(extras) - offered.keys():
        raise LookupError(f"no extra {', '.join(sorted(unknown))}; there are: {', '.join(sorted(offered))}")
    return named(project["dependencies"]).union(*(named(offered[each]) for each in extras))


def main(arguments: list[str] | None = None) -> str:
    """What is to be printed. Ends the process with a line where something isn't there."""
    parser = argparse.ArgumentParser(description="Of the locked requirements those that some extras need.")
    parser.add_argument("--only", action="store_true", help="the names are requirements, not extras")
    parser.add_argument("names", nargs="*")
    given = parser.parse_args(arguments)
    try:
        roots = named(given.names) if given.only else roots_of(given.names)
        return pick(locked((ROOT / "requirements" / "dev.txt").read_text("utf-8")), roots)
    except LookupError as error:
        sys.exit(str(error.args[0]))


if __name__ == "__main__":
    sys.stdout.write(main())
