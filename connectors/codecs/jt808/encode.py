"""encode: a message to frames, split into subpackages where its body is too long for one."""

from __future__ import annotations

from connectors.codecs.jt808.framing import frame
from connectors.codecs.jt808.header import LONGEST_BODY, write_header


def encode(
    message: int, body: bytes, *, phone: str, serial: int, v2019: bool = False, longest: int = LONGEST_BODY
) -> list[bytes]:
    """The frames of a message, in order, with serials that go on from `serial`.

    phone: decimal digits, at most 12, with 2019's header 20. longest: bytes of body in one frame. Raises ValueError for
    what does not fit: a phone that is none, more than 65,535 subpackages.
    """
    if len(body) <= longest:
        return [frame(write_header(message, len(body), phone, serial, v2019=v2019) + body)]
    parts = [body[at : at + longest] for at in range(0, len(body), longest)]
    if len(parts) > 0xFFFF:
        raise ValueError(f"expected at most {0xFFFF} subpackages, got {len(parts)}")
    return [
        frame(
            write_header(message, len(part), phone, (serial + i) & 0xFFFF, v2019=v2019, part=(len(parts), i + 1)) + part
        )
        for i, part in enumerate(parts)
    ]
