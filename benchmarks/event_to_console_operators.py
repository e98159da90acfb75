"""event_to_console_operators: pages that follow /api/live and ask for positions, many of them in one event loop."""

from __future__ import annotations

import asyncio
import sys
import time

import msgspec

PATIENCE = 30.0
"""Seconds for the last cases to come."""
EACH = 2.0


class _Case(msgspec.Struct):
    subject: str
    events: list[str]


class _Cases(msgspec.Struct):
    cases: list[_Case]


_DECODER = msgspec.json.Decoder(_Cases)


class Operator:
    """One page. took: seconds from the message to here, by the vehicle that it was about."""

    def __init__(self, port: int, secret: str) -> None:
        self._port, self._secret = port, secret
        self.took: dict[str, float] = {}
        self.connected, self.more = asyncio.Event(), asyncio.Event()

    async def follow(self) -> None:
        """Until it is cancelled."""
        reader, _ = await self._ask("/api/live")
        while True:
            block = await reader.readuntil(b"\n\n")
            now = time.time()
            if b"event: hello" in block:
                self.connected.set()
            if b"event: cases" in block:
                said = _DECODER.decode(block[block.index(b"data: ") + 6 :].strip())
                for case in said.cases:
                    if case.subject.startswith("fast-"):
                        self.took.setdefault(case.subject, now - int(case.subject.removeprefix("fast-")) / 1e6)
                        self.more.set()

    async def until(self, cases: int) -> None:
        """It has so many."""
        while len(self.took) < cases:
            self.more.clear()
            await self.more.wait()

    async def look(self) -> None:
        """Where the vehicles are, from time to time, as the map does. Until it is cancelled."""
        while True:
            reader, writer = await self._ask("/api/positions", close=True)
            await reader.read(-1)
            writer.close()
            await asyncio.sleep(EACH)

    async def _ask(self, path: str, *, close: bool = False) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 22)
        head = f"GET {path} HTTP/1.1\r\nHost: city\r\nAuthorization: Bearer {self._secret}\r\n"
        writer.write(f"{head}{'Connection: close' if close else 'Accept: text/event-stream'}\r\n\r\n".encode())
        status = await reader.readline()
        assert b" 200 " in status, status
        return reader, writer


async def operators(port: int, secrets: list[str]) -> list[float]:
    """Seconds of each case at each operator. Says `ready` once all are connected; a line then says how many cases there
    have been, and all wait until they have them."""
    people = [Operator(port, secret) for secret in secrets]
    tasks = [asyncio.ensure_future(each.follow()) for each in people]
    for each in people:
        await asyncio.wait_for(each.connected.wait(), PATIENCE)
    tasks += [asyncio.ensure_future(each.look()) for each in people]
    print("ready", flush=True)
    events = int(await asyncio.to_thread(sys.stdin.readline))
    await asyncio.wait({asyncio.ensure_future(each.until(events)) for each in people}, timeout=PATIENCE)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return [took for each in people for took in each.took.values()]
