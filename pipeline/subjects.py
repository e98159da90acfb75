"""subjects: who is known, since when, of which class: vehicles and bins as arrays, by the codes of an engine's Names.

`Subjects` is compiled from registers once; `Codes` finds its rows for one `Names` and grows with it. A subject may have
several rows, one after the other in time; nearly all have one that always holds, and then a look-up is one gather.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.names import NOBODY, Names
from pipeline.registers import DEFAULT_CLASS, Registers, Table
from pipeline.rows import Flags, Floats, Ints

VEHICLE, BIN = "vehicle", "bin"
_ASK = -2
"""In place of a code or a row: time decides."""


class Timed:
    """Rows under ids, each from `since` to `until`: which row of an id holds at a time?

    ids: sorted by id and then by time; equal ids do not overlap in time.
    """

    def __init__(self, ids: Sequence[str], since: Floats, until: Floats) -> None:
        self.since, self.until = since, until
        self.first: dict[str, int] = {}
        count = np.zeros(len(ids), np.int32)
        for row, name in enumerate(ids):
            count[self.first.setdefault(name, row)] += 1
        self.count = count
        self.most = int(count.max(initial=0))
        self.always = np.isneginf(since) & np.isposinf(until)
        self.timed = not bool(self.always.all())

    def at(self, first: NDArray[np.integer], ts: Floats) -> NDArray[np.intp]:
        """The row that holds at `ts` of the id whose first row is `first`, or -1; shape (n,)."""
        if not self.timed or not len(self.count):
            return first.astype(np.intp)
        found = np.full(len(first), -1, np.intp)
        for k in range(self.most):
            row = first + k
            there = (first >= 0) & (k < self.count.take(first))
            row = np.where(there, row, 0)
            there &= (self.since.take(row) <= ts) & (ts < self.until.take(row))
            found[there] = row[there]
        return found


class Subjects:
    """Vehicles and bins in one list; the last place of each array, which -1 finds, is for an unknown subject."""

    def __init__(self, registers: Registers) -> None:
        parts: list[tuple[str, Table]] = [(VEHICLE, registers.vehicles), (BIN, registers.bins)]
        ids = [name for _, table in parts for name in table.text("id")]
        kinds = [kind for kind, table in parts for _ in range(len(table))]
        classes = [name for _, table in parts for name in table.text("class")]
        order = sorted(range(len(ids)), key=ids.__getitem__)  # stable: rows of one id stay in order of time
        self.ids = [ids[k] for k in order]
        self.classes = {name: code for code, name in enumerate(sorted(set(classes)))}
        unknown = len(self.classes)
        self.of_class = np.array([*(self.classes[classes[k]] for k in order), unknown], np.int32)
        self.is_bin = np.array([*(kinds[k] == BIN for k in order), False], np.bool_)

        def column(name: str, missing: float) -> Floats:
            values = [t.numbers(name) if name in t.columns else np.full(len(t), missing) for _, t in parts]
            return np.append(np.concatenate(values)[order], missing) if order else np.array([missing])

        self.lon, self.lat = column("lon", np.nan), column("lat", np.nan)
        since, until = column("valid_from", -np.inf), column("valid_to", np.inf)
        self.rows = Timed(self.ids, since[:-1], until[:-1])
        limits = registers.speed_limits
        default = limits.get(DEFAULT_CLASS, np.inf)
        by_class = np.array([*(limits.get(name, default) for name in self.classes), default])
        own = column("speed_limit", np.nan)
        self.own_limit = np.where(np.isnan(own), np.inf, own)
        """its own, km/h; inf: none"""
        self.class_limit = by_class[self.of_class]
        """the city's for its class, km/h; inf: none"""

    def named(self, kind: str) -> list[str]:
        """The ids of one kind, each once, sorted."""
        if kind not in (VEHICLE, BIN):
            raise ValueError(f"expected '{VEHICLE}' or '{BIN}', got {kind!r}")
        return sorted(
            {name for name, is_bin in zip(self.ids, self.is_bin.tolist(), strict=False) if is_bin == (kind == BIN)}
        )

    def in_classes(self, classes: Sequence[str]) -> Flags:
        """By class code: whether it is one of these."""
        chosen = np.zeros(len(self.classes) + 1, np.bool_)
        chosen[[self.classes[name] for name in classes if name in self.classes]] = True
        return chosen


class Codes:
    """Where the subjects and devices of one `Names` stand in the registers; follows as names are added."""

    def __init__(self, names: Names, subjects: Subjects, devices: Table) -> None:
        self.names = names
        self._subjects = subjects
        ids = devices.text("device")
        self._device_rows = Timed(ids, devices.numbers("valid_from"), devices.numbers("valid_to"))
        self._device_subject = devices.text("subject")
        self._devices = bool(len(devices))
        # the last place of each, which NOBODY finds, is nobody's
        self._first = np.full(1, -1, np.int32)
        self._resolved = np.full(1, NOBODY, np.int32)
        self._device_first = np.full(1, -1, np.int32)
        self._device_code = np.full(len(ids) + 1, NOBODY, np.int32)

    def _follow(self) -> None:
        """Take in the names that were added since; a device brings its subjects' names along."""
        known = self._subjects.rows.first
        while (have := len(self._first) - 1) < len(self.names):
            new = self.names.strings[have:]
            first = [known.get(name, -1) for name in new]
            self._first = np.concatenate([self._first[:-1], np.array([*first, -1], np.int32)])
            if not self._devices:
                continue
            resolved, device_first = [], []
            for code, name in enumerate(new, have):
                row = self._device_rows.first.get(name, -1)
                device_first.append(row)
                resolved.append(code if row < 0 else _ASK)
                for k in range(row, row + int(self._device_rows.count[row]) if row >= 0 else row):
                    self._device_code[k] = self.names.code(self._device_subject[k])
                if row >= 0 and self._device_rows.always[row]:
                    resolved[-1] = int(self._device_code[row])
            self._resolved = np.concatenate([self._resolved[:-1], np.array([*resolved, NOBODY], np.int32)])
            self._device_first = np.concatenate([self._device_first[:-1], np.array([*device_first, -1], np.int32)])

    def lists(self, name: str) -> bool:
        """Whether a subject or a device of this name is in the registers, at any time."""
        return name in self._subjects.rows.first or name in self._device_rows.first

    def rows(self, subject: Ints, ts: Floats) -> NDArray[np.intp]:
        """The register row of each subject at its time, -1 for none; shape (n,)."""
        self._follow()
        return self._subjects.rows.at(self._first.take(subject), ts)

    def first_rows(self, subject: Ints) -> Ints:
        """The first register row of each subject, at any time; -1 for none."""
        self._follow()
        return self._first.take(subject)

    def resolve(self, device: Ints, ts: Floats) -> Ints:
        """The subject that each device is mounted on at that time; a device not listed then is itself the subject."""
        if not self._devices:
            return device
        self._follow()
        subject = self._resolved.take(device)
        ask = np.flatnonzero(subject == _ASK)
        if len(ask):
            row = self._device_rows.at(self._device_first[device[ask]], ts[ask])
            subject[ask] = np.where(row >= 0, self._device_code[row], device[ask])
        return subject
