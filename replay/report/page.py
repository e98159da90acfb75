"""page: the whole report as one HTML file that stands alone.

Nothing is loaded from anywhere: style and script are in the file, and its Content-Security-Policy lets it load nothing
and run no other script. Languages and colours are switched by the style sheet alone, so that it can be read where
scripts don't run; the script adds magnifying, filtering and sorting.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, tzinfo
from importlib.resources import files
from zoneinfo import ZoneInfo

from pipeline.registers import Registers
from replay.report import tables
from replay.report.facts import Facts
from replay.report.maps import Map, word
from replay.report.markup import Markup, document_head, el, join, t
from replay.report.picking import SHEETS, Item, items
from replay.report.plain import clock
from replay.report.sheets import sheets
from replay.report.timeline import legend, timeline
from replay.surroundings import Surroundings

_CHART = ("band", "label", "confirmed", "limit")
_NOTHING_ELSE = "base-uri 'none'; form-action 'none'"
"""What `default-src` says nothing about."""


def picked(facts: Facts, most: int = SHEETS) -> list[Item]:
    """What gets a sheet: its surroundings are to be read before the page is made."""
    return items(facts)[:most]


def as_html(facts: Facts, around: Surroundings, most: int = SHEETS) -> bytes:
    """The page in UTF-8. around: the rows around what was `picked`."""
    registers = around.version.world.registers if around.version is not None else Registers()
    zone: tzinfo = ZoneInfo(registers.time_zone) if registers.time_zone != "UTC" else UTC
    every = items(facts)
    shown = every[:most]
    drawn = Map.of(registers, around, every, len(shown))
    title = facts.title or facts.recording
    body = [_switches(), _head(facts, title, zone, registers.time_zone), tables.headline(facts)]
    if not facts.labelled and every:
        body.append(el("p", t("no_labels"), class_="quiet"))
    if facts.results:
        body.append(_section("expectations", tables.expectations(facts)))
    body.append(_section("rules", tables.rules(facts), "rules_note" if facts.labelled else None))
    verdicts = list(dict.fromkeys(item.verdict for item in every))
    if every:
        body.append(_filters(every, verdicts))
        lanes = timeline(facts, every, len(shown), zone, registers.time_zone)
        body.append(
            _section(
                "timeline",
                join([legend(verdicts), lanes]),
                "timeline_note" if facts.labelled else "timeline_alone",
                zooming=True,
            )
        )
    if drawn is not None:
        parts = join([drawn.legend(), drawn.drawing(every, len(shown))])
        body.append(_section("map", parts, "map_note", zooming=True))
    curves = tables.curves(facts) if facts.labelled else Markup()
    if curves:
        body.append(_section("curves", curves, "curves_note"))
    if shown:
        rest = len(every) - len(shown)
        more = el("p", f"{rest:,} ", t("left_out"), class_="quiet") if rest else None
        key = [el("span", el("i", class_=f"key key-{name}"), t(f"chart_{name}")) for name in _CHART]
        body.append(
            _section(
                "sheets",
                join([el("p", *key, class_="legend"), sheets(facts, shown, around, drawn, zone), more]),
                "sheets_note" if facts.labelled else "sheets_alone",
            )
        )
    body.append(el("footer", t("foot")))
    return _document(title, join(body)).encode()


def _section(key: str, content: Markup, note: str | None = None, *, zooming: bool = False) -> Markup:
    notes = [t(note)] if note else []
    if zooming:
        notes += [join([" ", el("span", t("zooming"), class_="scripted")])]
    return el("section", el("h2", t(key)), el("p", *notes, class_="note") if notes else None, content, id=key)


def _switches() -> Markup:
    """Radio buttons that the style sheet listens to."""
    languages = [("en", "English"), ("zh", "中文")]
    themes = [(name, t(name)) for name in ("auto", "light", "dark")]
    parts = [
        el("fieldset", el("legend", t(group)), *_radios(group, choices), class_="switch")
        for group, choices in (("language", languages), ("theme", themes))
    ]
    return el("form", *parts, class_="switches", autocomplete="off")


def _radios(group: str, choices: Sequence[tuple[str, str]]) -> list[Markup]:
    return [
        el("label", el("input", type="radio", name=group, id=f"as-{name}", checked=at == 0), shown)
        for at, (name, shown) in enumerate(choices)
    ]


def _head(facts: Facts, title: str, zone: tzinfo, zone_name: str) -> Markup:
    outcome = facts.outcome
    since, until = clock(outcome.since, zone, "%Y-%m-%d %H:%M"), clock(outcome.until, zone, "%Y-%m-%d %H:%M")
    pairs = [("city", facts.city), ("period", f"{since} – {until}" if since else ""), ("times_in", zone_name)]
    if facts.faults:
        pairs.append(("faults", join([f"{facts.faults} (", t("seed"), f" {facts.seed})"])))
    pairs.append(("versions", join([el("code", each) for each in facts.versions])))
    told = [join([el("dt", t(key)), el("dd", value)]) for key, value in pairs if value]
    return el("header", el("p", t("report"), class_="kicker"), el("h1", title), el("dl", *told))


def _filters(every: Sequence[Item], verdicts: Sequence[str]) -> Markup:
    """What the script filters by; hidden where none runs."""
    rules = sorted({item.rule for item in every})
    options = [el("option", "—", value=""), *(el("option", rule, value=rule) for rule in rules)]
    chips = [
        el("label", el("input", type="checkbox", checked=True, value=verdict or "plain"), _chip(verdict))
        for verdict in verdicts
    ]
    return el(
        "form",
        el("label", t("rule"), " ", el("select", *options, id="by-rule")),
        el("label", t("filter"), " ", el("input", type="search", id="by-text")),
        *(chips if len(chips) > 1 else ()),
        class_="filters scripted",
        autocomplete="off",
    )


def _chip(verdict: str) -> Markup:
    return el("span", t(word(verdict)), class_=f"badge {verdict or 'plain'}")


def _document(title: str, body: Markup) -> str:
    style, script = (files(__package__).joinpath(name).read_text("utf-8") for name in ("page.css", "page.js"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; {_NOTHING_ELSE}"
    head = document_head(title, style, policy, el("meta", name="referrer", content="no-referrer"))
    return (
        f"<!DOCTYPE html>\n{el('html', head, el('body', el('main', body), el('script', Markup(script))), lang='en')}\n"
    )
