"""answers: what the world says about rows, as columns of shape (n,), where a yes or no is not enough.

A fix is good to its `accuracy`. So there are three answers to "is it inside?": surely, surely not, and nobody can tell.
What is neither is no reason to open an episode, nor to end one.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.rows import Flags, Floats, Ints


@dataclass(slots=True)
class Within:
    """Is each row in a zone?"""

    inside: Flags
    """surely in one: it contains the row, and its boundary is at least the row's `accuracy` away"""
    outside: Flags
    """surely in none: none contains the row, and every boundary is at least its `accuracy` away"""
    zone: Ints
    """the name's code of the first by id that contains the row, surely or not; NOBODY for none"""


@dataclass(slots=True)
class OffRoute:
    """Is each row off its vehicle's routes?"""

    off: Flags
    """surely: farther than the tolerance from all of them, even less its `accuracy`"""
    on: Flags
    """surely: within the tolerance of one, even with its `accuracy` on top; or it has no route then"""
    metres: Floats
    """from the nearest of its routes; NaN where it is on it"""


@dataclass(slots=True)
class Manifest:
    """The trip sheet that holds for each row."""

    site: Ints
    """where the load comes from: a zone's name as a code of Names; NOBODY where there is none"""
    disposal: Ints
    """where it goes"""
    since: Floats
    """when the trip may begin, UTC seconds; NaN where there is no sheet"""
    due: Floats
    """by when it has to be completed"""
