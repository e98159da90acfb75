"""jt808: JT/T 808 of 2011, 2013 and 2019, the language of vehicle terminals: bytes to names and back, without I/O.

    decode("7e0200…7e")      one frame -> one object (message.py says which fields)
    encode(0x8001, body, …)  a message -> its frames

From the line to the meaning: `framing`, `header`, `message`, then `location`, `items`, `terminal_bodies` and
`platform_bodies`; `encode` and `bodies` the way back; `mapping` and `rows` make rows of a stream's deliveries.
"""

from __future__ import annotations

from connectors.codecs.jt808 import bodies
from connectors.codecs.jt808.encode import encode
from connectors.codecs.jt808.message import NoFrame, decode

__all__ = ["NoFrame", "bodies", "decode", "encode"]
