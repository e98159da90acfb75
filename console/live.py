"""live: what happens, as it happens: GET /api/live, server-sent events, one stream a page.

Events: `hello` {number}; `cases` {cases, gone}: cases as a list has them, with `event`, `events` and `change`; `city`
{event, at, change}: a rule was shelved and the like; `reset` {number}: too much was missed, ask again for what you
show; and what other parts of the console publish (`presence`, `health`). `Last-Event-ID` resumes. A comment every 15 s
shows that the line is up. A stream ends within seconds of its session, and where whose it is may see something else
from now on (console/live_still.py); after a quarter of an hour it does in any case.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from console.city import OfCity
from console.errors import Refused
from console.live_hub import Hub, Listener, TooMany
from console.permissions import Permission, may
from console.settings import Token

router = APIRouter(tags=["live"])
HEARTBEAT = 15.0
LONGEST = 900.0
STALLED = 30.0
"""Seconds: after so long without taking anything a reader is given up."""
RETRY = b"retry: 2000\n\n"
"""Milliseconds after which a browser comes again."""


def sight_of(who: Token) -> Token:
    """What tells apart what people see of cases: somebody whom `console.access.sees` takes."""
    return Token(name="somebody", roles=who.roles, unit=who.unit, areas=who.areas)


@router.get("/api/live", include_in_schema=False)
async def live(
    city: OfCity,
    who: Annotated[Token, Depends(may(Permission.SEE_CASES))],
    last_event_id: Annotated[str, Header(max_length=40)] = "",
    after: Annotated[str, Query(max_length=40, description="The same for a stream that begins anew.")] = "",
) -> Response:
    """What happens from now on, or from after the event that was seen last."""
    hub = city.beside.live
    if hub is None:
        raise Refused(503, "Nothing is live here: the city isn't running beside this API.")
    said = last_event_id or after
    last = int(said) if said.isdecimal() and said.isascii() else None
    return Stream(hub, lambda: hub.listen(who, who.name, sight_of(who), last))


class Stream(Response):
    """The events of one listener, until it goes, is too slow, or has listened for long enough."""

    media_type = "text/event-stream"

    def __init__(self, hub: Hub, listen: Callable[[], Listener]) -> None:
        try:
            self._listener = listen()
        except TooMany as error:
            raise Refused(429, f"{str(error)[0].upper()}{str(error)[1:]}.", headers={"Retry-After": "30"}) from None
        self._hub = hub
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises nothing where the other side is gone."""
        sending = asyncio.ensure_future(self._send(send))
        hearing = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({sending, hearing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._hub.leave(self._listener)
            for task in (sending, hearing):
                task.cancel()
            await asyncio.gather(sending, hearing, return_exceptions=True)

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for chunk in chunks(self._listener):
            await asyncio.wait_for(send({"type": "http.response.body", "body": chunk, "more_body": True}), STALLED)
        await asyncio.wait_for(send({"type": "http.response.body", "body": b""}), STALLED)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def chunks(listener: Listener) -> AsyncIterator[bytes]:
    """What goes out, as it comes; what waits goes out together."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LONGEST
    yield RETRY
    while loop.time() < until:
        try:
            some = [await asyncio.wait_for(listener.queue.get(), HEARTBEAT)]
        except TimeoutError:
            some = [b": still here\n\n"]
        while not listener.queue.empty():
            some.append(listener.queue.get_nowait())
        yield b"".join(each for each in some if each is not None)
        if None in some:
            return
