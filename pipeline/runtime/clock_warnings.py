"""clock_warnings: corrections of clocks that are likely not meant: of a stream or a terminal that there is not.

configs/city.yaml:9  registers.clocks   no stream 'gsp', in which the clock of 'T0003' is corrected; did you mean 'gps'?
"""

from __future__ import annotations

from pipeline.faults import Fault, did_you_mean
from pipeline.registers import Registers
from pipeline.runtime.document import Document

_TOLD, _MANY = 20, 5_000
"""Warnings of each sort; and none about names among more ids than that: each is a long search."""


def clock_warnings(document: Document, registers: Registers) -> list[Fault]:
    """What is likely not meant in the register of clocks. A terminal that is in no register may be one that a stream
    accepts all the same (`unknown: accept`): it is told of only where another's name is near."""
    clocks, found = registers.clocks, list[str]()
    if not len(clocks):
        return []
    streams = document.at(("streams",)) or {}
    pairs = sorted({*zip(clocks.text("stream"), clocks.text("terminal"), strict=True)})
    for stream, terminal in [pair for pair in pairs if pair[0] and pair[0] not in streams][:_TOLD]:
        hint = did_you_mean(stream, streams)
        found.append(f"no stream '{stream}', in which the clock of '{terminal}' is corrected{hint}")
    known = {*registers.devices.text("device"), *registers.vehicles.text("id"), *registers.bins.text("id")}
    for terminal in sorted({*clocks.text("terminal")} - known)[: _TOLD if len(known) <= _MANY else 0]:
        hint = did_you_mean(terminal, known)
        found += [f"no terminal '{terminal}', whose clock is corrected, in the registers{hint}"] if hint else []
    return [document.fault(("registers", "clocks"), message) for message in found]
