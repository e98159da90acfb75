"""positions_known: who is who by the registers: kind, class and plate by id, made once of each version of them."""

from __future__ import annotations

import threading
from typing import NamedTuple

from pipeline.registers import Registers, Table


class Known(NamedTuple):
    """What a register says of a subject."""

    kind: str
    """vehicle or bin."""
    vehicle_class: str
    plate: str


class _Made:
    """Of the last registers that were asked about. The same ids hold at other times, so time only prefers among rows
    of one id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: Registers | None = None
        self._known: dict[str, Known] = {}

    def get(self, registers: Registers, now: float) -> dict[str, Known]:
        with self._lock:
            if self._of is not registers:
                self._known = {**_bins(registers.bins), **_vehicles(registers.vehicles, now)}
                self._of = registers
            return self._known


def _bins(bins: Table) -> dict[str, Known]:
    return {id: Known("bin", kind, "") for id, kind in zip(bins.text("id"), bins.text("class"), strict=True)}


def _vehicles(vehicles: Table, now: float) -> dict[str, Known]:
    found: dict[str, Known] = {}
    columns = (vehicles.text("id"), vehicles.text("class"), vehicles.text("plate"))
    since = vehicles.numbers("valid_from").tolist()
    for id, kind, plate, start in zip(*columns, since, strict=True):
        if id not in found or start <= now:  # sorted by time: the last that has begun
            found[id] = Known("vehicle", kind, plate)
    return found


_MADE = _Made()


def known(registers: Registers, now: float) -> dict[str, Known]:
    """By id: vehicles and bins. now: UTC seconds: of several rows of one id the one that holds, or held last."""
    return _MADE.get(registers, now)
