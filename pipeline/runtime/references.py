"""references: do the parts of the configuration that name each other fit?

Reads the document as it stands, so that these faults are found beside those of form, not after them. Reports sources,
detectors, kinds of row, metrics, labels and zones that are not there (with a suggestion), parameters that a detector
refuses, rule ids that are there twice, streams whose topic nothing subscribes to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from connectors import BROKEN as BROKEN_SOURCES
from connectors import KNOWN as KNOWN_SOURCES
from connectors.codecs import BROKEN, KNOWN
from detectors import DETECTORS
from pipeline.detector import Detector
from pipeline.faults import Fault, did_you_mean
from pipeline.registers import Registers
from pipeline.registry import ALL, NotRegistered, detector
from pipeline.rows import KINDS, Rows
from pipeline.runtime.amounts import amount_faults
from pipeline.runtime.carrying import carry_faults
from pipeline.runtime.document import Document, KeyPath
from pipeline.runtime.explain import faults_of
from pipeline.runtime.fusion_names import fusion_faults
from pipeline.runtime.seen import SEEN, seen_faults
from replay.expect import unknown_rules

RESERVED_RULES = frozenset({"source_down"})
"""Rule ids that gridwatch itself uses: see docs/concepts/time.md, rule 12."""


def references(document: Document) -> list[Fault]:
    """All of them."""
    sources, streams = _mapping(document.at(("sources",))), _mapping(document.at(("streams",)))
    return [
        *_runtime(document),
        *_sources(document, sources),
        *_streams(document, sources, streams),
        *carry_faults(document, streams),
        *_rules(document, streams),
        *_expect(document),
        *fusion_faults(document, [*_rule_ids(document), *sorted(RESERVED_RULES)]),
    ]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _runtime(document: Document) -> Iterator[Fault]:
    if document.at(("runtime",)) == "cluster" and document.at(("kafka",)) is None:
        yield document.fault(("runtime",), "expected a section beside it such as kafka: {brokers: ['kafka-1:9092']}")


def _sources(document: Document, sources: Mapping[str, Any]) -> Iterator[Fault]:
    for name, source in sources.items():
        broken = _why_broken(str(_mapping(source).get("type")), KNOWN_SOURCES, BROKEN_SOURCES)
        if broken is not None:
            yield document.fault(("sources", name, "type"), f"the package that brings it can't be loaded: {broken}")


def _why_broken(name: str, known: Mapping[str, Any], broken: Mapping[str, str]) -> str | None:
    """Why what a package brings under that name can't be had."""
    return broken.get(name) or (broken.get(ALL) if name not in known else None)


def _streams(document: Document, sources: Mapping[str, Any], streams: Mapping[str, Any]) -> Iterator[Fault]:
    for name, stream in streams.items():
        broken = _why_broken(str(_mapping(stream).get("codec")), KNOWN, BROKEN)
        if broken is not None:
            yield document.fault(("streams", name, "codec"), f"the package that brings it can't be loaded: {broken}")
        source, topic = _mapping(stream).get("source"), _mapping(stream).get("topic")
        if not isinstance(source, str):
            continue
        if source not in sources:
            hint = did_you_mean(source, sources) or f"; there are: {', '.join(sources) or 'none'}"
            yield document.fault(("streams", name, "source"), f"no source '{source}'{hint}")
            continue
        section = _mapping(sources[source])
        filters: Any
        if section.get("type") == "http":
            key, what, filters = "partners", "a partner that may send to it", _pushed(section)
        else:
            key, what = ("topics", "it") if section.get("type") == "kafka" else ("subscribe", "a filter for it")
            filters = section.get(key)
        if isinstance(topic, str) and isinstance(filters, list) and not any(meets(str(f), topic) for f in filters):
            nobody = "nobody may send to" if key == "partners" else "nothing subscribes to"
            message = f"{nobody} this topic; add {what} to sources.{source}.{key}"
            yield document.fault(("streams", name, "topic"), message)


def _pushed(section: Mapping[str, Any]) -> list[str]:
    """The filters of topics that any partner of an HTTP source may send to."""
    partners = _mapping(section.get("partners")).items()
    return [str(each) for name, one in partners for each in _mapping(one).get("topics") or (f"{name}/#",)]


def meets(subscription: str, topic: str) -> bool:
    """Is there a topic that a subscription's filter and a stream's topic (`{name}`, '+', '#') both match?"""
    levels = subscription.split("/")
    if levels[0] == "$share":
        levels = levels[2:]
    wanted = topic.split("/")
    for i, want in enumerate(wanted):
        if want == "#" or levels[i : i + 1] == ["#"]:
            return True
        if i >= len(levels):
            return False
        if "+" not in (want, levels[i]) and "{" not in want and want != levels[i]:
            return False
    return len(levels) == len(wanted) or levels[len(wanted) :] == ["#"]


