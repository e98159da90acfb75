"""message: what a sender is given, what it says of it, and what every sender is.

A sender belongs to one thread. It is given one message at a time and waits until the other side has it: what it calls
sent is in their hands. It keeps nothing: after a failure nothing of a message may still be on its way, because it comes
again and others of its case after it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import msgspec
from pydantic import BaseModel

CASE_FIELDS = frozenset(
    {
        *("id", "number", "state", "revision", "category", "condition", "text", "subject", "part", "channel"),
        *("rule", "rule_version", "place", "address", "grid", "component", "area_class", "lon", "lat"),
        *("severity", "level", "mode", "responsible", "helpers", "deadline", "measure", "unit", "verdict"),
        *("merged_into", "started", "ended", "opened", "filed", "dispatched", "handled", "closed", "due"),
    }
)
"""What is known of the case in `Message.content`; null where it is not. Times ISO 8601 UTC, places WGS-84 degrees."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one case."""

    id: str
    """The same whenever it is sent: the idempotency key."""
    case: str
    event: str
    at: float
    """When it happened, UTC seconds."""
    content: Mapping[str, Any]
    """event, at, change, case (`CASE_FIELDS`) and, for a step, step: {action, role, note}."""
    again: bool = False
    """It was begun before: they may have it already."""
    first_tried: float = 0.0
    """UTC seconds."""


class Sent(msgspec.Struct, frozen=True):
    """They have it."""

    reference: str = ""
    """Their own number for it."""
    look: float | None = None
    """In so many seconds they want to be asked how it stands."""


class Refused(msgspec.Struct, frozen=True):
    """As it is, they will never take it. Plain text, without secrets."""

    why: str


class Again(msgspec.Struct, frozen=True):
    """Not now; also where nobody knows whether they have it. Plain text, without secrets."""

    why: str
    away: float | None = None
    """Where they ask to be left alone: for so many seconds."""


Outcome = Sent | Refused | Again


class Sender(Protocol):
    """To one target."""

    def send(self, message: Message) -> Outcome:
        """Send it and wait for their word. Never raises for what they or the network do."""
        ...

    def test(self) -> Outcome:
        """Whether they would take messages, found out as harmlessly as it can be."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class Status(msgspec.Struct, frozen=True):
    """How a message of ours stands with them."""

    reference: str
    """By which they were asked."""
    status: str
    """Their word."""
    note: str = ""
    at: str = ""
    """When it changed last, as they write it."""
    expected: str = ""
    """By when they promise it, as they write it."""
    number: str = ""
    """Their number, where the reference stood for one that they had not given yet."""


@runtime_checkable
class Asks(Protocol):
    """A sender whose other side doesn't speak by itself."""

    every: float
    """Between two times that they are asked about one message, seconds."""

    def ask(self, references: Sequence[str]) -> list[Status] | Again:
        """How these stand; those that they don't know are left out."""
        ...


class Listener(Protocol):
    """Hears their answers, in a thread of its own, until it is closed."""

    def close(self) -> None:
        """Hear no more."""
        ...


@runtime_checkable
class Listens(Protocol):
    """A sender whose other side answers by the way that messages go."""

    def listen(self, heard: Callable[[bytes], bool]) -> Listener | None:
        """Begin to hear; None where it is not configured. heard: whether an answer is in good hands; if not, it comes
        again."""
        ...


class SenderKind(NamedTuple):
    """One kind of target. sender: (name, settings, city, folder, environment); folder: what files are relative to.

    It raises ValueError or OSError where a variable or a file is missing; it doesn't connect.
    """

    settings: type[BaseModel]
    sender: Callable[[str, Any, str, Path, Mapping[str, str]], Sender]


_FIELD = re.compile(r"\{(\w+)\}")


def checked_template(text: str) -> str:
    """A template whose fields are all known, or ValueError."""
    for name in _FIELD.findall(text):
        if name not in CASE_FIELDS:
            raise ValueError(f"expected fields of the case such as '{{address}}', got '{{{name}}}'")
    return text


def filled(template: str, case: Mapping[str, Any]) -> str:
    """The template with what the case says; '' for what is not known."""

    def value(match: re.Match[str]) -> str:
        known = case.get(match[1])
        return "" if known is None else ", ".join(map(str, known)) if isinstance(known, list) else str(known)

    return _FIELD.sub(value, template)
