"""numbers: the ids of reports, and the number by which a reporter follows theirs.

The id comes from what the sender calls it, so that the same one sent again is the same report. The number comes from
the id: fifty bits of it, which nobody guesses, written in Crockford's Base32, which has no letters that are mistaken
for digits on the telephone.
"""

from __future__ import annotations

import uuid

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://gridwatch/intake")
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 10
_MISTAKEN = str.maketrans("OILU", "011V", "- ")


def said_id(*parts: str) -> str:
    """The id of what somebody says under a name of their own: (who, what they call it …)."""
    # Lengths keep ("a", "bc") and ("ab", "c") apart, whatever is in them.
    return str(uuid.uuid5(_NAMESPACE, "".join(f"{len(part)}:{part}" for part in parts)))


def number_of(id: str) -> str:
    """The number of the report with that id: `7K3M9-QXA2T`."""
    bits = uuid.UUID(id).int & ((1 << 5 * _LENGTH) - 1)
    digits = "".join(_DIGITS[bits >> 5 * place & 31] for place in reversed(range(_LENGTH)))
    return f"{digits[:5]}-{digits[5:]}"


def as_written(number: str) -> str:
    """A number as people write it down, as it was given: small letters, blanks and no hyphen are taken."""
    plain = number.strip().upper().translate(_MISTAKEN)
    if len(plain) == _LENGTH and all(each in _DIGITS for each in plain):
        return f"{plain[:5]}-{plain[5:]}"
    return number.strip()
