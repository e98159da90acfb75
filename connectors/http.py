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
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from connectors.http_app import HttpApp
from connectors.http_settings import HttpSource
from connectors.intake import ForwardClock, Intake
from connectors.source import Commit, Log, Status
from pipeline.backoff import Backoff

if TYPE_CHECKING:
    import uvicorn

_LOOK = 0.2
"""Seconds: how soon a stop is noticed."""
_END = 5
"""Seconds that requests under way have to end in when it stops."""
_SAY_AGAIN = 60.0
"""Seconds in which a partner's refusals of one kind are one line in the log."""


class HttpReceiver:
    """One HTTP source at work. See `MqttReceiver` for what it is made with."""

    def __init__(
        self,
        name: str,
        settings: HttpSource,
        commit: Commit,
        tick: float,
        now: Callable[[], float] = time.time,
        log: Log | None = None,
        *,
        folder: Path | None = None,
        environment: Mapping[str, str] = os.environ,
        backoff: Backoff | None = None,
        retry: float = 1.0,
    ) -> None:
        self.name, self.settings = name, settings
        self.status = Status()
        self.port = settings.port
        """On which it listens, once it does."""
        self._log: Log = log or structlog.get_logger("gridwatch.http")
        self._backoff, self._retry = backoff or Backoff(), retry
        self._intake = Intake(name, settings.client_id, commit, tick, self.status, self._log, ForwardClock(now))
        self._files = None if settings.tls is None else settings.tls.check(folder or Path())
        self._app = HttpApp(settings, settings.tokens(environment), self._hand_over, self._refused)
        self._waiting: list[tuple[str, list[bytes], asyncio.Future[bool]]] = []
        self._said: dict[tuple[str, int], float] = {}
        self._wake = asyncio.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"http-{name}", daemon=True)

    def start(self) -> None:
        """Begin; returns at once and goes on trying where the port is taken."""
        self._thread.start()

    def stop(self) -> None:
        """Answer what is under way, say LEAVE, close the port."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    # The thread.

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                try:
                    asyncio.run(self._listen())
                except OSError as error:
                    where, wait = f"{self.settings.host}:{self.settings.port}", self._backoff.delay()
                    why = error.strerror or str(error)
                    self._warn(
                        f"can't listen on {where} ({why}); give it another port or host; trying again in {wait:.1f} s"
                    )
                    self._stopping.wait(wait)
        except Exception as error:  # noqa: BLE001  whatever it is: nothing was answered, and the runtime must know
            self.status.failed = error
            self.status.last_error = f"{self.name}: this source has stopped: {type(error).__name__}: {error}"
            self._log.error(self.status.last_error, source=self.name, exc_info=True)

    async def _listen(self) -> None:
        self._wake = asyncio.Event()
        door = _door(self.settings.host, self.settings.port)
        self.port = int(door.getsockname()[1])
        server = _server(self._config())
        serving = asyncio.create_task(server.serve(sockets=[door]))
        try:
            while not server.started and not serving.done():  # noqa: ASYNC110  uvicorn says it in no other way
                await asyncio.sleep(0.01)
            self.status.connected_since = self._intake.clock.stamp()
            self._backoff.reset()
            self._log.info(f"{self.name}: listening on {self.settings.host}:{self.port}", source=self.name)
            self._intake.join()
            while not serving.done():
                server.should_exit = self._stopping.is_set()
                await self._round()
            await serving
            self._intake.leave()
            await self._commit([])
        finally:
            self.status.connected_since = None
            _tell([answer for _, _, answer in self._waiting], False)
            self._waiting.clear()
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
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()
        waiting, self._waiting = self._waiting, []
        for topic, found, _ in waiting:
            self._intake.deliver([topic] * len(found), found, self._intake.clock.stamp())
        self._intake.tick_if_due()
        try:
            await self._commit([answer for _, _, answer in waiting])
        except BaseException:
            self._waiting += waiting  # they are told so where the loop ends
            raise

    async def _commit(self, asked: list[asyncio.Future[bool]]) -> None:
        """Commit what was handed over, trying until it works or until we are to stop. Where the journal can't take it
        those who asked are told so at once, since nobody knows for how long."""
        while not await asyncio.to_thread(self._intake.commit):
            _tell([*asked, *(answer for _, _, answer in self._waiting)], False)
            self._waiting.clear()
            if self._stopping.is_set():
                return
            await asyncio.sleep(self._retry)
        _tell(asked, True)

    async def _hand_over(self, topic: str, found: list[bytes]) -> bool:
        """Called by the app, for each request."""
        if self.status.waiting_for_journal or self._stopping.is_set():
            return False
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((topic, found, answer))
        self.status.in_flight += len(found)
        self._wake.set()
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

    def _warn(self, message: str) -> None:
        self.status.last_error = f"{self.name}: {message}"
        self._log.warning(self.status.last_error, source=self.name)


def _tell(asked: Iterable[asyncio.Future[bool]], taken: bool) -> None:
    for answer in asked:
        if not answer.done():
            answer.set_result(taken)


def _server(config: uvicorn.Config) -> uvicorn.Server:
    import uvicorn

    return uvicorn.Server(config)


def _door(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises OSError."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return socket.create_server(address[:2], family=family, backlog=1000)
