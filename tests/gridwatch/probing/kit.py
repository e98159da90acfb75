"""kit: messages as if they had been heard, and what is proposed for them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from gridwatch.probing.heard import Heard
from gridwatch.probing.proposing import Proposal, propose

NOW = 1_764_000_000.0
"""When the first message came, UTC seconds."""


def heard(messages: Iterable[tuple[str, Any]], streams: Iterable[tuple[str, str]] = ()) -> Heard:
    """(topic, payload), a second apart; bytes as they are, anything else as JSON."""
    found = Heard(streams)
    for i, (topic, payload) in enumerate(messages):
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        found.add("s", [topic], NOW + i, [raw])
    return found


def proposed(*messages: tuple[str, Any], world: Any = None) -> Proposal:
    """For messages that are of one kind of topic."""
    (kind,) = heard(messages).kinds()
    return propose(kind, (), world)
