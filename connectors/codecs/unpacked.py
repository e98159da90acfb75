"""unpacked: the section `streams.<name>` of every `Codec`, and its payloads as rows: decoded first, then mapped.

An object that the codec gives is mapped as a JSON payload is, with the same fields, units and faults. One without any
of the fields that make a row is left out where another object of the same payload has them; where none has, the payload
is set aside, with the keys that there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, ClassVar, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, create_model, model_validator

from connectors.codecs.columns import plain
from connectors.codecs.json_mapping import MappedStream
from connectors.codecs.json_rows import JsonRows
from connectors.codecs.shape import MAX_DEPTH, too_deep
from connectors.codecs.stream import Chunk, CodecKind, excerpt
from pipeline.codec import Codec
from pipeline.dotted import value_at
from pipeline.names import Names
from pipeline.rows import Position, Reading, Rows

CHUNK = 256
"""Payloads that are decoded together."""
MOST_OBJECTS = 10_000
"""In one payload; more is a fault of the sender."""
_SHOWN = 12
"""Keys that a fault names."""


class UnpackedStream(MappedStream):
    """What every codec's section has."""

    kind: ClassVar[type[Codec]]

    @model_validator(mode="before")
    @classmethod
    def _own_fields(cls, given: Any) -> Any:
        """What the format says itself need not be said again."""
        if not isinstance(given, dict):
            return given
        rows = given.get("rows", cls.kind.rows)
        own = cls.kind.fields.items()
        usual = {name: dict(field) for name, field in own if name == "ts" or rows == "position"}
        said = given.get("fields")
        fields = {**usual, **said} if isinstance(said, dict) else usual if said is None else said
        if cls.kind.text and isinstance(fields, dict):
            fields = {name: _as_text(field) for name, field in fields.items()}
        given = {"rows": rows, "subject": cls.kind.subject} | given | {"fields": fields}
        if cls.kind.text and isinstance(given.get("metrics"), dict):
            given["metrics"] = {name: _as_text(field) for name, field in given["metrics"].items()}
        if rows == "position" and given.get("datum") is None and cls.kind.datum is not None:
            given["datum"] = cls.kind.datum
        return given

    @classmethod
    def units(cls) -> Mapping[str, str]:
        return {name: str(field["unit"]) for name, field in cls.kind.fields.items() if field.get("unit")}

    def codec_of(self) -> Codec:
        """The codec with the stream's options."""
        return self.kind.model_construct(**{name: getattr(self, name) for name in self.kind.model_fields})


def _as_text(field: Any) -> Any:
    words = isinstance(field, dict) and field.get("words")
    return {"text": True} | field if isinstance(field, dict) and not words else field


def kind_of(name: str, codec: type[Codec]) -> CodecKind:
    """A codec as what a stream can name. Raises TypeError where an option has a name that every stream has."""
    taken = sorted(set(codec.model_fields) & set(UnpackedStream.model_fields))
    if taken:
        raise TypeError(f"the codec '{name}' has an option '{taken[0]}', which every stream has; rename it")
    options: dict[str, Any] = {key: (field.annotation, field) for key, field in codec.model_fields.items()}
    title = "".join(part.capitalize() for part in name.replace("-", "_").split("_"))
    # A stream of this codec need not say what the format does.
    defaults: dict[str, Any] = {
        "codec": (Literal[name], ...),
        "rows": (Literal["position", "reading"], codec.rows),
        "subject": (str, Field(codec.subject, description="whose: a level of the topic, or a path into an object")),
        "fields": (UnpackedStream.model_fields["fields"].annotation, {}),
    }
    settings = create_model(f"{title}Stream", __base__=UnpackedStream, **defaults, **options)
    settings.kind = codec
    settings.__doc__ = codec.__doc__
    return CodecKind(settings, UnpackedRows)


class UnpackedRows:
    """One stream's section, compiled. Its `Chunk.values` are those of `JsonRows`."""

    chunk = CHUNK

    def __init__(self, stream: UnpackedStream) -> None:
        self.stream = stream
        self._codec = stream.codec_of()
        self._mapped = JsonRows(stream)
        fields, metrics = stream.fields, stream.metrics
        self._every = [fields[name].path for name in ("lon", "lat") if stream.rows == "position"]
        self._any = [metric.path for metric in metrics.values()]

    def read(self, payloads: list[bytes], long: bool) -> Chunk:
        """See `Reader`."""
        bad: list[tuple[int, str]] = []
        objects: list[bytes] = []
        owners: list[int] = []
        for i, payload in enumerate(payloads):
            try:
                found, wrong = self._unpacked(payload, long)
            except Exception as error:  # noqa: BLE001  whatever a codec raises, the payload is what it can't read
                found, wrong = [], [_said(error)]
            bad += [(i, self._message(payload, what)) for what in wrong]
            objects += found
            owners += [i] * len(found)
        chunk = self._mapped.read(objects, any(len(each) >= 2 * MAX_DEPTH for each in objects))
        bad += [(owners[i], message) for i, message in chunk.bad]
        owner = np.array(owners, np.int64)[chunk.at]
        order = np.lexsort((chunk.values["ts"], owner))
        subjects = None if chunk.subjects is None else [chunk.subjects[i] for i in order.tolist()]
        return Chunk(owner[order], {name: column[order] for name, column in chunk.values.items()}, subjects, bad)

    def rows(self, each: Rows, columns: dict[str, NDArray[Any]], names: Names) -> Position | Reading:
        """See `Reader`."""
        return self._mapped.rows(each, columns, names)

    def _unpacked(self, payload: bytes, long: bool) -> tuple[list[bytes], list[str]]:
        """The objects of a payload that make rows, as JSON, and what is wrong with others."""
        if long and too_deep(payload):
            raise RecursionError
        made = list(islice(self._codec.decode(payload), MOST_OBJECTS + 1))
        if len(made) > MOST_OBJECTS:
            raise ValueError(f"more than {MOST_OBJECTS} objects in one payload")
        wrong = [_said(each) for each in made if isinstance(each, ValueError)]
        facts = [each for each in made if not isinstance(each, ValueError)]
        found = [msgspec.json.encode(each) for each in facts if self._has(each)]
        return found, wrong if found or wrong or not facts else [self._lacking(facts)]

    def _has(self, facts: Any) -> bool:
        """Whether it has what makes a row."""
        if self.stream.each is not None:
            return True
        every = all(value_at(facts, path) is not None for path in self._every)
        return every and (not self._any or any(value_at(facts, path) is not None for path in self._any))

    def _lacking(self, made: Iterable[Any]) -> str:
        wanted = " and ".join(f"'{path}'" for path in self._every) or " or ".join(f"'{path}'" for path in self._any)
        keys = list(dict.fromkeys(key for facts in made for key in _paths(facts)))
        there = ", ".join(keys[:_SHOWN]) + (", …" if len(keys) > _SHOWN else "")
        return f"it has no {wanted}; there are: {there or 'none'}"

    def _message(self, payload: bytes, detail: str) -> str:
        return f"expected {self._codec.expected}; got {excerpt(payload)}" + (f" ({detail})" if detail else "")


def _said(error: BaseException) -> str:
    """What an error of a codec says; of one that was not foreseen, which it is too."""
    if isinstance(error, ValueError | RecursionError):  # msgspec's are ValueErrors
        return plain(error)
    return f"{type(error).__name__}: {plain(error)}"


def _paths(facts: Any, under: str = "") -> Iterable[str]:
    for key, value in facts.items():
        if isinstance(value, Mapping):
            yield from _paths(value, f"{under}{key}.")
        elif value is not None:
            yield under + str(key)
