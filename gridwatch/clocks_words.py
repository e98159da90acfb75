"""clocks_words: how wrong a terminal's clock is, in a few words for the command line."""

from __future__ import annotations

from cases.clock_words import signed
from pipeline.clock_estimate import Estimate, Kind

_WHAT = {Kind.ZONE: "a time zone", Kind.ROLLOVER: "GPS weeks", Kind.STEADY: "steady", Kind.UNSTEADY: "jumps about"}


def how(estimate: Estimate) -> str:
    """'+8 h 00 min (a time zone)'."""
    what = _WHAT.get(estimate.kind, f"drifts {estimate.drift:+.1f} s a day")
    near = f", ±{estimate.bound:.0f} s" if estimate.kind in (Kind.STEADY, Kind.DRIFT) else ""
    return f"{signed(estimate.offset)} ({what}{near})"
