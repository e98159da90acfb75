"""cameras_beside: the cameras of a city's own file, at work beside the city, which goes on whatever becomes of them.

A thread minds them. What keeps them from starting is told and tried again, but for faults of the file: those are mended
by who reads them, and SIGHUP.
"""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridwatch.camera_section import CameraFile, read_cameras
from gridwatch.cameras_running import PART, CamerasRunning
from pipeline.backoff import Backoff
from pipeline.faults import Faulty

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from pipeline.runtime.reloads import Reloads

_LOOK = 1.0
"""Seconds between two looks at whether they are at work."""


class _Nothing(Exception):
    """There is nothing to run; the message says why, or is ''."""


class CamerasBeside:
    """`start`, `stop`, each once; `ask_reload` from anywhere, signals too. log: a structlog logger."""

    def __init__(
        self, file: Path, log: Any, registry: CollectorRegistry, reloads: Reloads, backoff: Backoff | None = None
    ) -> None:
        self._file, self._log, self._reloads = file, log, reloads
        self._backoff = backoff or Backoff(5.0, 300.0)
        self._running = CamerasRunning(self._load, log, registry, reloads)
        self._asked: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._keep, name="cameras-beside", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def ask_reload(self) -> None:
        """Let them be read again soon."""
        self._asked.put("reload")

    def stop(self) -> None:
        """Returns when their processes have ended."""
        self._asked.put("stop")
        if self._thread.ident is not None:
            self._thread.join()

    def _load(self) -> CameraFile:
        found = read_cameras(self._file)
        if not found.cameras:
            raise _Nothing("")
        if found.publish is None:
            raise _Nothing(
                "the cameras are not run: there is no section 'publish' that says to which broker what they see goes"
                " (docs/guides/edge.md)"
            )
        return found

    def _keep(self) -> None:
        asked = told = ""
        while asked != "stop":
            wait = None
            try:
                self._running.start()
            except _Nothing as nothing:
                why = str(nothing)
                self._reloads.drop(PART)
            except Faulty as faulty:
                self._refused(asked, faulty)
                why = f"{faulty}\nthe cameras are not run until that is mended and read again"
            except Exception as error:  # noqa: BLE001 whatever it is: the city goes on
                self._refused(asked, error)
                why, wait = f"{error}\nthe cameras are not run; tried again", self._backoff.delay()
            else:
                asked, told = self._mind(), ""
                self._running.stop()
                continue
            for line in why.splitlines() if why != told else ():
                self._log.warning(line)
            told, asked = why, self._wait(wait)

    def _refused(self, asked: str, error: Exception) -> None:
        """A start that failed is an answer where somebody had asked for it."""
        if asked == "reload":
            self._reloads.refused(PART, error)

    def _mind(self) -> str:
        """While they are at work: 'stop', or '' where they are to be started again."""
        while (asked := self._wait(_LOOK)) != "stop":
            try:
                if asked == "reload":
                    self._running.reload()
                self._running.look()
            except _Nothing:
                return ""
            except Exception as error:  # noqa: BLE001 as above
                self._log.error(str(error))
                return self._wait(self._backoff.delay())
        return asked

    def _wait(self, seconds: float | None) -> str:
        """What is asked for within so long; None: for ever."""
        try:
            return self._asked.get(timeout=seconds)
        except queue.Empty:
            return ""
