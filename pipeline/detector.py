"""detector: the contract between the engine and whoever writes a detector.

A detector answers one question about each row: is something wrong here, now? How long it must stay wrong, and when it
is over, is not its business: that is the rule's hold, the same for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from pipeline.rows import KINDS, Flags, Floats, Ints, Longs, Rows
from pipeline.units import Amount

if TYPE_CHECKING:
    from pipeline.world import World

Memory = NDArray[Any]


@dataclass(slots=True)
class Judgement:
    """A detector's answer for a batch: arrays as long as the rows.

    A row that is neither wrong nor right keeps its key's last answer (hysteresis). A row must not be both.
    """

    wrong: Flags
    right: Flags | None = None
    """None: every row that is not wrong is right."""
    measure: Floats | None = None
    """The number that the case shows, in the detector's `unit`. Read only where the key is wrong."""
    place: Ints | None = None
    """Where: the code of a zone's name, NOBODY for none."""


class Detector(BaseModel):
    """Is something wrong here, now? No clock, no I/O, no logging: the same rows always give the same answer.

    Annotated attributes are the parameters that a rule may set; give each a unit (`pipeline.units`) and a default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: ClassVar[type[Rows]]
    """The kind of row it reads; `Rows` itself for any kind (the rule then says which)."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Columns without which it can't say anything about a row; a row that lacks one (NaN) is no row for the rule."""
    memory: ClassVar[np.dtype[Any] | None] = None
    """What it remembers about each key, a structured dtype, zeroed at first. None: nothing."""
    worse: ClassVar[Any] = max
    """Which of two measures is worse, `max` or `min`; the worst is the episode's peak."""
    unit: ClassVar[str] = ""
    """The measure's unit, as shown."""
    version: ClassVar[str] = ""
    """To be changed when the code begins to give other answers: its rules then count as changed."""

    def needed(self) -> tuple[str, ...]:
        """The columns that it can't do without, with these parameters; `needs`, unless a parameter names one."""
        return self.needs

    def reads(self) -> type[Rows]:
        """The kind of row that it reads, with these parameters; `Rows` for any, so that the rule says which.

        Where `rows` is any kind: the one kind that has a column of its own that is needed (`value`: Reading).
        """
        if self.rows is not Rows:
            return self.rows
        having = [kind for kind in KINDS.values() if set(kind.own()).difference(Rows.own()) & set(self.needed())]
        return having[0] if len(having) == 1 else Rows

    def amounts(self) -> Mapping[str, str]:
        """Its parameters that are an `Amount` -> the column that each is compared with, for the check of their units.

        Those that are set, and `column` where a parameter of that name names one, else `value`.
        """
        given = {name: value for name, value in self if isinstance(value, Amount)}
        return dict.fromkeys(given, getattr(self, "column", "value"))

    def judge(self, rows: Any, world: World, memory: Memory | None) -> Judgement:
        """Judge rows, sorted by key and then by time.

        rows: of the kind that `rows` names, all columns of shape (n,). memory: shape (n,), one record a row, written in
        place; with memory a key is seen at most once a call, without it any number of times (a remembered gap is a key
        of its own, with a record of its own).
        """
        if type(self).judge_runs is Detector.judge_runs or memory is None:
            raise NotImplementedError(f"{type(self).__name__} does not say what is wrong: it has no judge")
        return self.judge_runs(rows, np.arange(len(rows)), world, memory)

    def judge_runs(self, rows: Any, starts: Longs, world: World, memory: Memory) -> Judgement:
        """Judge whole runs of rows at once: instead of `judge`, for a detector with memory that must be fast.

        rows: sorted by key and then by time. starts: shape (k,), where each key's rows begin; a key is there once.
        memory: shape (k,), one record a key: what it remembered before the first of these rows, to be written in place
        with what it remembers after the last. The answers must be those of one row at a time (`pipeline.runs` has what
        that takes). Not used for a detector with an `idle` of its own, which must know its memory at each row.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what is wrong: it has no judge_runs")

    def idle(self, last: Any, world: World, memory: Memory | None) -> Floats | None:
        """From which event time on silence after each row is wrong, UTC seconds (inf: never); None: not asked."""
        return None

    def missing(self, subjects: Ints, world: World) -> Mapping[str, Flags]:
        """Why it can't judge a subject: reason -> which of `subjects` (shape (n,)). For `gridwatch check` alone."""
        return {}


class RowDetector(Detector):
    """The scalar form, for a few thousand rows a second: one row, one answer.

    `row` is a mapping of column names to numbers, with `subject` as its name. True: wrong, False: right, None: keeps
    what was.
    """

    def judge_row(self, row: Mapping[str, Any], world: World) -> bool | None:
        """Judge one row."""
        raise NotImplementedError(f"{type(self).__name__} does not say what is wrong: it has no judge_row")

    def judge(self, rows: Any, world: World, memory: Memory | None) -> Judgement:
        columns = {name: rows.column(name) for name in (*rows.own(), *rows.extra)}
        names = list(columns)
        subjects = [world.names[code] for code in rows.subject.tolist()]
        answers = [
            self.judge_row(dict(zip(names, values, strict=True)) | {"subject": subject}, world)
            for subject, values in zip(subjects, zip(*(c.tolist() for c in columns.values()), strict=True), strict=True)
        ]
        wrong = np.fromiter((a is True for a in answers), bool, len(answers))
        right = np.fromiter((a is False for a in answers), bool, len(answers))
        return Judgement(wrong=wrong, right=right)
