"""http_kit: an HTTP source at work on a journal in memory, and a client that asks it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from connectors.http import HttpReceiver
from connectors.http_settings import HttpSource
from pipeline.backoff import Backoff
from pipeline.entries import Kind
from tests.connectors.fakes import ListLog, MemoryJournal
from tests.services.wait import until

ACME, CREWS, SLOW = "a" * 32, "c" * 32, "s" * 32
ENVIRONMENT = {"ACME": ACME, "CREWS": CREWS, "SLOW": SLOW, "SHORT": "abc"}
PARTNERS: dict[str, Any] = {
    "acme": {"token_env": "ACME"},
    "crews": {"token_env": "CREWS", "topics": ["crews/osmand", "more/+/x"], "token_in_query": True, "arrays": "whole"},
    "slow": {"token_env": "SLOW", "rate": 1},
}
BEARER = {"Authorization": f"Bearer {ACME}"}


def settings(**more: Any) -> HttpSource:
    given = {"type": "http", "port": 0, "partners": PARTNERS, "largest": "2000 B", "batch": 5, "timeout": "5s"}
    return HttpSource.model_validate(given | more)


class Door:
    """A receiver at work, and a client that asks it."""

    def __init__(self, journal: Any, **more: Any) -> None:
        self.log = ListLog()
        self.receiver = HttpReceiver(
            "push",
            settings(**more),
            journal.commit,
            0.05,
            log=self.log,
            environment=ENVIRONMENT,
            retry=0.02,
            backoff=Backoff(first=0.02, most=0.02),
        )
        self.receiver.start()
        until(lambda: self.receiver.status.connected_since, "the source to listen", every=0.01)
        self.url = f"http://127.0.0.1:{self.receiver.port}"

    def post(self, path: str = "/acme/bins", content: Any = b"{}", **more: Any) -> httpx.Response:
        headers = BEARER | {"Content-Type": "application/json"} | more.pop("headers", {})
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return httpx.post(self.url + path, content=body, headers=headers, timeout=20, **more)


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
def door(journal: MemoryJournal) -> Iterator[Door]:
    opened = Door(journal)
    yield opened
    opened.receiver.stop()


def taken(journal: MemoryJournal) -> list[tuple[str, bytes]]:
    return [(topic, payload) for kind, _, topic, _, payload in journal.entries if kind == Kind.DELIVERY]
