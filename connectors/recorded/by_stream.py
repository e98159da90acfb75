"""by_stream: JSON records of one stream as deliveries: what has no topic of its own.

Reads messages, a chunk at a time. Reports each that the stream can read a row of as a delivery, and what is wrong with
the others as Faults. Its topic is the stream's, every `{name}` filled from the payload's own key of that name. A
payload stays the bytes that it is, but for what the import itself says of it: whom it is about (`--subject`), and in
which time zone its times are that have no offset, which no live payload may leave out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from connectors.codecs.columns import UNDECODABLE
from connectors.codecs.json_mapping import JsonStream
from connectors.codecs.shape import Shape
from connectors.recorded.files import RecordedFile
from connectors.recorded.judging import Judge, together
from connectors.recorded.message import BadRecord, LeftOut, Message, Wanted, plausible
from connectors.recorded.offsets import Offsets
from connectors.recorded.spool import Delivery
from connectors.recorded.topic_names import FilledTopic
from pipeline.faults import Fault
from pipeline.rows import Floats


class ByStream:
    """One stream's records. Raises Faulty where `--subject` can't be said of them."""

    def __init__(self, wanted: Wanted, file: RecordedFile, left_out: LeftOut) -> None:
        name, self.stream = wanted.only(file.name)
        self.wanted, self.file, self.left_out = wanted, file, left_out
        self._judge = Judge(self.stream)
        self._topic = FilledTopic(self.stream.topic)
        self._time, self._offsets = "ts", None
        if isinstance(self.stream, JsonStream):
            time = self.stream.fields["ts"]
            self._time = time.path
            self._offsets = Offsets(self.stream, wanted.zone) if time.unit == "iso8601" else None
        whose = self.stream.subject
        self._whose = whose[2:].split(".") if whose.startswith("$.") and wanted.subject is not None else None
        self._given: dict[str, str | int | None] = {}
        if whose.startswith("{") and wanted.subject is not None:
            self._given[whose.strip("{}")] = wanted.subject
        if whose.startswith("@."):
            wanted.refuse_subject(file.name, f"each item says whose it is (streams.{name}.subject is {whose})")
        asked = [n for n in self._topic.names if n not in self._given]
        shape = Shape([(n, kind) for n in asked for kind in (str, int)])
        self._asked = {n: shape.getter(n) for n in asked}
        self._names = msgspec.json.Decoder(shape.type).decode

    def deliveries(self, messages: Iterable[Message | Fault]) -> Iterator[Delivery | Fault]:
        """The messages of the file, each a delivery, or what is wrong with it."""
        for some in together(messages):
            found = [m for m in some if isinstance(m, Message)]
            made = self._made(found) if found else iter(())
            for each in some:
                if isinstance(each, Fault):
                    yield each
                else:
                    yield from next(made)

    def _made(self, messages: list[Message]) -> Iterator[list[Delivery | Fault]]:
        """What becomes of each message: a delivery, faults, or both where one of its items is bad."""
        payloads = [self._about(m.payload) for m in messages]
        judged = self._judge(payloads)
        wrong = {i: [("", what) for what in many] for i, many in judged.bad.items()}
        if wrong and self._offsets is not None:
            self._mend_times(self._offsets, payloads, judged.newest, wrong)
        named = self._named(payloads)
        for i, (message, own) in enumerate(zip(messages, judged.newest.tolist(), strict=True)):
            result: list[Delivery | Fault] = [self.file.fault(message.line, w, p) for p, w in wrong.get(i, ())]
            known = own if self.wanted.own_time or message.received is None else message.received
            if math.isnan(known) and not result:
                self.left_out.empty += 1
            elif not math.isnan(own) or not result:
                try:
                    result.append(self._delivery(payloads[i], known, named[i]))
                except BadRecord as error:
                    result.append(self.file.fault(message.line, error.message, error.path))
            yield result

    def _delivery(self, payload: bytes, received: float, named: Mapping[str, str | int | None] | str) -> Delivery:
        """Raises BadRecord."""
        if isinstance(named, str):
            raise BadRecord("", named)
        return Delivery(plausible(received, self._time), self._topic.fill(named), payload, self.stream.source)

    def _about(self, payload: bytes) -> bytes:
        """The payload with the subject that the import names, where the mapping reads it from the payload."""
        if self._whose is None:
            return payload
        try:
            content = inner = msgspec.json.decode(payload)
            for step in self._whose[:-1]:
                inner = inner.setdefault(step, {})
            inner[self._whose[-1]] = self.wanted.subject
        except (*UNDECODABLE, AttributeError, TypeError):
            return payload  # no object: said where it is decoded
        return msgspec.json.encode(content)

    def _named(self, payloads: list[bytes]) -> list[Mapping[str, str | int | None] | str]:
        """Of each payload what fills its topic, or why it has none such."""
        if not self._asked:
            return [self._given] * len(payloads)
        try:
            structs = list(map(self._names, payloads))
        except UNDECODABLE:
            if len(payloads) > 1:
                return [named for payload in payloads for named in self._named([payload])]
            return [f"expected JSON with {', '.join(self._asked)}, text or whole numbers, for the topic"]
        columns = [get(structs) for get in self._asked.values()]
        return [self._given | dict(zip(self._asked, values, strict=True)) for values in zip(*columns, strict=True)]

    def _mend_times(
        self, offsets: Offsets, payloads: list[bytes], newest: Floats, wrong: dict[int, list[tuple[str, str]]]
    ) -> None:
        """Give times their offset where that was all that was wrong."""
        mended = {}
        for i in wrong:
            try:
                payload = offsets.given(payloads[i])
            except BadRecord as error:
                wrong[i] = [(error.path, error.message)]
                continue
            if payload is not None:
                mended[i] = payload
        judged = self._judge(list(mended.values()))
        for j, (i, payload) in enumerate(mended.items()):
            payloads[i], newest[i] = payload, judged.newest[j]
            wrong[i] = [("", what) for what in judged.bad.get(j, ())]
