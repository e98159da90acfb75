"""list: what a configuration can name, one line each: gridwatch's own and what installed packages bring.

A package that can't be loaded is told with why; nothing else suffers from it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.metadata import EntryPoint
from typing import Annotated, Any

import typer

from gridwatch.cli.data import JsonOption, harmless, terminal
from gridwatch.cli.frame import print_json_lines
from pipeline.registry import Registry

OWN = "gridwatch"
"""Where our own are from."""


class What(StrEnum):
    """What can be listed."""

    detectors = "detectors"
    codecs = "codecs"
    connectors = "connectors"
    targets = "targets"
    watchers = "watchers"
    scenarios = "scenarios"


class Language(StrEnum):
    """Of what is printed."""

    en = "en"
    zh = "zh"


LanguageOption = Annotated[Language, typer.Option("--language", help="Of what detectors ask.")]


@dataclass(frozen=True, slots=True)
class Thing:
    """One that can be named."""

    kind: str
    name: str
    about: str
    origin: str
    """gridwatch, or the package with its version."""
    broken: str = ""
    """Why it can't be loaded; '' where it can."""


def list_(
    what: Annotated[What | None, typer.Argument(help="Only these; without: all.")] = None,
    as_json: JsonOption = False,
    language: LanguageOption = Language.en,
) -> None:
    """List what a configuration can name: detectors, codecs, connectors, targets, watchers, scenarios."""
    kinds = list(What) if what is None else [what]
    if as_json:
        things = (thing for kind in kinds for thing in things_of(kind, language))
        print_json_lines({("from" if key == "origin" else key): v for key, v in asdict(t).items()} for t in things)
        return
    console = terminal()
    for kind in kinds:
        console.print(harmless(kind.capitalize()), style="bold")
        listed = list(things_of(kind, language))
        width = max(len(thing.name) for thing in listed)
        for thing in listed:
            line = harmless(f"  {thing.name:{width}}  {thing.about}")
            if thing.origin != OWN:
                line.append(f"  ({thing.origin})", "cyan")
            if thing.broken:
                line.append(f"  can't be loaded: {thing.broken}", "red")
            console.print(line, soft_wrap=True)
        console.print()


def things_of(what: What, language: str = "en") -> Iterator[Thing]:
    """All of them, sorted by name but for scenarios."""
    if what is What.scenarios:
        from replay.scenarios.library import SCENARIOS

        yield from (Thing("scenario", each.name, each.about, OWN) for each in SCENARIOS)
        return
    own, registry, about = _KINDS[what]()
    kind = what.removesuffix("s")
    found = [Thing(kind, name, about(name, thing, language), OWN) for name, thing in own.items()]
    try:
        points = {} if registry is None else registry.plugins()
    except ValueError as error:  # two have one name
        points = {}
        found.append(Thing(kind, "*", "", "packages", str(error)))
    for name, point in points.items():
        try:
            thing = registry.get(name) if registry is not None else None
        except Exception as error:  # noqa: BLE001  whatever a package's import raises
            found.append(Thing(kind, name, "", _package(point), f"{type(error).__name__}: {error}"))
        else:
            found.append(Thing(kind, name, about(name, thing, language), _package(point)))
    yield from sorted(found, key=lambda thing: thing.name)


About = Callable[[str, Any, str], str]
Kinds = tuple[Mapping[str, Any], Registry | None, About]


def _detectors() -> Kinds:
    from detectors import DETECTORS
    from pipeline.detector_words import detector_words
    from pipeline.registry import DETECTORS as REGISTRY

    def about(name: str, kind: type, language: str) -> str:
        return (detector_words(name, language).question if language != "en" else "") or first_line(kind)

    return DETECTORS, REGISTRY, about


def _codecs() -> Kinds:
    from connectors.codecs import CODECS, UNPACKERS
    from connectors.codecs.registry import REGISTRY

    return {name: kind.settings for name, kind in CODECS.items()} | UNPACKERS, REGISTRY, _plain


def _connectors() -> Kinds:
    from connectors import REGISTRY, SOURCES

    return {name: kind.settings for name, kind in SOURCES.items()}, REGISTRY, _plain


def _targets() -> Kinds:
    from connectors.dispatch import TARGETS

    return {name: kind.sender for name, kind in TARGETS.items()}, None, lambda _, sender, __: of_module(sender)


def _watchers() -> Kinds:
    from cameras.watchers import REGISTRY, WATCHERS

    return WATCHERS, REGISTRY, _plain


_KINDS: Mapping[What, Callable[[], Kinds]] = {
    What.detectors: _detectors,
    What.codecs: _codecs,
    What.connectors: _connectors,
    What.targets: _targets,
    What.watchers: _watchers,
}


def _plain(_: str, thing: Any, __: str) -> str:
    return first_line(thing)


def first_line(thing: Any) -> str:
    """What the class says first of itself, without how it is named in a configuration."""
    line = (thing.__doc__ or "").strip().partition("\n")[0]
    return re.sub(r"^`[^`]*`: ", "", line).rstrip(".")


def of_module(thing: Any) -> str:
    """What the module of a class says first of itself."""
    return ((inspect.getdoc(inspect.getmodule(thing)) or "").partition("\n")[0].partition(": ")[2]).rstrip(".")


def _package(point: EntryPoint) -> str:
    """Whose it is; the entry point itself where nobody says so."""
    return point.value if point.dist is None else f"{point.dist.name} {point.dist.version}"
