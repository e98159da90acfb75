"""survey: what is in a journal's folder, checked for holes.

Segments follow each other without a hole. A segment may be there twice, active and sealed, when a crash came between
the two steps of sealing; the sealed one counts if it is intact. Only the last active segment can have a torn end.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.journal import files, sealed, segment
from pipeline.journal.errors import JournalDamaged
from pipeline.journal.sealed import Sealed
from pipeline.journal.segment import Active

_NAME = re.compile(rf"\d{{20}}({re.escape(segment.SUFFIX)}|{re.escape(sealed.SUFFIX)})")
CUT = ".cut"
CUT_BYTES = 16 << 20
"""At most so much of a cut tail is kept aside, bytes: enough for one commit, which is all that a crash can tear."""
CUTS = 8
"""So many cut tails are kept, the newest."""

Segment = Active | Sealed


@dataclass(slots=True)
class Survey:
    """The segments in order, and files that an interrupted sealing or writing left over."""

    segments: list[Segment] = field(default_factory=list)
    leftovers: list[Path] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What opening a journal had to mend."""

    bytes: int = 0
    """How much was cut from the end of the last segment."""
    position: int = 0
    """Where the journal goes on; nothing before it is missing."""
    reason: str = ""
    """Why it was cut: what is wrong with the first frame that was."""
    kept: Path | None = None
    """Where what was cut is kept aside; None where nothing was cut or there was no room."""
    leftovers: tuple[str, ...] = ()
    """Names of files that an interrupted sealing left, now removed."""

    def __bool__(self) -> bool:
        return bool(self.bytes or self.leftovers)

    def __str__(self) -> str:
        if not self:
            return "nothing had to be mended"
        cut = f"cut {self.bytes} bytes behind entry {self.position - 1} ({self.reason})" if self.bytes else ""
        aside = f", kept in {self.kept}" if self.kept else ""
        left = f"removed what an interrupted sealing left: {', '.join(self.leftovers)}" if self.leftovers else ""
        return "; ".join(s for s in (cut + aside, left) if s)


def survey(folder: Path, earlier: Sequence[Segment] = ()) -> Survey:
    """What is in a folder of segments. earlier: what was found there before, not all looked at again.

    Raises JournalDamaged; FileNotFoundError where a writer changes it meanwhile.
    """
    found = Survey()
    known = {segment.path: segment for segment in earlier if isinstance(segment, Active)}
    if not folder.is_dir():
        return found
    names = sorted(os.listdir(folder))  # noqa: PTH208 (names, not paths, are compared)
    found.leftovers = [folder / n for n in names if n.endswith(files.TEMPORARY)]
    firsts: dict[int, set[str]] = {}
    for name in names:
        if _NAME.fullmatch(name):
            firsts.setdefault(int(name[:20]), set()).add(name[20:])
    ordered = sorted(firsts)
    for at, first in enumerate(ordered):
        following = ordered[at + 1] if at + 1 < len(ordered) else None
        found.segments.append(_one(folder, first, firsts[first], following, found.leftovers, known))
        end = found.segments[-1].end
        if following is not None and end != following:
            what = f"this segment ends before {end}, but the next begins at {following}"
            raise JournalDamaged(found.segments[-1].path, what, min(end, following), max(end, following))
    return found


def _one(
    folder: Path, first: int, suffixes: set[str], end: int | None, leftovers: list[Path], known: Mapping[Path, Active]
) -> Segment:
    active, closed = (folder / segment.name(first, s) for s in (segment.SUFFIX, sealed.SUFFIX))
    if sealed.SUFFIX not in suffixes:
        return Active.load(active, end, known.get(active))
    if segment.SUFFIX not in suffixes:
        return Sealed.load(closed, end)
    try:
        finished = Sealed.load(closed, end)
        finished.verify()
    except JournalDamaged:
        leftovers.append(closed)
        return Active.load(active, end, known.get(active))
    leftovers.append(active)
    return finished


def steady(folder: Path, attempt: Callable[[], Survey]) -> Survey:
    """A survey of a journal that somebody may be writing: tried again as long as files come and go meanwhile."""
    while True:
        before = _listing(folder)
        try:
            return attempt()
        except (JournalDamaged, FileNotFoundError):
            if _listing(folder) == before:
                raise


def _listing(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.is_dir() else []  # noqa: PTH208


def mend(found: Survey) -> Recovered:
    """Make a surveyed journal whole, for its only writer: leftovers are removed, a torn end is cut and kept aside."""
    for path in found.leftovers:
        files.remove(path)
    leftovers = tuple(p.name for p in found.leftovers)
    last = found.segments[-1] if found.segments else None
    if not isinstance(last, Active):
        return Recovered(leftovers=leftovers)
    try:
        last.open()
        return _cut(last, leftovers) if last.torn else Recovered(position=last.end, leftovers=leftovers)
    except BaseException:
        last.close()
        raise


def _cut(last: Active, leftovers: tuple[str, ...]) -> Recovered:
    excess = os.fstat(last.fd).st_size - last.size
    kept: Path | None = None
    try:
        aside = last.path.with_suffix(f".{last.size}{CUT}")
        files.put(aside, files.read_at(last.fd, min(excess, CUT_BYTES), last.size))
        kept = aside
        for old in sorted(last.path.parent.glob(f"*{CUT}"), key=lambda p: p.stat().st_mtime)[:-CUTS]:
            files.remove(old)
    except OSError as error:  # a full disk must not keep the journal from opening
        last.torn += f"; could not all be kept aside: {os.strerror(error.errno or 0)}"
    last.cut()
    files.sync(last.fd)
    reason, last.torn = last.torn, ""
    return Recovered(excess, last.end, reason, kept, leftovers)
