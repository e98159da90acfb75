"""codes: the 20 digits by which GB/T 28181 names a device, a channel or a platform.

    34020000 00 131 0 000003
    │        │  │   │ └ serial number
    │        │  │   └ network
    │        │  └ type: what it is
    │        └ industry
    └ civil code: whose it is (its platform's centre)

The places are as platforms that speak it use them; the standard's own text was not at hand. Of types only those of
cameras are taken as known: platforms add their own, and what a type is called elsewhere is no matter here.
"""

from __future__ import annotations

from dataclasses import dataclass

LENGTH = 20
CAMERAS = frozenset({"131", "132"})
"""Types of cameras: 131 camera, 132 network camera (IPC)."""


@dataclass(frozen=True, slots=True)
class Code:
    """One that has 20 digits."""

    text: str

    @property
    def civil(self) -> str:
        """Eight digits; the first six are those of an administrative division."""
        return self.text[:8]

    @property
    def industry(self) -> str:
        return self.text[8:10]

    @property
    def type(self) -> str:
        return self.text[10:13]

    @property
    def network(self) -> str:
        return self.text[13]

    @property
    def serial(self) -> str:
        return self.text[14:]

    @property
    def camera(self) -> bool:
        """Whether its type is a camera's."""
        return self.type in CAMERAS


def code_of(text: str) -> Code:
    """Raises ValueError that says what was expected."""
    if len(text) == LENGTH and text.isascii() and text.isdecimal():
        return Code(text)
    got = text if text.isprintable() else "another thing"
    if any(each in text for each in "Ee.+"):
        raise ValueError(
            f"expected 20 digits, got '{got}', of which a spreadsheet has made a number: make its column text"
        )
    raise ValueError(f"expected 20 digits, got {len(text)}: '{got[:40]}'")
