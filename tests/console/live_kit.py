"""live_kit: pages that follow /api/live, in one event loop and without a port: the app is called as a server would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.types import ASGIApp, Message

from tests.console.kit import SECRETS


class Page:
    """One stream. `events`: (topic, data, id) in the order in which they came."""

    def __init__(self, app: ASGIApp, token: str, last: str = "", headers: Mapping[str, str] | None = None) -> None:
        """token: of `SECRETS`; headers: in place of its own, which say who it is."""
        self.status = 0
        self.events: list[tuple[str, Any, str]] = []
        self.rest = b""
        self.reads = asyncio.Event()
        self.reads.set()
        self._gone, self._more = asyncio.Event(), asyncio.Event()
        said = {"authorization": f"Bearer {SECRETS[token]}"} if headers is None else headers
        known = [(name.encode(), value.encode()) for name, value in said.items()]
        scope: dict[str, Any] = {
            "type": "http",
            "method": "GET",
            "path": "/api/live",
            "query_string": b"",
            "headers": [*known, (b"last-event-id", last.encode())],
        }
        scope |= {"raw_path": b"/api/live", "client": ("127.0.0.1", 1), "server": ("city", 80), "scheme": "http"}
        scope |= {"http_version": "1.1", "asgi": {"version": "3.0"}}
        self.task = asyncio.ensure_future(app(scope, self._receive, self._send))
        self._begun = False

    async def _receive(self) -> Message:
        if not self._begun:
            self._begun = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        await self.reads.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self.rest += message.get("body", b"")
        *whole, self.rest = self.rest.split(b"\n\n")
        for block in whole:
            fields = dict(line.split(": ", 1) for line in block.decode().splitlines() if not line.startswith(":"))
            if "data" in fields:
                self.events.append((fields["event"], json.loads(fields["data"]), fields.get("id", "")))
        self._more.set()

    async def until(self, there: Callable[[], object]) -> None:
        """Wait until something has come, 10 s at most."""
        async with asyncio.timeout(10):
            while not there():
                self._more.clear()
                if not there():
                    await self._more.wait()

    def of(self, topic: str) -> list[Any]:
        """The data of the events of a topic."""
        return [data for name, data, _ in self.events if name == topic]

    async def leave(self) -> None:
        self._gone.set()
        self.reads.set()
        await self.task
