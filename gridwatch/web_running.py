"""web_running: the console of a running city, pages and API: made of its configuration, served by a thread of its own.

Nothing is logged of a request: what people ask for has names, numbers and keys in it. Where the port is taken, that is
said when it starts; what fails later is in the city's log, and the city goes on.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from gridwatch.problems import Exit, Problem
from gridwatch.web_section import load_web

if TYPE_CHECKING:
    import sqlalchemy as sa
    from starlette.types import ASGIApp, Receive, Scope, Send

    from cases.office import Office
    from cases.outbox.answers import Hearing
    from console.city import Beside
    from console.people_passwords import Passwords
    from console.settings import WebSection
    from gridwatch.web_rounds import WebRounds
    from pipeline.runtime.config import Configuration

_STARTS = 10.0
_ENDS = 10.0
"""Seconds that it may take; requests that are still being answered then are cut off."""
_AT_ONCE = 2_000
"""Connections; more are told to come again."""


class Proxied:
    """An app behind what is believed about whose request it brings; which addresses those are may change."""

    def __init__(self, app: ASGIApp, section: WebSection) -> None:
        self._app = app
        self.trust(section)

    def trust(self, section: WebSection) -> None:
        """From the next request on: those of this section."""
        from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

        proxies = list(section.proxies)
        self._inner: Any = ProxyHeadersMiddleware(self._app, proxies) if proxies else self._app  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._inner(scope, receive, send)


class WebServer:
    """`start` and `stop`, each once."""

    def __init__(self, app: ASGIApp, section: WebSection, log: Any, rounds: WebRounds | None = None) -> None:
        """rounds: what goes on beside it; None: nothing."""
        import uvicorn

        for name in ("gridwatch.web", "uvicorn.error"):
            logging.getLogger(name).handlers = [_Into(log)]
            logging.getLogger(name).propagate = False
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,  # `Proxied` sees to that
            limit_concurrency=_AT_ONCE,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=int(_ENDS / 2),
        )
        self.rounds = rounds
        self._section = section
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    @property
    def url(self) -> str:
        """Where it is, once it has been started."""
        if self._socket is None:
            raise RuntimeError("it has not been started")
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> None:
        """Returns when it answers. Raises Problem where it can't."""
        where = f"{self._section.host}:{self._section.port}"
        try:
            family, _, _, _, address = socket.getaddrinfo(
                self._section.host, self._section.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            self._socket = socket.create_server(address[:2], family=family, backlog=_AT_ONCE)
        except OSError as error:
            advice = "Give 'web' another port or host, or end what listens there."
            raise Problem(f"The web API can't listen on {where}: {error.strerror or error}. {advice}") from None
        serve = {"sockets": [self._socket]}
        self._thread = threading.Thread(target=self._server.run, kwargs=serve, name="web", daemon=True)
        self._thread.start()
        until = time.monotonic() + _STARTS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > until:
                self.stop()
                raise Problem(f"The web API did not start on {where}; the log says why.", Exit.CANNOT_RUN)
            time.sleep(0.01)
        if self.rounds is not None:
            self.rounds.start()

    def stop(self) -> None:
        """Requests end, then it does. A second call does nothing."""
        if self.rounds is not None:
            self.rounds.stop()
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_ENDS)
            self._server.force_exit = True
            self._thread.join(_ENDS)
        if self._socket is not None:
            self._socket.close()


def web_of(
    file: Path,
    configuration: Configuration,
    office: Office,
    engine: sa.Engine,
    log: Any,
    *,
    hearing: Hearing | None = None,
    beside: Beside | None = None,
    port: int | None = None,
    environment: Mapping[str, str] = os.environ,
    in_force: Callable[[], Configuration] | None = None,
) -> WebServer | None:
    """The console of a city, not started yet; None where its file has no section `web`. Where nobody can log in yet,
    somebody can from now on, and the terminal, or a file that the log names, says how.

    engine: the store, which may be written. hearing: what the targets of `dispatch` may answer. beside: what the city
    offers. port: in place of the section's. in_force: the configuration, later; None: it stays as it is. Raises Faulty;
    Problem where a token's secret is not set; StoreTrouble, StoreBroken.
    """
    section = load_web(file)
    if section is None:
        return None
    from console.app import create_app
    from console.city import Beside
    from console.people_passwords import Passwords
    from gridwatch.web_following import WebFollowing
    from gridwatch.web_rounds import WebRounds
    from gridwatch.web_settings import beside_of, settings_of

    beside = beside_of(file, configuration, engine, beside or Beside())
    passwords, settings = Passwords(), settings_of(file, section, configuration)
    try:
        app = create_app(office, engine, settings, environment, time.time, hearing, beside, passwords)
    except ValueError as error:
        raise Problem(f"The web API: {error}.", Exit.USAGE) from None
    _first_password(engine, passwords, configuration.data, log)
    proxied = Proxied(app, section)
    following = WebFollowing(
        app, file, section, in_force or (lambda: configuration), log, environment, trust=proxied.trust
    )
    listening = section if port is None else section.model_copy(update={"port": port})
    return WebServer(proxied, listening, log, WebRounds(app, following, log))


def _first_password(engine: sa.Engine, passwords: Passwords, data: Path, log: Any) -> None:
    """Where there are no users: make the first, and leave the password where only its reader sees it."""
    from cases.database import writing
    from console.people import FIRST, first_administrator
    from console.people_first import keep_first

    shown = sys.stdout.isatty()
    try:
        with writing(engine) as connection:
            password = first_administrator(connection, passwords, time.time())
            # Before there is such a user: a password that nobody could read would be no password.
            file = None if password is None or shown else keep_first(data, password)
    except OSError as error:
        why = f"The first password can't be written to {data}: {error.strerror or error}."
        raise Problem(f"{why} Make it writable, or start it in a terminal once.", Exit.CANNOT_RUN) from None
    if file is not None:
        said = f"'{FIRST}' can log in to the console now, with the password in {file}; both go at the first login"
        log.warning(said)
    elif password is not None:
        typer.echo(f"Log in to the console as '{FIRST}' with this password, which is shown only now: {password}")


class _Into(logging.Handler):
    """What the web API says, into the city's log."""

    def __init__(self, log: Any) -> None:
        super().__init__(logging.ERROR)  # less is what strangers do: a broken request, a closed line
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.error(record.getMessage(), part="web")
