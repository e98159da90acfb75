"""verdict: what somebody says of a case: that it was really so, or that it was a false alarm.

Added to a case and never changed; of several the last counts. What labels of recordings are made of.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

Said = Literal["confirmed", "false alarm"]
VERDICTS: tuple[Said, ...] = get_args(Said)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One of them."""

    case: str
    """The case's id."""
    verdict: Said
    by: str
    """Who says so."""
    at: float
    """When it was said, UTC seconds."""
    note: str = ""
