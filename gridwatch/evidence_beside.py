"""evidence_beside: evidence of cases kept beside a city at work (gridwatch/case_evidence.py), which goes on whatever
becomes of it.

A thread looks twice a minute, and once a week deletes what no case needs any more. What fails is told once and tried
again.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.runtime.logs import Trouble

if TYPE_CHECKING:
    from cases.office import Office
    from gridwatch.case_evidence import CaseEvidence

_LOOK = 30.0
"""Seconds between two looks."""
_PRUNE = 7 * 86_400.0
"""Seconds between two times of deleting."""


class EvidenceBeside:
    """`start`, `stop`, each once; `ask_reload` from anywhere, signals too. log: a structlog logger."""

    def __init__(self, file: Path, log: Any, look: float = _LOOK) -> None:
        """file: the city's configuration."""
        self._file, self._log, self._every = file, log, look
        self._trouble = Trouble(log, "evidence of cases")
        self._asked: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self, office: Office) -> None:
        """Begin; returns at once. office: where what is attached is said."""
        self._thread = threading.Thread(target=self._keep, args=(office,), name="case-evidence", daemon=True)
        self._thread.start()

    def ask_reload(self) -> None:
        """Let the configuration be read again."""
        self._asked.put("reload")

    def stop(self) -> None:
        """Returns when it has ended."""
        self._asked.put("stop")
        if self._thread is not None:
            self._thread.join()

    def _keep(self, office: Office) -> None:
        from cases.database import open_database
        from cases.store_section import store_of
        from pipeline.runtime.config import load

        asked, pruned = "reload", -_PRUNE
        while asked != "stop":
            try:
                configuration = load(self._file)
                engine = open_database(store_of(configuration.store, configuration.data, os.environ), read_only=True)
                try:
                    keep = configuration.case_files.keep
                    asked, pruned = self._mind(self._evidence(configuration.data, engine, office), keep, pruned)
                finally:
                    engine.dispose()
            except Exception as error:  # noqa: BLE001 whatever it is: the city goes on
                self._trouble.failed(error)
                asked = self._wait()

    def _mind(self, evidence: CaseEvidence, keep: float, pruned: float) -> tuple[str, float]:
        """Until something is asked: what, and when files were deleted last, by this process' clock."""
        asked = ""
        while not asked:
            try:
                count = evidence.look(time.time())
                if count:
                    self._log.info("evidence attached to cases", pieces=count)
                if time.monotonic() - pruned >= _PRUNE:
                    gone = evidence.prune(time.time(), keep)
                    pruned = time.monotonic()
                    if gone:
                        self._log.info("files of cases deleted, their time was over", files=gone)
            except Exception as error:  # noqa: BLE001 as above
                self._trouble.failed(error)
            else:
                self._trouble.worked()
            asked = self._wait()
        return asked, pruned

    def _evidence(self, data: Path, engine: Any, office: Office) -> CaseEvidence:
        from cases.evidence_files import FOLDER, Files
        from gridwatch.camera_section import read_cameras
        from gridwatch.case_evidence import CaseEvidence

        settings = read_cameras(self._file).evidence
        store = None
        if settings is not None:
            from cameras.evidence.store import Store

            store = Store(settings.store)
        return CaseEvidence(store, engine, Files(data / FOLDER), office)

    def _wait(self) -> str:
        """What is asked for until the next look."""
        try:
            return self._asked.get(timeout=self._every)
        except queue.Empty:
            return ""
