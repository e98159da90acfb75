"""times: durations and moments as people give them to a command."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo

from gridwatch.problems import Exit, Problem


def duration_option(option: str, text: str | None) -> float:
    """Seconds of '10min'; infinite where nothing is given. Raises Problem for what is no duration, or none above 0."""
    from pydantic import TypeAdapter, ValidationError

    from pipeline.units import Seconds

    if text is None:
        return math.inf
    try:
        seconds = float(TypeAdapter(Seconds).validate_python(text))
    except ValidationError as error:
        raise Problem(f"{option}: {error.errors()[0]['msg'].removeprefix('Value error, ')}", Exit.USAGE) from None
    if seconds <= 0:
        raise Problem(f"{option}: expected a duration above 0", Exit.USAGE)
    return seconds


def time_option(option: str, text: str | None, zone: tzinfo | None, default: float = -math.inf) -> float:
    """UTC seconds of ISO 8601. zone: of a time without offset; None: UTC. default: where nothing is given."""
    if text is None:
        return default
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(f"{option}: expected a time such as '2026-03-01T08:15', got '{text}'", Exit.USAGE) from None
    return (when if when.tzinfo else when.replace(tzinfo=zone or UTC)).timestamp()
