"""sources: the pages of docs/ as the site's generator takes them.

On a forge a page leads to files beside docs/ too (code, the project's README), and blocks say in their first line what
a test does with them. So pages are copied: what a link leads to comes along, code as a page that shows it, and a
block's first line says its language and the file that it is.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
BESIDE = "repository"
"""The site's folder of what is not in docs/."""

_FENCE = re.compile(r"(?m)^(```+)([\w-]*)(?: ([^\n]*))?$")
_LINK = re.compile(r"\]\(([^)\s#]+)(#[^)\s]*)?\)")
_BROKEN = re.compile(r"(?<=[\u3001-\u303f\u4e00-\u9fff\uff00-\uffef])\n(?=[\u4e00-\u9fff])")
"""Where a Chinese sentence goes on in the next line: browsers would show a blank."""
_LANGUAGES = {".py": "python", ".yaml": "yaml", ".csv": "text", ".toml": "toml"}


def pages() -> list[str]:
    """Every page of docs/, relative to it."""
    return sorted(file.relative_to(DOCS).as_posix() for file in DOCS.glob("**/*.md"))


def write(to: Path) -> None:
    """All pages, and all that they lead to, into an empty folder. Raises FileNotFoundError where that is not there."""
    ahead, done = [DOCS / page for page in pages()], set()
    while ahead:
        file = ahead.pop()
        if file in done:
            continue
        done.add(file)
        target = to / place(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".md":
            text, led = page(file)
            target.write_text(text, "utf-8")
            ahead += led
        elif target.suffix == ".md":
            shown = file.read_text("utf-8")
            target.write_text(f"# {name(file)}\n\n``````{_LANGUAGES[file.suffix]}\n{shown}``````\n", "utf-8")
        else:
            shutil.copyfile(file, target)


def name(file: Path) -> str:
    """As people say it: pipeline/world.py."""
    return file.relative_to(ROOT).as_posix()


def place(file: Path) -> str:
    """Where a file of the repository is in the site's sources."""
    if file.is_relative_to(DOCS):
        return file.relative_to(DOCS).as_posix()
    return f"{BESIDE}/{name(file)}" + (".md" if file.suffix in _LANGUAGES else "")


def page(file: Path) -> tuple[str, list[Path]]:
    """A page as the site has it, and the files that it leads to."""
    led: list[Path] = []
    here = Path(place(file)).parent

    def link(found: re.Match[str]) -> str:
        target, anchor = found[1], found[2] or ""
        if re.match(r"[a-z]+:", target):
            return found[0]
        other = (file.parent / target).resolve()
        if other.is_dir():
            other /= "README.md"  # of a folder its index; without one that of docs/
            other = other if other.exists() else DOCS / "README.md"
        led.append(other)
        return f"]({os.path.relpath(place(other), here)}{anchor})"

    parts = [_LINK.sub(link, text) if prose else text for prose, text in _parts(file.read_text("utf-8"))]
    return _BROKEN.sub("", "".join(parts)), led


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """(is it prose?, text) for each stretch of a page; blocks begin as the generator reads them."""
    mark = ""
    for line in text.splitlines(keepends=True):
        fence = _FENCE.fullmatch(line.rstrip("\n"))
        if mark:
            yield False, line
            if fence and fence[1] == mark and not fence[2]:
                mark = ""
        elif fence:
            mark = fence[1]
            titled = re.search(r"(?:^| )file=(\S+)", fence[3] or "")
            yield False, f"{mark}{fence[2] or 'text'}" + (f' title="{titled[1]}"' if titled else "") + "\n"
        else:
            yield True, line
