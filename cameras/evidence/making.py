"""making: from what was taken to the files of one piece of evidence, faces hidden in all but what is sealed.

Pure but for the model that finds persons: the same pictures give the same files. What can't be had, such as a clip of a
camera that takes snapshots, is named in the manifest with the reason.
"""

from __future__ import annotations

from typing import NamedTuple

from cameras.evidence import clips, manifest, marking
from cameras.evidence.clips import ClipFailed
from cameras.evidence.faces import Hider, hide
from cameras.evidence.manifest import File, Hidden, Manifest
from cameras.evidence.sealing import seal
from cameras.evidence.settings import EvidenceSettings
from cameras.evidence.taking import Taken

_ORIGINAL = 97
"""Quality of the JPEG that is sealed: what is at stake there is detail."""


class Made(NamedTuple):
    """One piece of evidence, not stored yet."""

    manifest: Manifest
    files: dict[str, bytes]


def make(taken: Taken, id: str, settings: EvidenceSettings, hider: Hider) -> Made:
    """Hide, mark, encode, seal."""
    image, told, ts = taken.frame.image, taken.told, taken.frame.ts
    whose, ahead = taken.clock
    offset = None if ahead is None else round(ahead, 3)
    regions = hider.find(image)
    clean = hide(image, regions)
    shown = f"{taken.camera}   {marking.utc(ts)}   {marking.clock(whose, offset)}"
    drawn = marking.marked(clean, tuple(told["box"]), told["label"], [shown, f"{taken.trigger}   {id}"])
    data: dict[str, bytes] = {}
    files: list[File] = []
    lacking: dict[str, str] = {}
    in_clip: int | None = None

    def add(name: str, kind: str, content: bytes, captured: float = ts, until: float | None = None) -> None:
        data[name] = content
        files.append(manifest.described(name, kind, content, captured, offset, until))

    add("clean.jpg", "clean", marking.jpeg(clean))
    add("marked.jpg", "marked", marking.jpeg(drawn))
    if settings.clip:
        try:
            if taken.cut is None:
                raise ClipFailed(
                    "nothing of the stream was held: a camera of which there are only single pictures has none"
                )
            clip = clips.make(taken.cut, taken.begin, taken.end, settings.fps, hider)
            add("clip.mp4", "clip", clip.data, clip.first, clip.last)
            in_clip = clip.heads
        except ClipFailed as error:
            lacking["clip"] = str(error)
    recipient = settings.when[taken.trigger].sealed
    if recipient is not None:
        add("original.jpg.age", "sealed", seal(marking.jpeg(image, _ORIGINAL), recipient))
        if taken.cut is not None:
            try:
                packets = taken.cut.packets
                whole = seal(clips.original(taken.cut), recipient)
                add("original.mkv.age", "sealed", whole, packets[0].ts, max(each.ts for each in packets))
            except ClipFailed as error:
                lacking["sealed clip"] = str(error)
    said = Manifest(
        id=id,
        camera=taken.camera,
        track=told["track"],
        label=told["label"],
        score=told.get("score"),
        zone=told.get("zone", ""),
        watcher=taken.watcher,
        trigger=taken.trigger,
        category=settings.when[taken.trigger].category,
        box=tuple(told["box"]),
        still=told["still"] if told["still"] == told["still"] else None,
        captured=ts,
        clock=whose,
        offset=offset,
        faces=Hidden(by=hider.by, heads=len(regions), clip=in_clip, reason=settings.faces.none or ""),
        files=tuple(files),
        lacking=lacking,
    )
    return Made(said, data)
