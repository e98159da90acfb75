"""plain: text from outside, made fit for XML, HTML and the eye.

A subject's name comes from a payload and may hold anything. What XML can't carry (control characters, halves of
surrogate pairs, the two non-characters) and what changes the direction of what follows becomes the replacement
character; escaping is the writer's work.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, tzinfo

_UNFIT = re.compile(
    "[^\t\n\\x20-\x7e\xa0-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def fit(text: str) -> str:
    """The text with whatever is unfit replaced."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)


def clock(ts: float, zone: tzinfo = UTC, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """UTC seconds as people of that zone write them; '' for no time, or one that no calendar has."""
    if not math.isfinite(ts):
        return ""
    try:
        return (_EPOCH + timedelta(seconds=round(ts))).astimezone(zone).strftime(form)
    except (OverflowError, ValueError):
        return ""
