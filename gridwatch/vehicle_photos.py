"""vehicle_photos: the pictures that vehicles' terminals take: out of the journal, heads hidden, into their own store.

They come in the terminals' messages and are in the journal as they came. From there each is judged a picture or not,
decoded within bounds and written anew, so that nothing else is kept of the file; the register of devices says which
vehicle the terminal was in when it was taken. From the store they go to cases as cameras' evidence does
(gridwatch/case_evidence.py).

How far the journal was read is written down, a picture's id is made of what it is, and what is there already is left as
it is: after a restart none is lost and none is there twice. Where heads can't be hidden nothing is stored, and reading
waits.
"""

from __future__ import annotations

import hashlib
import heapq
import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import msgspec
import numpy as np

from cameras.evidence import manifest as manifests
from cameras.evidence import marking
from cameras.evidence.faces import Hider, hide
from cameras.evidence.manifest import Hidden, Manifest
from cameras.evidence.retention import prune
from cameras.evidence.store import Place, Store, place
from cases.intake.photos import NotAPicture, photo
from connectors.codecs.carried import Carried, Found
from gridwatch.exporting import version_in_force
from pipeline.entries import Kind
from pipeline.journal import Contents, JournalBatch, JournalReader
from pipeline.journal.contents import CONTENTS
from pipeline.registers import Registers
from pipeline.runtime.compose import read_version
from pipeline.runtime.opening import SNAPSHOTS
from pipeline.subjects import Subjects, Timed
from replay.cutting import position_at
from replay.recording import find_recording

if TYPE_CHECKING:
    from cameras.evidence.vehicle_photos import VehiclePhotos as Settings

FILE = "vehicle-photos.json"
"""In the data folder: how far the journal was read."""
BECAME = ("kept", "again", "not_a_picture", "unknown", "old", "dropped", "gone")
"""What can become of one. again: it is there already. unknown: of a terminal in no vehicle. dropped: there was no room.
gone: entries of the journal that were deleted before they were read."""
_FIRST = 3600.0
"""Seconds of the journal that are read when there was none of this before."""
_AGAIN = 10_000
"""Entries that are read again after a start: the newest may not have been on the disk when they were read."""
_ROWS = 4096

cv: Any = cv2


class _At(msgspec.Struct):
    """How far the journal was read."""

    position: int
    version: str
    """The payload of the version that is in force there."""


