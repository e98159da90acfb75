"""web_rounds: what a console does by itself while it runs: it follows its configuration, ends streams that may not go
on, and removes what is kept too long.

One thread; each of these is short, and done again after its time. What fails is told once and tried again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.runtime.logs import Trouble

if TYPE_CHECKING:
    from fastapi import FastAPI

    from console.city import City
    from gridwatch.web_following import WebFollowing

LOOK = 1.0
"""Seconds between two looks at what is due."""
THIN = 60.0
"""Seconds between two steps of removing; after a full one the next follows at once."""


@dataclass
class _Round:
    what: str
    every: float
    work: Callable[[], object]
    """True: there is more to do."""
    due: float = 0.0


class WebRounds:
    """`start` and `stop`, each once. log: a structlog logger."""

    def __init__(self, app: FastAPI, following: WebFollowing, log: Any) -> None:
        from console.live_still import EVERY

        self._app, self.following = app, following
        rounds = (
            _Round("following the console's configuration", LOOK, following.look),
            _Round("ending streams of people who may see something else now", EVERY, self._streams),
            _Round("removing what is kept too long of people", THIN, self._thin),
        )
        self._rounds = [(each, Trouble(log, each.what)) for each in rounds]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="web-rounds", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Returns when it has ended. A second call does nothing."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(LOOK):
            for each, trouble in self._rounds:
                if time.monotonic() < each.due:
                    continue
                try:
                    more = each.work()
                except Exception as error:  # noqa: BLE001 whatever it is: the console goes on
                    trouble.failed(error)
                    more = False
                else:
                    trouble.worked()
                each.due = 0.0 if more is True else time.monotonic() + each.every - LOOK / 2

    def _streams(self) -> None:
        from console.live_still import end_outdated

        city: City = self._app.state.city
        if city.beside.live is not None:
            end_outdated(city, city.beside.live)

    def _thin(self) -> bool:
        from console.audit_kept import thin

        city: City = self._app.state.city
        return thin(city.engine, city.settings.web, city.now())
