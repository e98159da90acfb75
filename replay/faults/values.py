"""values: what faults do to rows: places scatter or lie off, values scatter, a receiver freezes, a clock is wrong.

Reads decoded rows; reports new ones. Of a row the same becomes wherever and however often it is decoded, but for
freezing, which depends on what was decoded before. They happen in the world's order: something is measured, then the
device repeats itself, then its clock stamps the row. Dice are thrown for the recording's own times.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pyarrow as pa

from pipeline.engine import LoadVersion
from pipeline.geo import metres_per_degree
from pipeline.names import Names
from pipeline.rows import Floats, Position, Reading, Rows
from pipeline.version import Decode, Decoded, Version
from replay.faults.dice import Dice, NameWords, Words, bits, mixed
from replay.faults.freezing import Freezing
from replay.faults.grammar import Fault

Change = Callable[[Rows, Words, Words], Rows]
"""(rows, each one's subject, each one's subject and metric) -> the rows as they become"""

_DECIMALS = 7
"""Of degrees, a centimetre: as receivers write them, and so that the last bits of a machine's cosine don't count."""


def faulty(faults: Sequence[Fault], load: LoadVersion, seed: int) -> LoadVersion:
    """The same versions, whose rows have the faults."""
    changes = [make(fault, seed) for name, make in _CHANGES for fault in faults if fault.name == name]
    freezing = next((Freezing(f, seed) for f in faults if f.name == "freeze"), None)
    skew = clocks(faults, seed)
    words = NameWords()
    if not changes and freezing is None and skew is None:
        return load

    def become(version: Version, rows: Rows, names: Names) -> Rows:
        subject = words.of(names, rows.subject)
        line = mixed(subject, words.of(names, rows.metric)) if isinstance(rows, Reading) else subject
        for change in changes:
            rows = change(rows, subject, line)
        if freezing is not None:
            rows = freezing.change(rows, line, version)
        return rows if skew is None else replace(rows, ts=rows.ts + skew(subject))

    def loaded(payload: bytes, names: Names) -> Version:
        version = load(payload, names)
        decode = version.decode

        def decoded(batch: pa.RecordBatch, first: int, names: Names) -> Decoded:
            found = decode(batch, first, names)
            return Decoded([become(version, rows, names) for rows in found.rows], found.aside, found.said)

        return replace(version, decode=cast("Decode", decoded))

    return loaded


def clocks(faults: Sequence[Fault], seed: int) -> Callable[[Words], Floats] | None:
    """By how many seconds subjects' clocks are off; None where all are right."""
    fault = next((fault for fault in faults if fault.name == "skew"), None)
    if fault is None:
        return None
    most, share = fault.amount or 0.0, fault.share
    dice, sign = Dice(seed, "skew"), Dice(seed, "skew, sign")

    def skew(subject: Words) -> Floats:
        return np.where(dice.uniform(subject) < share, np.where(sign.uniform(subject) < 0.5, most, -most), 0.0)

    return skew


def _scattered(fault: Fault, seed: int) -> Change:
    dice, east, north = Dice(seed, "jitter"), Dice(seed, "jitter, east"), Dice(seed, "jitter, north")
    sigma = fault.amount or 0.0

    def change(rows: Rows, subject: Words, _: Words) -> Rows:
        if not isinstance(rows, Position):
            return rows
        much, when = np.where(dice.uniform(subject) < fault.share, sigma, 0.0), bits(rows.ts)
        moved = _moved(rows, much * east.normal(subject, when), much * north.normal(subject, when))
        # independent errors add up in squares; one that was not stated stays so
        return replace(moved, accuracy=np.sqrt(rows.accuracy * rows.accuracy + much * much))

    return change


def _off(fault: Fault, seed: int) -> Change:
    dice, direction = Dice(seed, "bias"), Dice(seed, "bias, direction")
    far = fault.amount or 0.0

    def change(rows: Rows, subject: Words, _: Words) -> Rows:
        if not isinstance(rows, Position):
            return rows
        each, of = np.unique(subject, return_inverse=True)
        much = np.where(dice.uniform(each) < fault.share, far, 0.0)
        turn = (2 * math.pi * direction.uniform(each)).tolist()
        east, north = (np.array([f(t) for t in turn]) * much for f in (math.sin, math.cos))
        return _moved(rows, east[of], north[of])

    return change


def _uncertain(fault: Fault, seed: int) -> Change:
    dice, noise = Dice(seed, "jitter"), Dice(seed, "jitter, value")
    sigma = fault.amount or 0.0

    def change(rows: Rows, subject: Words, line: Words) -> Rows:
        if not isinstance(rows, Reading):
            return rows
        much = np.where(dice.uniform(subject) < fault.share, sigma, 0.0)
        return replace(rows, value=rows.value * (1.0 + much * noise.normal(line, bits(rows.ts))))

    return change


def _jitter(fault: Fault, seed: int) -> Change:
    return _uncertain(fault, seed) if fault.unit == "%" else _scattered(fault, seed)


_CHANGES = (("jitter", _jitter), ("bias", _off))
"""What happens to what is measured, in that order."""


def _moved(rows: Position, east: Floats, north: Floats) -> Position:
    """The rows, metres further; those that don't move as they are."""
    per_lon, per_lat = metres_per_degree(rows.lat)
    still = (east == 0.0) & (north == 0.0)
    lon, lat = np.round(rows.lon + east / per_lon, _DECIMALS), np.round(rows.lat + north / per_lat, _DECIMALS)
    return replace(rows, lon=np.where(still, rows.lon, lon), lat=np.where(still, rows.lat, lat))
