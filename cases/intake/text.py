"""text: what people wrote, as it can be kept anywhere: without the characters that databases, XML or screens stumble
over."""

from __future__ import annotations

from unicodedata import category

LONGEST = 4000
"""Characters of a description, as in GeoReport v2."""
_LINES = "\n\t"
_TURNS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff")


def tidy(text: str, longest: int = LONGEST) -> str:
    """Without control characters, halves of characters and changes of writing direction; ends of lines are '\\n'.
    Longer text is cut."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (each for each in text if each in _LINES or (category(each) not in ("Cc", "Cs") and each not in _TURNS))
    return "".join(kept).strip()[:longest].rstrip()
