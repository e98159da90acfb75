"""inside: `payload: {codec: milesight, …}`: what a network server carries for a device, decoded by that device's codec.

Reads the section's part and the bytes that were inside. Reports the objects that they hold.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from connectors.codecs.registry import unpacker
from pipeline.codec import Codec, Facts


class Payload(BaseModel):
    """What the device's own bytes are decoded by: the codec's name, and its options beside it."""

    model_config = ConfigDict(frozen=True, extra="allow")

    codec: str = Field(description="of the device's own bytes, such as milesight")
    _made: Codec = PrivateAttr()

    @model_validator(mode="after")
    def _make(self) -> Self:
        try:
            self._made = unpacker(self.codec).model_validate(self.model_extra or {})
        except ValidationError as error:
            raise ValueError("; ".join(_plain(dict(detail)) for detail in error.errors(include_url=False))) from None
        except LookupError as error:
            raise ValueError(str(error.args[0])) from None
        return self

    def objects(self, content: bytes) -> Iterable[Facts | ValueError]:
        """What these bytes hold."""
        return self._made.decode(content)


def _plain(detail: Mapping[str, Any]) -> str:
    where = ".".join(str(step) for step in detail["loc"])
    return f"{where}: {detail['msg'].removeprefix('Value error, ')}"


def carried(envelope: Mapping[str, Any], content: bytes, payload: Payload | None, decoded: Any) -> list[Any]:
    """The envelope's facts with what the device said under `data`: by `payload` where there is one, else as the network
    server has decoded it. A device's object that has a time of its own is of that time. None where there is neither
    content nor anything decoded: then the message was about the link alone."""
    if payload is None:
        return [{**envelope, "data": decoded}] if isinstance(decoded, Mapping) else [dict(envelope)]
    if not content:
        return []
    made: list[Any] = []
    for each in payload.objects(content):
        own = {} if isinstance(each, ValueError) or each.get("ts") is None else {"ts": each["ts"]}
        made.append(each if isinstance(each, ValueError) else {**envelope, **own, "data": dict(each)})
    return made


def from_base64(text: object) -> bytes:
    """Bytes that JSON carries as base64; none for nothing. Raises ValueError."""
    if text is None:
        return b""
    if not isinstance(text, str):
        raise ValueError("the device's payload is not base64 text")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("the device's payload is not base64 text") from None
