"""database_values: values as both databases keep them alike: JSON without NaN, text without NUL."""

from __future__ import annotations

from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder()


def to_json(value: Any) -> str:
    """As text, null where a number is NaN or infinite. NUL, which PostgreSQL takes in no text, becomes U+FFFD."""
    text = _ENCODER.encode(value).decode()
    return _ENCODER.encode(_without_nul(value)).decode() if "\\u0000" in text else text


def from_json(text: str | bytes) -> Any:
    """The value."""
    return msgspec.json.decode(text)


def storable(text: str) -> str:
    """Without NUL."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nul(each) for each in value]
    return value
