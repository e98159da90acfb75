"""plates: what a number plate says, from how likely a text recogniser takes each sign at each place to be.

A recogniser that reads any text says 'A·OT999' where the plate says 皖A0T999: it does not know that the first sign is a
province, that no plate has the letters O and I, and where the letters end. Here the pattern is known first, and what is
looked for is the likeliest plate (connectionist temporal classification, Graves et al. 2006, with the labels confined
to a pattern; the best path by Viterbi, forward and backward, so that each place says how likely each sign is there).
Signs that look alike share their likelihood (O and 0, I and 1), so that a confusion is corrected by its place, and only
where the pattern demands it.

Patterns: GA 36-2018: province and letter, then five signs, letters without I and O; new energy: six, of which the first
(small vehicles) or the last (large ones) is a letter that says so, the rest digits but for the second of small ones;
and the last sign 学 警 港 澳 挂 使 领 of those that have one. A `Ballot` takes several pictures of one plate together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.rows import Floats

PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
DIGITS = "0123456789"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
ANY = LETTERS + DIGITS
ENERGY = "DFABCEGHJK"
"""Small and large new energy vehicles: D and F first, and what follows where those are used up."""
SIGNS = PROVINCES + ANY + "学警港澳挂使领"

PATTERNS: Mapping[str, tuple[str, ...]] = {
    "civil": (PROVINCES, LETTERS, *[ANY] * 5),
    "new energy, small": (PROVINCES, LETTERS, ENERGY, ANY, *[DIGITS] * 4),
    "new energy, large": (PROVINCES, LETTERS, *[DIGITS] * 5, ENERGY),
    "special": (PROVINCES, LETTERS, *[ANY] * 4, "学警挂领"),
    "cross-border": ("粤", "Z", *[ANY] * 4, "港澳"),
    "embassy": (*[DIGITS] * 6, "使"),
    "embassy, older": ("使", *[DIGITS] * 6),
}
"""Each sign of a plate is one of these."""

ALIKE = {"0": "Oo〇", "1": "Il|i"} | {sign: sign.lower() for sign in "CJKMPSUVWXYZ"}
"""What a recogniser may say for a sign: letters that no plate has, and small ones that look as the large ones do."""
BETWEEN = "·.•-・: "
"""What it may say for the gap after the second sign."""

_LEAST = 1e-6
"""No sign is less likely than this at a step, whatever a recogniser says."""
_LOST = 1e-3
"""... nor at a place, whatever one picture says: a wrong reading costs several right ones no more."""


@dataclass(frozen=True, slots=True)
class Plate:
    """What a plate says."""

    text: str
    score: float
    """0..1: the likelihood of its least sure sign."""
    pattern: str
    """The name of its pattern."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One picture of a plate."""

    places: Mapping[str, Floats]
    """By pattern: how likely each sign is at each place, shape (places, len(SIGNS)), rows of sum 1."""
    fits: Mapping[str, float]
    """By pattern: the logarithm of the likelihood of its best plate."""
    strange: float = 0.0
    """By how much (logarithm) the likeliest text of any kind is likelier than the likeliest plate."""


class Alphabet:
    """Where a recogniser's signs are among its classes."""

    def __init__(self, classes: Sequence[str]) -> None:
        """classes: what each of its outputs stands for; the first is the blank. ValueError: a sign is missing."""
        at = {sign: n for n, sign in enumerate(classes)}
        missing = [sign for sign in SIGNS if sign not in at]
        if missing:
            raise ValueError(f"the recogniser can't read {' '.join(missing)}: take one for Chinese text")
        self._signs = [[at[each] for each in (sign, *ALIKE.get(sign, "")) if each in at] for sign in SIGNS]
        self._gaps = [0] + [at[each] for each in BETWEEN if each in at]

    def logs(self, likely: NDArray[np.float32]) -> Floats:
        """Logarithms of the likelihoods of the gap and of SIGNS, in this order. likely: shape (steps, classes)."""
        found = np.empty((len(likely), 1 + len(SIGNS)))
        found[:, 0] = likely[:, self._gaps].sum(1)
        for n, classes in enumerate(self._signs, 1):
            found[:, n] = likely[:, classes].sum(1)
        return np.asarray(np.log(np.maximum(found, _LEAST)), np.float64)


