"""amounts: are the bounds of a rule in the unit of what they are compared with?

Reads a rule's detector and the document's streams. Reports each parameter whose unit its column has not, defaults too:
60 µg/m³ of one metric is no bound for 60 °C of another. A metric's bounds have the very unit that its streams state,
because a case shows the value in that unit and nothing is converted behind it.

    configs/city.yaml:41  rules.2.parameters.above   expected '… °C', the unit of 'temperature' in stream bins
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.codecs import KNOWN
from connectors.codecs.stream import StreamSettings
from pipeline.detector import Detector
from pipeline.faults import Fault
from pipeline.runtime.document import Document
from pipeline.units import Amount, same_unit, units_of


def amount_faults(
    document: Document, i: int, judge: Detector, kind: str, metric: str | None, streams: Mapping[str, Any]
) -> Iterator[Fault]:
    """Those of rule i. kind: of the rows that it reads; metric: the one that it is about, None: each."""
    for parameter, column in judge.amounts().items():
        amount = getattr(judge, parameter)
        if not isinstance(amount, Amount):
            continue
        for name, units, what in _stated(column, kind, metric, streams):
            if units and not any(same_unit(amount.unit, unit) for unit in units):
                path = ("rules", i, "parameters", parameter)
                unwritten = f"; '{amount}' is the default" if document.at(path) is None else ""
                one = " or ".join(f"'… {unit}'" for unit in units)
                yield document.fault(path, f"expected {one}, the unit of {what} in stream {name}{unwritten}")
                break


def _stated(
    column: str, kind: str, metric: str | None, streams: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """(stream, units that its rows' column may be compared in, what it is) of each stream that feeds the rule."""
    for name, stream in streams.items():
        settings = _settings(stream)
        if settings is None or stream.get("rows", settings.model_fields["rows"].default) != kind:
            continue
        fields, metrics = _mapping(stream.get("fields")), _mapping(stream.get("metrics"))
        if column == "value":
            for each, said in metrics.items():
                if metric in (None, each):
                    yield name, units_of(column, _unit(said)), f"'{each}'"
        elif metric is None or metric in metrics:
            yield name, units_of(column, _unit(fields.get(column)) or settings.units().get(column)), f"'{column}'"


def _settings(stream: Any) -> type[StreamSettings] | None:
    """The section that a stream is to be, where that can be said."""
    name = stream.get("codec") if isinstance(stream, dict) else None
    return KNOWN[name].settings if isinstance(name, str) and name in KNOWN else None


def _mapping(said: Any) -> Mapping[str, Any]:
    return said if isinstance(said, dict) else {}


def _unit(said: Any) -> str | None:
    unit = said.get("unit") if isinstance(said, dict) else None
    return unit if isinstance(unit, str) else None
