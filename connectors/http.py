"""http: deliveries that devices and partners push, answered when they are in the journal.

Reads `sources.<name>` with `type: http`. The path is the delivery's topic, the body its payload. One thread listens, on
a loop of its own; what has come since the last commit is committed together, and only then are the requests answered
with 202. While a commit runs requests are read, up to bounds; while the journal can't take more they are answered 503.

Guarantee: what was answered with 202 is in the journal. What was not (a crash, a lost connection) may be there or not:
the sender sends it again, and the engine knows repetitions.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.http_app import HttpApp
from connectors.http_settings import HttpSource
from connectors.receiving import Receiving

if TYPE_CHECKING:
    import uvicorn

_LOOK = 0.2
"""Seconds: how soon a stop is noticed."""
_END = 5
"""Seconds that requests under way have to end in when it stops."""
_SAY_AGAIN = 60.0
"""Seconds in which a partner's refusals of one kind are one line in the log."""


_Asked = tuple[str, list[bytes], "asyncio.Future[bool]"]
"""A request that waits for its answer: topic, payloads, whether they were taken."""


class HttpReceiver(Receiving[HttpSource]):
    """One HTTP source at work; answers what is under way before it stops."""

    protocol = "http"

    def _member(self) -> str:
        return self.settings.client_id

    def _prepare(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.port = self.settings.port
        """On which it listens, once it does."""
        self._files = None if self.settings.tls is None else self.settings.tls.check(folder)
        self._app = HttpApp(self.settings, self.settings.tokens(environment), self._hand_over, self._refused)
        self._waiting: list[_Asked] = []
        self._committing: list[_Asked] = []
        self._said: dict[tuple[str, int], float] = {}
        self._came = asyncio.Event()

    # The thread.

    def _connection(self) -> str:
        try:
            asyncio.run(self._listen())
        except OSError as error:
            where, why = f"{self.settings.host}:{self.settings.port}", error.strerror or str(error)
            return f"can't listen on {where} ({why}); give it another port or host"
        return "the server has ended"

    async def _listen(self) -> None:
        self._came = asyncio.Event()
        door = _door(self.settings.host, self.settings.port)
        self.port = int(door.getsockname()[1])
        server = _server(self._config())
        serving = asyncio.create_task(server.serve(sockets=[door]))
        try:
            while not server.started and not serving.done():  # noqa: ASYNC110  uvicorn says it in no other way
                await asyncio.sleep(0.01)
            self._backoff.reset()
            self._connected(f"listening on {self.settings.host}:{self.port}")
            while not serving.done():
                server.should_exit = self._stopping.is_set()
                await self._round()
            await serving
            self._intake.leave()
            await self._commit()
        finally:
            self.status.connected_since = None
            self._busy(self._committing)
            server.should_exit = True
            await asyncio.wait([serving])
            door.close()

    def _config(self) -> uvicorn.Config:
        import uvicorn

        from connectors.http_patience import patient

        quiet = logging.getLogger("uvicorn.error")
        if not quiet.handlers:  # a peer that speaks no HTTP is no line on somebody's terminal
            quiet.addHandler(logging.NullHandler())
            quiet.propagate = False
        certificate, key = self._files or (None, None)
        return uvicorn.Config(
            self._app,
            http=patient(self.settings.timeout),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            limit_concurrency=self.settings.requests,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=_END,
            ssl_certfile=certificate,
            ssl_keyfile=None if key is None else str(key),
        )

    async def _round(self) -> None:
        """Wait for requests or the next tick, and commit what there is."""
        try:
            async with asyncio.timeout(min(self._intake.until_tick(), _LOOK)):
                await self._came.wait()
        except TimeoutError:
            pass
        self._came.clear()
        self._committing, self._waiting = self._waiting, []
        for topic, found, _ in self._committing:
            self._intake.deliver([topic] * len(found), found, self._intake.clock.stamp())
        self._intake.tick_if_due()
        await self._commit()

    async def _commit(self) -> None:
        """Commit what was handed over, trying until it works or until we are to stop. Where the journal can't take it
        those who asked are told so at once, since nobody knows for how long."""
        while not await asyncio.to_thread(self._intake.commit):
            self._busy(self._committing)
            if self._stopping.is_set():
                return
            await asyncio.sleep(self._retry)
        _tell(self._committing, True)
        self._committing = []

    def _busy(self, asked: Iterable[_Asked]) -> None:
        """Tell these, and those who wait behind them, that the journal can't take it."""
        _tell([*asked, *self._waiting], False)
        self._waiting.clear()

    async def _hand_over(self, topic: str, found: list[bytes]) -> bool:
        """Called by the app, for each request."""
        if self.status.waiting_for_journal or self._stopping.is_set():
            return False
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((topic, found, answer))
        self.status.in_flight += len(found)
        self._came.set()
        try:
            async with asyncio.timeout(self.settings.timeout):
                return await answer
        except TimeoutError:
            return False
        finally:
            self.status.in_flight -= len(found)

    def _refused(self, partner: str, status: int, message: str) -> None:
        """Once a minute a line for each partner and kind of refusal."""
        at = time.monotonic()
        if at - self._said.get((partner, status), -_SAY_AGAIN) < _SAY_AGAIN:
            return
        self._said[partner, status] = at
        self._warn(f"{partner or 'somebody'} was answered {status}: {message}")


def _tell(asked: Iterable[_Asked], taken: bool) -> None:
    for _, _, answer in asked:
        if not answer.done():
            answer.set_result(taken)


def _server(config: uvicorn.Config) -> uvicorn.Server:
    import uvicorn

    return uvicorn.Server(config)


def _door(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises OSError."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return socket.create_server(address[:2], family=family, backlog=1000)
