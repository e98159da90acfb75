"""evidence_beside: evidence of cases kept beside a city at work (gridwatch/case_evidence.py), which goes on whatever
becomes of it.

A thread looks twice a minute at what cameras kept and what vehicles' terminals took (gridwatch/vehicle_photos.py), and
once a week deletes what no case needs any more. What fails is told once and tried again.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.runtime.logs import Trouble
from pipeline.runtime.metrics import Metrics

if TYPE_CHECKING:
    from cases.office import Office
    from gridwatch.case_evidence import CaseEvidence
    from gridwatch.vehicle_photos import VehiclePhotos
    from pipeline.runtime.config import Configuration

_LOOK = 30.0
"""Seconds between two looks."""
_PRUNE = 7 * 86_400.0
"""Seconds between two times of deleting."""
_OLD = 3600.0
"""Seconds between two times that vehicles' photos which are too old are deleted."""
_STRETCH = 20.0
"""Seconds that reading vehicles' photos may take, so that what cameras kept is not held up by them."""


class EvidenceBeside:
    """`start`, `stop`, each once; `ask_reload` from anywhere, signals too. log: a structlog logger."""

    def __init__(self, file: Path, log: Any, metrics: Metrics | None = None, look: float = _LOOK) -> None:
        """file: the city's configuration. metrics: where vehicles' photos are counted; None: nowhere."""
        self._file, self._log, self._every = file, log, look
        self._metrics = metrics or Metrics()
        self._trouble = Trouble(log, "evidence of cases")
        self._asked: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._cleared = -_OLD

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
                    asked, pruned = self._mind(self._works(configuration.data, engine, office), configuration, pruned)
                finally:
                    engine.dispose()
            except Exception as error:  # noqa: BLE001 whatever it is: the city goes on
                self._trouble.failed(error)
                asked = self._wait()

    def _mind(self, works: Works, configuration: Configuration, pruned: float) -> tuple[str, float]:
        """Until something is asked: what, and when files were deleted last, by this process' clock."""
        asked = ""
        while not asked:
            failed: Exception | None = None
            more = False
            for work in works.looks:
                try:
                    more |= work()
                except Exception as error:  # noqa: BLE001 as above; what is beside it goes on
                    failed = failed or error
            try:
                if failed is not None:
                    raise failed
                if time.monotonic() - pruned >= _PRUNE:
                    gone = works.evidence.prune(time.time(), configuration.case_files.keep)
                    pruned = time.monotonic()
                    if gone:
                        self._log.info("files of cases deleted, their time was over", files=gone)
            except Exception as error:  # noqa: BLE001 as above
                self._trouble.failed(error)
            else:
                self._trouble.worked()
            asked = self._wait(0.0 if more else self._every)
        return asked, pruned

    def _works(self, data: Path, engine: Any, office: Office) -> Works:
        from cases.evidence_files import FOLDER, Files, belongs_to_vehicle
        from gridwatch.camera_section import read_cameras
        from gridwatch.case_evidence import CaseEvidence

        section, files = read_cameras(self._file), Files(data / FOLDER)
        store = None
        if section.evidence is not None:
            from cameras.evidence.store import Store

            store = Store(section.evidence.store)
        evidence = CaseEvidence(store, engine, files, office)
        looks: list[Callable[[], bool]] = [partial(self._attach, evidence)]
        given = section.vehicle_photos
        if given is not None:
            from gridwatch.vehicle_photos import BECAME, VehiclePhotos

            counted = self._metrics.vehicle_photos
            for became in BECAME:
                counted.labels(became)
            photos = VehiclePhotos(given, data, lambda became, count: counted.labels(became).inc(count))
            of = partial(belongs_to_vehicle, before=given.before, after=given.after)
            theirs = CaseEvidence(photos.store, engine, files, office, of, given.before, parts=False)
            looks += [partial(self._take, photos), partial(self._attach, theirs), partial(self._tell, photos, theirs)]
        return Works(evidence, looks)

    def _attach(self, evidence: CaseEvidence) -> bool:
        count = evidence.look(time.time())
        if count:
            self._log.info("evidence attached to cases", pieces=count)
        return False

    def _take(self, photos: VehiclePhotos) -> bool:
        """Whether there is more."""
        until = time.monotonic() + _STRETCH
        whole = photos.take(time.time(), lambda: time.monotonic() > until or not self._asked.empty())
        if photos.aside:
            said = ", ".join(f"{why}: {n}" for why, n in photos.aside.most_common(5))
            self._log.warning(f"what terminals sent as pictures and is none: {said}")
            photos.aside.clear()
        return not whole

    def _tell(self, photos: VehiclePhotos, evidence: CaseEvidence) -> bool:
        from gridwatch.case_evidence import LOOKBACK

        if time.monotonic() - self._cleared >= _OLD:
            photos.prune(time.time())
            self._cleared = time.monotonic()
        self._metrics.vehicle_photos_unmatched.set(photos.waiting(time.time() - LOOKBACK, evidence.attached))
        return False

    def _wait(self, seconds: float | None = None) -> str:
        """What is asked for until the next look."""
        try:
            return self._asked.get(timeout=self._every if seconds is None else seconds)
        except queue.Empty:
            return ""


class Works(NamedTuple):
    """What is looked at, by one reading of the configuration."""

    evidence: CaseEvidence
    looks: list[Callable[[], bool]]
    """Each says whether there is more to do at once."""