def understand(logs: Floats) -> Reading:
    """What a picture says. logs: as `Alphabet` has them; there must be more steps than signs."""
    places, fits = {}, {}
    for name, pattern in PATTERNS.items():
        if len(logs) > len(pattern):
            best = _best(logs, _ALLOWED[name])
            fits[name] = float(best[0].max())
            shares = np.exp(best - best.max(1, keepdims=True))
            places[name] = shares / shares.sum(1, keepdims=True)
    return Reading(places, fits)


def _best(logs: Floats, allowed: NDArray[np.bool_]) -> Floats:
    """For each place and sign: the best path's likelihood that has it there. Shape (places, signs), logarithms."""
    there = np.where(allowed[None], logs[:, None, 1:], -np.inf)
    ahead = _forward(logs[:, 0], there)
    back = _forward(logs[::-1, 0], there[::-1, ::-1])[::-1, ::-1]
    return np.asarray((ahead + back - there.clip(min=-1e9)).max(0), np.float64)


def _forward(gap: Floats, there: Floats) -> Floats:
    """The best path to each step, place and sign. gap: shape (steps,); there: (steps, places, signs)."""
    steps, places, signs = there.shape
    found = np.empty((steps, places, signs))
    gaps = np.full(places, -np.inf)  # in the gap before each place
    gaps[0] = 0.0
    on = np.full((places, signs), -np.inf)
    rows = np.arange(places)
    for t in range(steps):
        first, top = on.argmax(1), on.max(1)
        rest = on.copy()
        rest[rows, first] = -np.inf
        # The next place may follow at once on another sign only: the same sign twice has a gap in between.
        other = np.repeat(top[:, None], signs, axis=1)
        other[rows, first] = rest.max(1)
        came = np.maximum(on, gaps[:, None])
        came[1:] = np.maximum(came[1:], other[:-1])
        gaps[1:] = np.maximum(gaps[1:], top[:-1])
        gaps += gap[t]
        on = came + there[t]
        found[t] = on
    return found


_ALLOWED = {
    name: np.array([[sign in place for sign in SIGNS] for place in pattern]) for name, pattern in PATTERNS.items()
}


@dataclass(slots=True)
class Ballot:
    """Several pictures of one plate: each says how likely each sign is at each place, and the geometric mean counts.

    A picture that shows little says much the same of all signs, and so counts little; none says that a sign can't be.
    """

    home: str = ""
    """The province of most plates here; '' where none is assumed."""
    share: float = 0.8
    """... and how many are of it, 0..1."""
    _votes: dict[str, Floats] = field(default_factory=dict)
    _fits: dict[str, float] = field(default_factory=dict)
    pictures: int = 0

    def add(self, reading: Reading) -> None:
        """Another picture."""
        self.pictures += 1
        for name, places in reading.places.items():
            self._votes[name] = self._votes.get(name, 0.0) + np.log(np.maximum(places, _LOST))
            self._fits[name] = self._fits.get(name, 0.0) + reading.fits[name]

    def plate(self) -> Plate | None:
        """What the pictures say together; None: nothing has been read."""
        if not self._fits:
            return None
        name = max(self._fits, key=lambda each: self._fits[each])
        shares = np.exp(self._votes[name] / self.pictures) * _ALLOWED[name]
        if self.home and PATTERNS[name][0] == PROVINCES:
            others = (1.0 - self.share) / (len(PROVINCES) - 1)
            shares[0] *= np.array([self.share if sign == self.home else others for sign in SIGNS])
        shares /= shares.sum(1, keepdims=True)
        return Plate("".join(SIGNS[n] for n in shares.argmax(1)), float(shares.max(1).min()), name)
