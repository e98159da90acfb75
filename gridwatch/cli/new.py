"""new: a package with a detector, codec, connector or watcher of one's own: code, test, city that uses it, page.

What it writes is small and works as it is: install it beside gridwatch, and a configuration can name it. Nothing in
gridwatch is to be changed. The templates are the files in `gridwatch/cli/plugin/`.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Collection
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from gridwatch.cli.frame import Exit, Problem


class Kind(StrEnum):
    """What can be written."""

    detector = "detector"
    codec = "codec"
    connector = "connector"
    watcher = "watcher"


GUIDES = {
    Kind.detector: "docs/guides/writing-a-detector.md",
    Kind.codec: "docs/connectors/codecs.md, A codec of your own",
    Kind.connector: "docs/connectors/plugins.md",
    Kind.watcher: "docs/watchers.md, A watcher of your own",
}
_TEMPLATES = "plugin"


def new(
    kind: Annotated[Kind, typer.Argument(help="What it is.")],
    name: Annotated[str, typer.Argument(help="Its name in configurations: small letters, digits and _.")],
    to: Annotated[Path | None, typer.Option(help="The folder to write; it must be empty or not exist.")] = None,
) -> None:
    """Write a package with a detector, codec, connector or watcher of your own, its test and its page."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*[a-z0-9]", name) or keyword.iskeyword(name):
        raise Problem(f"'{name}': expected small letters, digits and '_', such as 'brush_up'", Exit.USAGE)
    if name in _taken(kind):
        raise Problem(f"there is a {kind} '{name}' already; choose another name", Exit.USAGE)
    distribution, package = f"gridwatch-{name.replace('_', '-')}", f"gridwatch_{name}"
    folder = to if to is not None else Path(distribution)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Problem(f"{folder} is there already and stays as it is. Name another with --to.", Exit.USAGE)
    words = {
        "__NAME__": name,
        "__CLASS__": "".join(part.capitalize() for part in name.split("_")),
        "__PACKAGE__": package,
        "__DIST__": distribution,
        "__KIND__": str(kind),
        "__GUIDE__": GUIDES[kind],
    }
    for file, text in _files(kind, name, package).items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        for placeholder, word in words.items():
            text = text.replace(placeholder, word)
        (folder / file).write_text(text, "utf-8")
    typer.echo(f"{folder}: the {kind} is in {package}/{name}.py, its test in tests/, what it is for in README.md")
    typer.echo(f"Next: cd {folder} && pip install -e . && pytest")


def _files(kind: Kind, name: str, package: str) -> dict[str, str]:
    """File of the package -> its text, with placeholders."""
    found = {
        "pyproject.toml": _template("common", "pyproject.toml"),
        "README.md": _template(kind, "README.md") + _template("common", "README.end.md"),
        f"{package}/__init__.py": _template("common", "__init__.py"),
        f"{package}/py.typed": _template("common", "py.typed"),
        f"{package}/{name}.py": _template(kind, "module.py"),
        f"tests/test_{name}.py": _template(kind, "test_module.py"),
        "tests/test_city.py": _template("common", "test_city.py"),
        "tests/city.yaml": _template(kind, "city.yaml"),
    }
    if kind is Kind.detector:
        found[f"{package}/words.zh.toml"] = _template(kind, "words.zh.toml")
    return found


def _template(folder: str, file: str) -> str:
    return (files("gridwatch.cli") / _TEMPLATES / folder / f"{file}.tmpl").read_text("utf-8")


def _taken(kind: Kind) -> Collection[str]:
    """Names that gridwatch itself or an installed package has."""
    from cameras.watchers import watchers
    from connectors import KNOWN as SOURCES
    from connectors.codecs import KNOWN as CODECS
    from connectors.codecs import UNPACKERS
    from pipeline.registry import detectors

    names: dict[Kind, Callable[[], Collection[str]]] = {
        Kind.detector: detectors,
        Kind.codec: lambda: {*CODECS, *UNPACKERS},
        Kind.connector: lambda: SOURCES,
        Kind.watcher: watchers,
    }
    return names[kind]()
