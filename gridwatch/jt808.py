"""jt808: JT/T 808 frames of vehicle terminals, readable without anything else of gridwatch at work.

from gridwatch.jt808 import decode

decode("7e0200…7e") gives the message's fields (connectors/codecs/jt808/message.py lists them); what was wrong with it
stands in `errors`, and only what is no frame at all raises `NoFrame`, a ValueError. `encode` is the way back, of bodies
that `bodies` makes of values.
"""

from __future__ import annotations

from connectors.codecs.jt808 import NoFrame, bodies, decode, encode

__all__ = ["NoFrame", "bodies", "decode", "encode"]
