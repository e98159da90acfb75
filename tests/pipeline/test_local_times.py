"""Times without an offset: what they may look like, and what becomes of those that a clock shows never or twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.local_times import local_seconds

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
HALF_PAST_EIGHT = 1714523400.0
"""2024-05-01 08:30 in Shanghai"""


@pytest.mark.parametrize(
    "text, seconds",
    [
        pytest.param("2024-05-01 08:30:00", HALF_PAST_EIGHT, id="usual"),
        pytest.param("2024-05-01T08:30:00", HALF_PAST_EIGHT, id="iso"),
        pytest.param("2024/5/1 8:30:00", HALF_PAST_EIGHT, id="slashes-and-no-zeros"),
        pytest.param("2024-05-01 08:30", HALF_PAST_EIGHT, id="no-seconds"),
        pytest.param("20240501083000", HALF_PAST_EIGHT, id="digits"),
        pytest.param("2024-05-01 08:30:00.25", HALF_PAST_EIGHT + 0.25, id="fraction"),
        pytest.param("2024-05-01 08:30:00.123456789", HALF_PAST_EIGHT + 0.123456, id="nanoseconds-are-cut"),
    ],
)
def test_what_it_may_look_like(text: str, seconds: float) -> None:
    assert local_seconds(text, SHANGHAI) == seconds


@pytest.mark.parametrize(
    "text",
    [
        *("", "2024-05-01", "08:30:00", "2024-05-01T08:30:00Z", "2024-05-01 08:30:00+08:00", "2024-13-01 08:30:00"),
        *("2024-02-30 08:30:00", "2024-05/01 08:30:00", "1714523400", "20240501", "2024-05-01 24:00:00", "昨天"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a time without an offset such as"):
        local_seconds(text, SHANGHAI)


#  Berlin, 2024   31 March: 02:00 → 03:00          27 October: 03:00 → 02:00
@pytest.mark.parametrize(
    "text, told",
    [
        pytest.param("2024-03-31 01:59:59", 1711846799.0, id="before-it-goes-forward"),
        pytest.param("2024-03-31 02:00:00", "never came: the clocks went forward", id="never"),
        pytest.param("2024-03-31 02:59:59", "never came", id="never-until-the-last-second"),
        pytest.param("2024-03-31 03:00:00", 1711846800.0, id="a-second-later"),
        pytest.param("2024-10-27 01:59:59", 1729987199.0, id="before-it-comes-twice"),
        pytest.param("2024-10-27 02:00:00", "came twice: the clocks went back", id="twice"),
        pytest.param("2024-10-27 02:59:59", "came twice", id="twice-until-the-last-second"),
        pytest.param("2024-10-27 03:00:00", 1729994400.0, id="once-again"),
    ],
)
def test_when_the_clocks_are_changed(text: str, told: float | str) -> None:
    if isinstance(told, float):
        assert local_seconds(text, BERLIN) == told
    else:
        with pytest.raises(ValueError, match=f"in Europe/Berlin {text} {told}"):
            local_seconds(text, BERLIN)


@given(
    st.integers(0, 4_000_000_000),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca"]),
)
def test_what_a_clock_shows_once_comes_back(seconds: int, name: str) -> None:
    zone = ZoneInfo(name)
    when = datetime.fromtimestamp(seconds, UTC)
    shown = when.astimezone(zone).replace(tzinfo=None)
    others = [when + timedelta(minutes=m) for m in (-120, -60, -30, 30, 60, 120)]
    twice = any(other.astimezone(zone).replace(tzinfo=None) == shown for other in others)
    try:
        got = local_seconds(shown.isoformat(" "), zone)
    except ValueError:
        assert twice
    else:
        assert got == seconds
        assert not twice
