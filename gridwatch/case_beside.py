"""case_beside: what a running city's journal, printer and cameras' store offer the page of a case.

Reads the journal as `gridwatch cases export` does, in the thread that asks: one case at a time, a bounded stretch of
it, so that judging is not held up. What was worked out is remembered while the case is as it was.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from cases.export.words import Language
from console.case_told import Camera, CantBe, Form, Found, Sealed, Surrounded

if TYPE_CHECKING:
    from cases.export.dossier import Case
    from gridwatch.camera_section import CameraFile
    from gridwatch.case_clocks import CaseClocks
    from gridwatch.case_journal import Elsewhere, FarJournal
    from pipeline.corrections import Correction

MOST = 4_000_000
"""Entries of the journal that are read for a page: a quarter of an hour of a very large city, days of a small one."""
_REMEMBERED = 64
_WAITING = 8
"""Who may wait for the journal at a time; more are told to come again."""
_FRESH = 60.0
"""Seconds that what was worked out of a case that goes on is good for."""


class CaseAtWork:
    """`console.case_told.CaseBeside` of a running city. Any thread."""

    def __init__(
        self,
        file: Path,
        engine: sa.Engine,
        data: Path,
        city: str,
        time_zone: str,
        elsewhere: Elsewhere | None = None,
        far: FarJournal | None = None,
    ) -> None:
        """file: the city's configuration. engine: the store, to be read. data: the city's data folder. elsewhere: where
        rows are asked for before the journal. far: the journal; None: it is in the city's data."""
        self._elsewhere, self._far = elsewhere, far
        self._file, self._engine, self._data, self._city, self._zone = file, engine, data, city, time_zone
        self._cameras: tuple[int, CameraFile | None] = -1, None
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._waiting = 0
        self._around: OrderedDict[str, tuple[object, float, Surrounded]] = OrderedDict()
        self._clocks: OrderedDict[str | None, CaseClocks] = OrderedDict()
        self._found: OrderedDict[tuple[str | None, int, str, str], Found] = OrderedDict()

    # ---- the rule ----------------------------------------------------------------------------------------------------

    def found(self, case: Mapping[str, Any], rule: str, version: str) -> Found:
        """See `CaseBeside`."""
        from gridwatch.case_around import rule_of
        from gridwatch.case_journal import hashes, rules_then
        from pipeline.faults import Faulty
        from pipeline.journal import JournalError

        known = case["version"]
        key = (known, -1 if known else case["opened_position"], rule, version)
        with self._lock:
            if key in self._found:
                return self._found[key]
        try:
            rules, configuration, world = rules_then(known, case["opened_position"], self._data, self._far)
        except (JournalError, Faulty, OSError):  # it can't be read now; that changes
            return Found(None, *hashes(known))
        then = rules.get(rule)
        answer = Found(rule_of(then) if then and then.version == version else None, configuration, world)
        with self._lock:
            self._found[key] = answer
            while len(self._found) > _REMEMBERED:
                self._found.popitem(last=False)
        return answer

    def corrected(self, case: Mapping[str, Any], subjects: Collection[str]) -> Sequence[Correction]:
        """See `CaseBeside`."""
        from gridwatch.case_clocks import NOTHING, CaseClocks
        from gridwatch.case_journal import registers_then
        from pipeline.journal import JournalError

        known = case["version"]
        with self._lock:
            clocks = self._clocks.get(known)
        if clocks is None:
            try:
                clocks = CaseClocks.of(registers_then(known, self._data, self._far))
            except (JournalError, ValueError, OSError):  # it can't be read now; that changes
                clocks = NOTHING
            else:
                with self._lock:
                    self._clocks[known] = clocks
                    while len(self._clocks) > _REMEMBERED:
                        self._clocks.popitem(last=False)
        return clocks.about(case, subjects)

    # ---- rows --------------------------------------------------------------------------------------------------------

    def around(self, case: str) -> Surrounded:
        """See `CaseBeside`."""
        from cases.database import reading
        from cases.export.dossier import read_case

        with reading(self._engine) as connection:
            about = read_case(connection, case)
        # What people do to a case changes nothing of what was around it.
        state = [(row["id"], row["started"], row["ended"], row["withdrawn"]) for row in about.episodes]
        kept = self._kept(case, state)
        if kept is not None:
            return kept
        with self._in_turn():
            kept = self._kept(case, state)  # somebody else may have asked the same before
            if kept is not None:
                return kept
            answer = self._read(about)
        settled = about.case["ended"] is not None and answer.lacking != "damaged"
        until = math.inf if settled else time.monotonic() + _FRESH
        with self._lock:
            self._around[case] = state, until, answer
            while len(self._around) > _REMEMBERED:
                self._around.popitem(last=False)
        return answer

    def _kept(self, case: str, state: object) -> Surrounded | None:
        with self._lock:
            kept = self._around.get(case)
        return kept[2] if kept is not None and kept[0] == state and time.monotonic() < kept[1] else None

    def _read(self, about: Case) -> Surrounded:
        from gridwatch.case_around import members_of, trails_of
        from gridwatch.case_journal import told_of
        from pipeline.faults import Faulty
        from pipeline.journal import JournalError

        if not about.episodes:
            return Surrounded(members=[], trails=[], lacking="")
        try:
            told = told_of(about, self._data, MOST, self._elsewhere, self._far)
        except (JournalError, Faulty, OSError):
            return Surrounded(members=[], trails=[], lacking="damaged")
        if told.around is None:
            return Surrounded(members=[], trails=[], lacking="gone")
        lacking: Literal["", "part"] = "part" if told.part else ""
        return Surrounded(members=members_of(told, told.around), trails=trails_of(told, told.around), lacking=lacking)

    # ---- files -------------------------------------------------------------------------------------------------------

    def export(self, case: str, form: Form, language: Language, by: str, contact: bool) -> bytes:
        """See `CaseBeside`."""
        import gridwatch
        from cases.export.forms import export
        from cases.export.page import Exported
        from cases.export.pdf import PdfMissing
        from gridwatch.case_export import dossier_of
        from gridwatch.printing import pdf
        from gridwatch.problems import Problem
        from pipeline.faults import Faulty
        from pipeline.journal import JournalError

        exported = Exported(time.time(), by, gridwatch.__version__, language, contact)
        with self._in_turn():
            try:
                dossier = dossier_of(
                    self._engine,
                    case,
                    self._data,
                    self._city,
                    self._zone,
                    language=language,
                    contact=contact,
                    far=self._far,
                )
                return export(dossier, exported, form, lambda page: pdf(page, self._data)).data
            except (Problem, PdfMissing) as error:
                raise CantBe(str(error)) from None
            except (JournalError, Faulty, OSError):
                raise CantBe("The journal or a file of the case can't be read now. Try again later.") from None

    def unseal(self, sealed: Sealed, by: str, reason: str, identity: str) -> bytes:
        """See `CaseBeside`."""
        try:
            from cameras.evidence.sealing import SealFailed, unseal

            self._note(sealed, by, reason, identity)
            return unseal(sealed.data, identity)
        except ModuleNotFoundError:
            raise CantBe("Opening needs a package: pip install 'gridwatch[cameras]'.") from None
        except SealFailed as error:
            raise CantBe(f"{error}.") from None

    def _note(self, sealed: Sealed, by: str, reason: str, identity: str) -> None:
        """Open it in the cameras' store, which notes it before, where that still has it. Raises SealFailed, CantBe."""
        from cameras.evidence.opening import open_sealed
        from cameras.evidence.store import Store, StoreFailed, place

        settings = self._camera_file()
        if settings is None or settings.evidence is None or not sealed.evidence or not math.isfinite(sealed.captured):
            return
        try:
            store = Store(settings.evidence.store)
            where = place(sealed.camera, sealed.captured, sealed.evidence)
            manifest = store.manifest(where)
            if manifest is not None and any(file.sha256 == sealed.digest for file in manifest.files):
                open_sealed(store, where, manifest, by=by, reason=reason, identity=identity, now=time.time())
        except StoreFailed:
            raise CantBe(
                "The cameras' store, where an opening is noted first, can't be reached. Try again later."
            ) from None

    # ---- cameras -----------------------------------------------------------------------------------------------------

    def cameras(self) -> Sequence[Camera]:
        """See `CaseBeside`."""
        settings = self._camera_file()
        cameras = {} if settings is None else settings.cameras
        return [Camera(id, each.settings.name or id, *each.settings.place) for id, each in cameras.items()]

    def _camera_file(self) -> CameraFile | None:
        """What the city's file says of cameras, read again where the file has changed; None where it can't be read."""
        from gridwatch.camera_section import read_cameras
        from pipeline.faults import Faulty

        try:
            changed = self._file.stat().st_mtime_ns
            if self._cameras[0] != changed:
                self._cameras = changed, read_cameras(self._file)
        except (OSError, Faulty):  # somebody is writing it: it is as it was
            pass
        return self._cameras[1]

    def _in_turn(self) -> _Turn:
        with self._lock:
            if self._waiting >= _WAITING:
                raise CantBe("Many ask the journal at this moment. Try again in a minute.")
            self._waiting += 1
        return _Turn(self._turn, self._left)

    def _left(self) -> None:
        with self._lock:
            self._waiting -= 1


class _Turn:
    """One at a time."""

    def __init__(self, lock: threading.Lock, left: Callable[[], None]) -> None:
        self._lock, self._left = lock, left

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        self._left()
