"""codec: the contract between gridwatch and whoever writes what a vendor's payloads mean.

A codec makes plain objects of a payload: named values, numbers and text, lists and objects in them. Which of them
become which column of which row is said by the stream's mapping, as for JSON. So a codec knows one format and no city.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

Facts = Mapping[str, Any]
"""What one object of a payload says. Keys are text without '.'; values are whatever JSON can hold; None: unknown."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a payload carries."""

    facts: Facts
    """Whose it is, and what else is said of it, as of `decode`'s objects."""
    data: bytes
    """The file, as it was sent."""
    form: str
    """What its sender says that it is: 'jpeg'; '' where it says nothing."""
    ts: float = math.nan
    """When it was taken, UTC seconds; NaN where nobody says."""
    lon: float = math.nan
    lat: float = math.nan
    """Where, WGS-84 degrees; NaN where nobody says."""


class Codec(BaseModel):
    """What is in a payload? No clock, no I/O, no logging: the same bytes always give the same objects.

    Annotated attributes are its options; a stream's section has them beside its own keys. The class attributes are what
    a stream has that does not say otherwise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    expected: ClassVar[str] = "a payload of this codec"
    """What a payload has to be, for the message of one that is not: 'Acme's frame of 4 bytes'."""
    timed: ClassVar[bool] = True
    """False: a payload does not say when it was, so that it can only be inside another (`payload: {codec: …}`)."""
    rows: ClassVar[str] = "reading"
    """The kind of row that a stream gives where it does not say."""
    subject: ClassVar[str] = "$.device"
    """Whose rows they are: a level of the topic, or a path into an object."""
    datum: ClassVar[str | None] = None
    """The datum of `lon` and `lat`, where the format says it; None: the stream has to."""
    fields: ClassVar[Mapping[str, Mapping[str, Any]]] = {"ts": {"path": "ts", "unit": "unix_s"}}
    """The mapping of columns that the format itself defines; a stream may add to it and replace any of it."""
    text: ClassVar[bool] = False
    """Numbers come as text, as in CSV."""

    def decode(self, payload: bytes) -> Iterable[Facts | ValueError]:
        """The objects of a payload, in any order; none where it is not about anything that is measured.

        Raises ValueError, or whatever else, where the payload is not what it should be; gives a ValueError in the
        place of an object of which alone that is true. Both are set aside with the message, and stop nothing.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what is in a payload: it has no decode")

    def pictures(self, payload: bytes) -> Iterable[Picture | ValueError]:
        """The pictures in a payload, for what carries some; none are rows. Raises and gives what `decode` does."""
        return ()