class VehiclePhotos:
    """Of one city. Used by one thread."""

    def __init__(self, settings: Settings, data: Path, count: Callable[[str, int], None]) -> None:
        """data: the city's data folder. count: told what became (see `BECAME`) of how many. Raises StoreFailed."""
        self.settings, self._data, self._file = settings, data, data / FILE
        self._count, self._store = count, Store(settings.store)
        self.aside: Counter[str] = Counter()
        """Why some were set aside since it was last asked; whoever asks clears it."""
        self._hider: Hider | None = None
        self._reader: JournalReader | None = None
        self._at: _At | None = None
        self._city: _City | None = None
        self._index: list[tuple[float, Place, int]] | None = None
        self._size = 0

    @property
    def store(self) -> Store:
        return self._store

    def take(self, now: float, enough: Callable[[], bool]) -> bool:
        """Read the journal on; False: there is more, but it was `enough`. now: UTC seconds.

        Raises JournalError, Faulty, StoreFailed, ModelError, OSError; it goes on from where it was.
        """
        found = find_recording(self._data)
        if found is None:
            return True
        if self._reader is None:
            self._reader = found.reader()
        reader, contents = self._reader, Contents(found.journal / CONTENTS)
        at = self._begin(reader, now)
        if self._city is None and at.version:
            self._city = _City(at.version.encode(), contents)
        for piece in reader.read(at.position, _ROWS):
            self._read(piece, at, contents, now)
            at.position = piece.end
            self._note(at)
            if enough():
                return False
        return True

    def waiting(self, since: float, attached: set[str]) -> int:
        """How many of those that were taken since then are with no case. attached: the ids of those that are."""
        return sum(ts >= since and where.id not in attached for ts, where, _ in self._there())

    def prune(self, now: float) -> None:
        """Delete what is older than may be kept. Raises StoreFailed."""
        prune(self._store, now, self.settings.keep)
        self._index = None

    def _begin(self, reader: JournalReader, now: float) -> _At:
        if self._at is None:
            self._at = self._noted(reader) or _At(position_at(reader, now - _FIRST), "")
        first = reader.first
        if self._at.position < first:
            self._became("gone", first - self._at.position)
            self._at = _At(first, "")
        if not self._at.version:
            self._at.version = (version_in_force(reader, self._at.position, reader.folder / SNAPSHOTS) or b"").decode()
            self._city = None
        return self._at

    def _noted(self, reader: JournalReader) -> _At | None:
        try:
            at = msgspec.json.decode(self._file.read_bytes(), type=_At)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None
        at.position = max(min(at.position, reader.head) - _AGAIN, reader.first)
        return at

    def _note(self, at: _At) -> None:
        part = self._file.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(at))
        part.replace(self._file)

    def _read(self, piece: JournalBatch, at: _At, contents: Contents, now: float) -> None:
        batch = piece.batch
        columns = [batch.column(name) for name in ("source", "topic", "received", "payload")]
        kinds = batch.column("kind").to_numpy()
        versions = bool((kinds == Kind.VERSION).any())
        if not versions and not self._city:
            return
        for kind, source, topic, received, payload in zip(
            kinds.tolist(), *(column.to_pylist() for column in columns), strict=True
        ):
            if kind == Kind.VERSION:
                self._city, at.version = _City(payload, contents), payload.decode()
            elif kind == Kind.DELIVERY and self._city:
                for found in self._city.carried.of(source, topic, payload):
                    if isinstance(found, ValueError):
                        self._aside(str(found))
                    else:
                        self._keep(self._city, found, received, now)

    def _keep(self, city: _City, found: Found, received: float, now: float) -> None:
        """One of them into the store. Raises StoreFailed, ModelError."""
        taken = found.picture
        said = 0 < taken.ts <= received + city.ahead
        ts = taken.ts if said else received
        subject = city.subject(found.device, ts)
        if found.stream.unknown == "aside" and not city.knows(subject, ts):
            self._became("unknown")
            return
        if ts < now - self.settings.keep:
            self._became("old")
            return
        sha256 = hashlib.sha256(taken.data).hexdigest()
        named = (found.device, taken.facts.get("media_id"), taken.facts.get("channel"), ts if said else "", sha256)
        where = place(subject, ts, hashlib.sha256(repr(named).encode()).hexdigest()[:32])
        if self._store.manifest(where) is not None:
            self._became("again")
            return
        try:
            bare = photo(taken.data)
        except NotAPicture as error:
            self._aside(f"{error}; its terminal says {taken.form or 'nothing'}")
            return
        image = cv.imdecode(np.frombuffer(bare.data, np.uint8), cv.IMREAD_COLOR)
        if self._hider is None:
            self._hider = Hider(self.settings.faces)
        regions = self._hider.find(image)
        clean = marking.jpeg(hide(image, regions))
        here = {} if math.isnan(taken.lon + taken.lat) else {"lon": taken.lon, "lat": taken.lat}
        channel = taken.facts.get("channel")
        manifest = Manifest(
            id=where.id,
            camera=subject,
            track=0,
            label=f"{found.device} #{channel}" if channel is not None else found.device,
            score=None,
            zone="",
            watcher="",
            trigger="vehicle_photos",
            category="",
            box=(0.0, 0.0, 1.0, 1.0),
            still=None,
            captured=ts,
            clock="camera" if said else "arrival",
            offset=None,
            faces=Hidden(by=self._hider.by, heads=len(regions), reason=self.settings.faces.none or ""),
            files=(manifests.described("clean.jpg", "clean", clean, ts, None),),
            sent={"sent": dict(taken.facts) | {"sha256": sha256}} | here,
        )
        self._there()
        self._store.put(where, {"clean.jpg": clean}, manifests.encode(manifest))
        self._became("kept")
        self._enter(ts, where, len(clean))

    def _there(self) -> list[tuple[float, Place, int]]:
        """What is in the store: when it was taken, where it is, its bytes; a heap. Raises StoreFailed."""
        if self._index is None:
            found = ((self._store.manifest(where), where) for where in self._store.places())
            self._index = [
                (each.captured, where, sum(file.bytes for file in each.files)) for each, where in found if each
            ]
            heapq.heapify(self._index)
            self._size = sum(nbytes for _, _, nbytes in self._index)
        return self._index

    def _enter(self, ts: float, where: Place, nbytes: int) -> None:
        """Count its bytes; the oldest go where they are too many. Raises StoreFailed."""
        heapq.heappush(self._there(), (ts, where, nbytes))
        self._size += nbytes
        while self._size > self.settings.room * 1_000_000 and len(self._there()) > 1:
            _, oldest, gone = self._there()[0]
            self._store.remove(oldest)
            heapq.heappop(self._there())
            self._size -= gone
            self._became("dropped")

    def _aside(self, why: str) -> None:
        self.aside[why] += 1
        self._became("not_a_picture")

    def _became(self, what: str, count: int = 1) -> None:
        self._count(what, count)


class _City:
    """What one version of a city says: which deliveries carry pictures, and which terminal is in which vehicle.
    `bool`: whether any can."""

    def __init__(self, version: bytes, contents: Contents) -> None:
        """Raises JournalError, Faulty."""
        configuration, registers = read_version(version, contents)
        self.carried, self.ahead = Carried(configuration.streams), float(configuration.time.ahead)
        self._subjects = Subjects(registers)
        self._devices, self._mounted = _devices(registers)

    def __bool__(self) -> bool:
        return bool(self.carried)

    def subject(self, device: str, ts: float) -> str:
        """The vehicle that a device is in at that time; one that is not listed then is itself the subject."""
        row = _row(self._devices, device, ts)
        return self._mounted[row] if row >= 0 else device

    def knows(self, subject: str, ts: float) -> bool:
        """Whether it is in the registers at that time."""
        return _row(self._subjects.rows, subject, ts) >= 0


def _devices(registers: Registers) -> tuple[Timed, list[str]]:
    table = registers.devices
    ids = Timed(table.text("device"), table.numbers("valid_from"), table.numbers("valid_to"))
    return ids, table.text("subject")


def _row(rows: Timed, id: str, ts: float) -> int:
    first = np.array([rows.first.get(id, -1)], np.int64)
    return int(rows.at(first, np.array([ts]))[0])
