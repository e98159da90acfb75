"""by_topic: messages that were recorded with their topics as deliveries to the streams whose topics they are.

Reads messages, a chunk at a time. Reports each that a stream can read a row of as a delivery, once for each source
whose streams do; what is wrong with the others, as Faults; and how many had topics of no stream. Payloads are left as
they came: a live stream would have refused what is refused here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from connectors.codecs.topics import TopicPattern, TopicTable
from connectors.recorded.files import RecordedFile
from connectors.recorded.judging import Judge, together
from connectors.recorded.message import BadRecord, LeftOut, Message, Wanted, plausible
from connectors.recorded.spool import Delivery
from pipeline.faults import Fault

REMEMBERED = 65_536
"""Topics whose streams are remembered."""


class ByTopic:
    """The streams that take their own out of a recording."""

    def __init__(self, wanted: Wanted, file: RecordedFile, left_out: LeftOut) -> None:
        wanted.refuse_subject(file.name, "its topics say whose each message is")
        self.wanted, self.file, self.left_out = wanted, file, left_out
        self._streams = list(wanted.streams.values())
        self._judges = [Judge(stream) for stream in self._streams]
        self._table = TopicTable([TopicPattern(stream.topic) for stream in self._streams])
        self._takers: dict[str, list[int]] = {}

    def deliveries(self, messages: Iterable[Message | Fault]) -> Iterator[Delivery | Fault]:
        """The messages of the file, each a delivery or what is wrong with it, in their order."""
        for some in together(messages):
            yield from self._of(some)

    def _of(self, some: list[Message | Fault]) -> Iterator[Delivery | Fault]:
        newest = np.full(len(some), np.nan)
        takers: dict[int, list[int]] = {}  # message -> the streams that can read all or some of it
        wrong: dict[int, list[tuple[int, str]]] = {}  # message -> (stream, what)
        for stream, taken in self._taken(some).items():
            at = list(taken)
            judged = self._judges[stream]([message.payload for message in taken.values()])
            newest[at] = np.fmax(newest[at], judged.newest)
            unread = {j for j in judged.bad if math.isnan(judged.newest[j])}
            for j, i in enumerate(at):
                if j not in unread:
                    takers.setdefault(i, []).append(stream)
            for j, many in judged.bad.items():
                wrong.setdefault(at[j], []).extend((stream, what) for what in many)
        for i, (message, own) in enumerate(zip(some, newest.tolist(), strict=True)):
            if isinstance(message, Fault):
                yield message
                continue
            streams, faults = takers.get(i), wrong.get(i, ())
            # That another stream of the topic can't read what one can is as it should be; a bad item of a list is not.
            for stream, what in faults if streams else faults[:1]:
                if not streams or stream in streams:
                    yield self.file.fault(message.line, what, message.topic)
            if streams:
                yield from self._delivered(message, own, streams)

    def _delivered(self, message: Message, newest: float, streams: list[int]) -> Iterator[Delivery | Fault]:
        known = newest if self.wanted.own_time or message.received is None else message.received
        if math.isnan(known):
            self.left_out.empty += 1
            return
        try:
            received = plausible(known, message.topic)
        except BadRecord as error:
            yield self.file.fault(message.line, error.message, error.path)
            return
        for source in dict.fromkeys(self._streams[stream].source for stream in streams):
            yield Delivery(received, message.topic, message.payload, source)

    def _taken(self, some: list[Message | Fault]) -> dict[int, dict[int, Message]]:
        """Stream -> which messages are of its topic; those of none are counted."""
        result: dict[int, dict[int, Message]] = {}
        for i, message in enumerate(some):
            if isinstance(message, Fault):
                continue
            takers = self._takers.get(message.topic)
            if takers is None:
                takers = [stream for stream, _ in self._table.match(message.topic)]
                if len(self._takers) < REMEMBERED:
                    self._takers[message.topic] = takers
            for stream in takers:
                result.setdefault(stream, {})[i] = message
            if not takers:
                self.left_out.stranger(message.topic)
        return result
