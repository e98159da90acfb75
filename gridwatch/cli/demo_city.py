"""demo_city: what `gridwatch demo` runs: the city, what works beside its desk, the console, as `gridwatch run` does.

The console has one user from the start, who may do everything there and has no password: the link that is printed is
the way in.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cases.store import Store
    from pipeline.runtime.compose import City

PORT = 8311
"""Of the console; where somebody else has it, any that is free."""
USER = "demo"
_LINK_FOR = 8 * 3600.0
"""Seconds; as long as a demo may be looked at."""


class DemoCity:
    """`start` and `stop`, each once."""

    def __init__(
        self,
        config: Path,
        different: Mapping[str, Any],
        *,
        log: Any = None,
        prepare: Callable[[City, Store], None] = lambda *_: None,
        port: int | None = None,
    ) -> None:
        """config: the demo's own copy. different: from it. log: a structlog logger; None: a file among its data.

        prepare: called with the store before anything changes. port: of the console; None: PORT, or any.
        """
        from gridwatch.desk_beside import DeskBeside
        from gridwatch.evidence_beside import EvidenceBeside
        from gridwatch.live_beside import latest_of
        from pipeline.runtime.embedded import LOG, Embedded
        from pipeline.runtime.logs import logger
        from pipeline.runtime.metrics import Metrics

        if log is None:
            folder = config.parent / "var"
            folder.mkdir(parents=True, exist_ok=True)
            log = logger(folder / LOG)
        metrics = Metrics()
        self._also = prepare
        self._beside = DeskBeside(config, log, metrics.registry, port=_port() if port is None else port)
        self._evidence = EvidenceBeside(config, log)
        self._minding: threading.Thread | None = None
        latest = latest_of(config)
        self._city = Embedded(config, different, log=log, metrics=metrics, prepare=self._prepare, latest=latest)

    @property
    def cases(self) -> Store:
        """Of the city."""
        return self._city.cases

    @property
    def rows(self) -> int:
        """Judged so far."""
        return self._city.rows

    @property
    def link(self) -> str:
        """Opens the console, logged in, once."""
        from console.login_links import one_time_link

        secret = one_time_link(self._city.cases.engine, USER, time.time(), _LINK_FOR)
        return f"{self._beside.address}/login#link={secret}"

    def start(self) -> None:
        """Raises as `Embedded.start` and `DeskBeside.start` do."""
        from gridwatch.health_beside import HealthBeside

        self._city.start()
        self._beside.start(self._city, lambda: HealthBeside(self._city))
        if self._city.office is not None:
            self._evidence.start(self._city.office)
        self._minding = threading.Thread(target=self._mind, name="reloads", daemon=True)
        self._minding.start()

    def stop(self) -> None:
        """In order; what is on its way is waited for."""
        self._beside.stop()
        self._evidence.stop()
        self._city.ask_stop()
        if self._minding is not None:
            self._minding.join()
        self._city.stop()

    def _mind(self) -> None:
        """What the console puts in force is read; that judging has ended, whoever looks at `rows` is told."""
        from pipeline.runtime.sources import RuntimeFailed

        with contextlib.suppress(RuntimeFailed):
            self._city.wait(reloaded=self._beside.ask_reload)

    def _prepare(self, city: City, store: Store) -> None:
        _make_user(store)
        self._also(city, store)
        self._beside.prepare(city, store)


def _make_user(store: Store) -> None:
    from cases.database import writing
    from cases.life import Role
    from console.people import add_user, find_user
    from console.roles import ConsoleRole

    roles = (*ConsoleRole, Role.SUPERVISOR, Role.COLLECTOR)
    with writing(store.engine) as connection:
        if find_user(connection, USER) is None:
            add_user(connection, name=USER, shown="Demo", roles=roles, now=time.time(), by="", must_change=False)


def _port() -> int:
    """PORT, or 0 where it is taken."""
    with socket.socket() as there:
        there.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            there.bind(("127.0.0.1", PORT))
        except OSError:
            return 0
    return PORT
