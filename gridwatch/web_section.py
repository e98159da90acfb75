"""web_section: what a city's file says of its web API, with every fault of it, as `gridwatch check` tells them.

The section's model is the console's, which the runtime doesn't know; so the front door reads it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridwatch.problems import city_file
from pipeline.faults import Fault, Faulty, did_you_mean

if TYPE_CHECKING:
    from console.settings import WebSection
    from pipeline.runtime.document import Document


AT_START = ("host", "port", "map.points")
"""What a console is given when it starts: where it listens, and how much memory trails have."""


def load_web(config: Path) -> WebSection | None:
    """None: there is no such section. Raises Faulty with every fault of it."""
    return _load(config)[0]


def load_usable(config: Path, environment: Mapping[str, str]) -> WebSection | None:
    """The same; also Faulty where a console can't go by it: a secret is not set, or is not good enough."""
    found, document = _load(config)
    if found is not None:
        from console.app import speakers_of

        try:
            speakers_of(found, environment, time.time)
        except ValueError as error:
            raise Faulty([document.fault(("web",), each) for each in str(error).split("; ")]) from None
    return found


def at_next_start(began: WebSection, now: WebSection | None) -> list[str]:
    """Keys of which a console that began with one section can't take over what is in another."""
    if now is None:
        return ["web"]
    return [f"web.{key}" for key in AT_START if attrgetter(key)(began) != attrgetter(key)(now)]


def _load(config: Path) -> tuple[WebSection | None, Document]:
    from pipeline.runtime.document import read_document

    document = read_document(city_file(config))
    faults: list[Fault] = []
    found = _read(document, faults)
    if faults:
        raise Faulty(faults)
    return found, document


def _read(document: Document, faults: list[Fault]) -> WebSection | None:
    data = document.data if isinstance(document.data, Mapping) else {}
    if data.get("web") is None:
        return None
    from pydantic import ValidationError

    from console.settings import WebSection
    from pipeline.runtime.explain import faults_of

    try:
        web = WebSection.model_validate(data["web"])
    except ValidationError as error:
        faults += faults_of(error, document, WebSection, ("web",))
        return None
    faults += _hotlines(web, data, document)
    return web


def _hotlines(web: WebSection, data: Mapping[str, Any], document: Document) -> Iterator[Fault]:
    """Hotlines that a token may bring orders of, and that are not there."""
    intake = data.get("intake")
    hotlines = intake.get("hotlines") if isinstance(intake, Mapping) else None
    known = [str(name) for name in hotlines] if isinstance(hotlines, Mapping) else []
    for n, token in enumerate(web.tokens):
        for name in token.hotlines:
            if name not in known:
                hint = did_you_mean(name, known) or f"; there are: {', '.join(known) or 'none'}"
                yield document.fault(("web", "tokens", n, "hotlines"), f"no such hotline in intake.hotlines{hint}")
