"""integrations_masked: what was wrong with a message, without what may be personal in it.

A system that sends what it should not may put anything into a payload; what is shown of it are the words of the codec,
short, with phone numbers, numbers of identity cards and addresses of mail made unreadable.
"""

from __future__ import annotations

import re

LONGEST = 240
_QUOTED = re.compile(r"""(b?)(['"])((?:\\.|(?!\2).){33,})\2""")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"(?<![\d.])(?:\+?86[ -]?)?(?:1[3-9]\d{9}|\d{17}[\dXx]|0\d{2,3}-?\d{7,8})(?!\.?\d)")


def masked(text: str) -> str:
    """The text as it may be shown, at most LONGEST characters."""
    text = _MAIL.sub("…@…", text)
    text = _NUMBER.sub("…", text)
    text = _QUOTED.sub(lambda found: f"{found[1]}{found[2]}{found[3][:32]}…{found[2]}", text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