def _rules(document: Document, streams: Mapping[str, Any]) -> Iterator[Fault]:
    rules = document.at(("rules",))
    first: dict[str, int] = {}
    for i, rule in enumerate(rules if isinstance(rules, list) else []):
        rule = _mapping(rule)
        name = rule.get("id")
        if isinstance(name, str):
            if name in RESERVED_RULES:
                yield document.fault(("rules", i, "id"), f"'{name}' is a rule of gridwatch's own; choose another id")
            if name in first:
                there = document.line(("rules", first[name], "id"))
                yield document.fault(("rules", i, "id"), f"the same rule id is in line {there} already")
            first.setdefault(name, i)
        wanted = rule.get("detector")
        if not isinstance(wanted, str):
            continue
        try:
            found = detector(wanted)
        except NotRegistered as error:
            yield document.fault(("rules", i, "detector"), str(error))
        except Exception as error:  # noqa: BLE001 whatever a plug-in's import raises is a fault of the configuration that names it
            yield document.fault(
                ("rules", i, "detector"), f"'{wanted}' can't be loaded: {type(error).__name__}: {error}"
            )
        else:
            yield from _one_rule(document, i, rule, found, streams)


def _expect(document: Document) -> Iterator[Fault]:
    for rule, message in unknown_rules(_mapping(document.at(("expect",))), _rule_ids(document)):
        yield document.fault(("expect", rule), message)


def _rule_ids(document: Document) -> dict[str, Any]:
    """The configured rules, by id."""
    rules = document.at(("rules",))
    return {str(_mapping(rule).get("id")): rule for rule in (rules if isinstance(rules, list) else [])}


def misplaced(document: Document) -> dict[KeyPath, str]:
    """Parameters that were written beside `parameters`, not under it: the path of each, and what to say."""
    found: dict[KeyPath, str] = {}
    rules = document.at(("rules",))
    for i, rule in enumerate(rules if isinstance(rules, list) else []):
        name = _mapping(rule).get("detector")
        if isinstance(name, str) and name in DETECTORS:
            for key in detector(name).model_fields:
                found["rules", i, key] = f"unknown key here; it is one of the detector's: parameters: {{{key}: …}}"
    return found


def _one_rule(
    document: Document, i: int, rule: Mapping[str, Any], kind_of: type[Detector], streams: Mapping[str, Any]
) -> Iterator[Fault]:
    here = ("rules", i)
    parameters = rule.get("parameters", {})
    judge: Detector | None = None
    if isinstance(parameters, dict):
        try:
            judge = kind_of.model_validate(parameters)
        except ValidationError as error:
            yield from faults_of(error, document, kind_of, (*here, "parameters"))
    rows, reads = rule.get("rows"), judge.reads() if judge is not None else kind_of.rows
    if rows is None and reads is Rows and (judge is not None or "column" not in kind_of.model_fields):
        message = f"expected the kind of row that '{rule['detector']}' is to read: {' or '.join(KINDS)}"
        yield document.fault((*here, "rows"), message)
    elif isinstance(rows, str) and rows not in KINDS:
        hint = did_you_mean(rows, KINDS) or f"; there are: {', '.join(KINDS)}"
        yield document.fault((*here, "rows"), f"no kind of row '{rows}'{hint}")
    elif isinstance(rows, str) and reads is not Rows and KINDS[rows] is not reads:
        yield document.fault((*here, "rows"), f"'{rule['detector']}' reads {reads.kind} rows; leave this key out")
    kind = rows if isinstance(rows, str) else reads.kind
    metric = rule.get("metric")
    if judge is not None:
        yield from amount_faults(document, i, judge, kind, metric if isinstance(metric, str) else None, streams)
        if kind in SEEN:
            yield from seen_faults(document, i, judge, kind, streams)
    if not isinstance(metric, str):
        return
    if kind != "reading":
        yield document.fault((*here, "metric"), f"only reading rows have a metric, this rule reads {kind} rows")
        return
    known = {m for stream in streams.values() for m in _mapping(_mapping(stream).get("metrics"))}
    if metric not in known:
        hint = did_you_mean(metric, known) or f"; there are: {', '.join(sorted(known)) or 'none'}"
        yield document.fault((*here, "metric"), f"no stream gives a metric '{metric}'{hint}")


def class_warnings(document: Document, registers: Registers) -> list[Fault]:
    """Classes that a rule names and that no subject has. Not faults: a fleet may lose its last truck of a class."""
    known = {name for table in (registers.vehicles, registers.bins) for name in table.text("class") if name}
    found = []
    rules = document.at(("rules",))
    for i, rule in enumerate(rules if isinstance(rules, list) else []):
        for k, name in enumerate(_mapping(rule).get("classes") or []):
            if known and name not in known:
                hint = did_you_mean(name, known) or f"; there are: {', '.join(sorted(known))}"
                found.append(document.fault(("rules", i, "classes", k), f"no subject has the class '{name}'{hint}"))
    return found
