"""mot_lines: one file of MOT lines as columns.

A line is `frame,track,left,top,width,height,score[,class[,…]]`: 7 to 10 numbers with commas or blanks between, whole
numbers also as `12.0`. Lines come in any order; the columns are by frame. A line whose box is -1,-1,-1,-1 says that its
picture was looked at and nothing was in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.faults import Fault
from pipeline.rows import Floats, Longs

_MOST = 2**53
"""Whole numbers up to here are exact as floats."""
_MOST_PICTURES = 10_000_000
"""Eleven days at 10 a second; more is a slip of the pen, and would be as many empty pictures."""


@dataclass(frozen=True, slots=True)
class Objects:
    """A file's objects, columns of shape (n,) by frame."""

    frame: Longs
    track: Longs
    """below 0: none"""
    box: Floats
    """shape (n, 4): left, top, width, height, pixels"""
    score: Floats
    """0..1, NaN: unknown"""
    kind: Longs
    """class; -1: not said"""
    last: int
    """The last picture that the file speaks of, 0: none."""

    def of(self, track: int) -> Objects:
        """One track's."""
        mine = self.track == track
        return Objects(self.frame[mine], self.track[mine], self.box[mine], self.score[mine], self.kind[mine], self.last)


def read_objects(file: Path, folder: Path, faults: list[Fault], truth: bool = False) -> Objects:
    """The objects of a file. What can't be read is added to `faults`, named as it lies below `folder`.

    truth: the seventh number is not a score but whether the line counts, and 0 says that it does not.
    """
    where = file.relative_to(folder).as_posix()
    rows: list[tuple[float, ...]] = []
    last = 0
    text = file.read_text("utf-8-sig", errors="replace")
    for at, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = _row(line)
        except ValueError as error:
            faults.append(Fault(where, at, "", str(error)))
            continue
        last = max(last, int(row[0]))
        if row[4] > 0 and not (truth and row[6] == 0):
            rows.append(row)
    table = np.array(rows, np.float64).reshape(-1, 8)
    table = table[np.argsort(table[:, 0], kind="stable")]
    score = np.where(table[:, 6] < 0, np.nan, table[:, 6])
    if not truth and (score > 1).any():
        faults.append(Fault(where, 0, "", "its scores go beyond 1, so they are no shares: taken as unknown"))
        score = np.full(len(score), np.nan)
    whole = table[:, [0, 1, 7]].astype(np.int64)
    return Objects(whole[:, 0], whole[:, 1], table[:, 2:6], score, whole[:, 2], last)


def _row(line: str) -> tuple[float, ...]:
    """frame, track, left, top, width, height, score, class. Raises ValueError that says what was expected."""
    cells = line.split(",") if "," in line else line.split()
    if len(cells) > 1 and not cells[-1].strip():
        cells.pop()  # a comma at the end
    if not 7 <= len(cells) <= 10:
        raise ValueError(f"expected 7 to 10 numbers (frame,track,x,y,w,h,score,class), got {len(cells)}")
    try:
        numbers = [float(cell) for cell in cells[:8]]
    except ValueError:
        raise ValueError("expected numbers (frame,track,x,y,w,h,score,class)") from None
    if len(numbers) == 7:
        numbers.append(-1.0)
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError("expected finite numbers")
    frame, track, _, _, wide, high, _, kind = numbers
    if frame != int(frame) or not 1 <= frame <= _MOST_PICTURES:
        raise ValueError(f"expected the picture's number, 1 to {_MOST_PICTURES:,}")
    if track != int(track) or kind != int(kind) or max(abs(track), abs(kind)) >= _MOST:
        raise ValueError("expected whole numbers for the track and the class")
    if numbers[2:6] != [-1.0] * 4 and (wide <= 0 or high <= 0):
        raise ValueError("expected a box with a width and a height above 0")
    return tuple(numbers)
