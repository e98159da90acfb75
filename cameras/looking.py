"""looking: one camera's watchers at work, scene by scene: from its pictures to the messages that go out.

A picture gives one message of sightings, also where nothing is seen, and one of readings for each thing that something
was measured of (docs/connectors/cameras.md). While the camera looks elsewhere its watchers pause, and there are none.

Looks that can be asked together are: one model looks at the pictures of several cameras at once.

Each look counts its own tracks. What goes out must be one camera's, and never given twice, also over restarts and with
several watchers: it is made of the second in which the look was begun, its own number among 256, and the look's track.
No clock: time is that of the pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from cameras.handing import Handing, Numbered
from cameras.scenes import Scene, Scenes
from cameras.watcher import Frame, Look, Said, Seen, Together, View, Watcher
from pipeline.backoff import Backoff

Message = tuple[str, bytes]
"""Topic and payload."""
Failed = Callable[[str, Exception], None]
"""Told of a watcher that raised: its name and what it raised."""
Witness = Callable[[Frame, Sequence[tuple[str, dict[str, Any]]]], object]
"""Shown each picture and the objects in it, by watcher, as they go out; it may add `evidence` to them."""

_SHIFT = 20
"""A look of a second before may have counted to 2**20 / 256 tracks for each second since."""
_LOOKS = 256
_LOST = 3600.0
"""Seconds: a camera that has looked elsewhere for so long is one at fault."""
_TELL = 60.0
"""Seconds between two readings of how long it has."""
_REST, _LONGEST = 10.0, 600.0
"""Seconds for which a watcher that raised is left alone: at first, and at most."""

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Question:
    """One look that is asked about one picture."""

    watcher: str
    scene: Scene
    look: Look
    number: int
    """Where its numbers begin."""
    frame: Frame
    answer: Said | Exception = ()


class Looking:
    """One camera's watchers.

    views: what each preset has of its zones, by its name ('' where there are no presets); none: the whole picture.
    first: the second (a whole number) from which track numbers are counted: UTC at the start where the camera goes on
    for ever, 0 where the same pictures must give the same bytes. failed: told of a watcher that raised, which is then
    begun anew after a while; None: the exception goes on to the caller.
    """

    def __init__(
        self,
        camera: str,
        watchers: Mapping[str, Watcher],
        views: Mapping[str, View] | None = None,
        first: int = 0,
        scenes: Scenes | None = None,
        failed: Failed | None = None,
        witness: Witness | None = None,
    ) -> None:
        self.camera = camera
        self.away = False
        """It looks where nobody asked it to."""
        self._watchers = dict(sorted(watchers.items()))
        self._views = views or {}
        self._scenes = scenes or Scenes()
        self._failed, self._witness = failed, witness
        self._looks: dict[tuple[str, Scene], tuple[Look, int]] = {}
        self._handing: dict[tuple[str, str], Handing] = {}
        """By watcher and preset."""
        self._scene: Scene | None = None
        self._last: dict[Scene, float] = {}
        """When each scene was last seen."""
        self._left: float | None = None
        """Since when it looks elsewhere."""
        self._told = 0.0
        """When it was last said for how long."""
        self._begun = 0
        self._first = first
        self._shape: tuple[int, ...] = ()
        self._resting: dict[str, tuple[float, Backoff]] = {}

    @property
    def scene(self) -> Scene | None:
        """The last picture's; None: away, or there was none."""
        return self._scene

    def look(self, frame: Frame) -> list[Message]:
        """What the next picture says."""
        (messages,) = look_together([(self, frame)])
        return messages

    def _questions(self, frame: Frame) -> list[_Question] | None:
        """What is to be asked about the next picture; None: it looks elsewhere."""
        scene, before = self._scenes.of(frame), self._scene
        self._scene, self.away = scene, scene is None
        if scene is None:
            return None
        if frame.image.shape != self._shape:  # a camera was set to another size: what was known fits no more
            self._shape = frame.image.shape
            self._looks.clear()
        paused = 0.0 if scene == before else frame.ts - self._last.get(scene, frame.ts)
        self._last[scene] = frame.ts
        frame = Frame(frame.ts, frame.image, scene.infrared, paused)
        found = (
            self._question(name, watcher, scene, frame)
            for name, watcher in self._watchers.items()
            if not watcher.presets or scene.preset in watcher.presets
        )
        return [question for question in found if question is not None]

    def _question(self, name: str, watcher: Watcher, scene: Scene, frame: Frame) -> _Question | None:
        until, _ = self._resting.get(name, (0.0, None))
        if frame.ts < until:
            return None
        try:
            if (name, scene) not in self._looks:
                self._looks[name, scene] = watcher.begin(self._view(scene.preset)), self._number(frame.ts)
        except Exception as error:  # noqa: BLE001  a watcher is anybody's code
            self._rest(name, frame.ts, error)
            return None
        look, number = self._looks[name, scene]
        return _Question(name, scene, look, number, frame)

    def _view(self, preset: str) -> View:
        return self._views.get(preset) or View(self.camera)

    def _messages(self, frame: Frame, answered: Sequence[_Question]) -> list[Message]:
        ts = frame.ts
        objects: list[tuple[str, dict[str, Any]]] = []
        measured: dict[str, dict[str, float]] = {}
        for question in answered:
            if isinstance(question.answer, Exception):
                self._rest(question.watcher, ts, question.answer)
                continue
            seen: list[Numbered] = []
            for one in question.answer:
                if isinstance(one, Seen):
                    seen.append((question.number + one.track * _LOOKS, one))
                else:
                    measured.setdefault(one.about or self.camera, {})[one.metric] = one.value
            preset, infrared = question.scene
            handing = self._handing.setdefault((question.watcher, preset), Handing())
            objects += [(question.watcher, _seen(number, one)) for number, one in handing.handed(ts, infrared, seen)]
        if self._left is not None and self._told > self._left:
            measured.setdefault(self.camera, {})["health_away"] = 0.0
        self._left = None
        if self._witness is not None:
            self._witness(frame, objects)
        told: dict[str, Any] = {"ts": ts, "objects": [each for _, each in objects]}
        zones = sorted(self._view(self._scene.preset).zones) if self._scene else []
        if zones:  # of another preset's nobody can say that nothing is there, and of none while a watcher rests
            told["zones"] = [] if any(until > ts for until, _ in self._resting.values()) else zones
        return [
            (f"cameras/{self.camera}/sightings", _encode(told)),
            *(
                (f"cameras/{self.camera}/readings", _encode({"ts": ts, "about": about} | values))
                for about, values in sorted(measured.items())
            ),
        ]

    def _elsewhere(self, ts: float) -> list[Message]:
        """What goes out while it looks elsewhere: nothing, but now and then for how long it has."""
        if self._left is None:
            self._left = self._told = ts
        if ts - self._told < _TELL:
            return []
        self._told = ts
        lost = round(min(1.0, (ts - self._left) / (2 * _LOST)), 3)
        return [(f"cameras/{self.camera}/readings", _encode({"ts": ts, "about": self.camera, "health_away": lost}))]

    def _rest(self, name: str, ts: float, error: Exception) -> None:
        """A watcher raised: it is left alone for a while, and then begun anew. Raises it where nobody is told."""
        if self._failed is None:
            raise error
        until, backoff = self._resting.get(name, (0.0, Backoff(_REST, _LONGEST)))
        if ts > until + _LONGEST:
            backoff.reset()
        self._resting[name] = ts + backoff.delay(), backoff
        for key in [key for key in self._looks if key[0] == name]:
            del self._looks[key]
        self._failed(name, error)

    def _number(self, ts: float) -> int:
        """Where a new look's numbers begin."""
        index = self._begun % _LOOKS
        second = max(self._first, int(ts)) if self._first else 0
        self._begun += 1
        return (second << _SHIFT) + index


def look_together(pictures: Sequence[tuple[Looking, Frame]]) -> list[list[Message]]:
    """What the next picture of each of several cameras says, in their order."""
    asked = [looking._questions(frame) for looking, frame in pictures]
    _answer([question for questions in asked for question in questions or ()])
    return [
        looking._elsewhere(frame.ts) if questions is None else looking._messages(frame, questions)
        for (looking, frame), questions in zip(pictures, asked, strict=True)
    ]


def _answer(questions: Sequence[_Question]) -> None:
    """Ask the looks; those that can be asked together, by the same function, are."""
    groups: dict[Any, list[tuple[Together, _Question]]] = {}
    for question in questions:
        look = question.look
        if isinstance(look, Together):
            function = getattr(look.look_together, "__func__", look.look_together)
            groups.setdefault(function, []).append((look, question))
            continue
        try:
            question.answer = list(look.look(question.frame))
        except Exception as error:  # noqa: BLE001  as above
            question.answer = error
    for group in groups.values():
        answers: Sequence[Said | Exception]
        try:
            answers = group[0][0].look_together([(look, question.frame) for look, question in group])
        except Exception as error:  # noqa: BLE001  as above
            answers = [error] * len(group)
        for (_, question), answer in zip(group, answers, strict=True):
            question.answer = answer


def _seen(number: int, seen: Seen) -> dict[str, Any]:
    told: dict[str, Any] = {"track": number, "label": seen.label}
    if seen.score == seen.score:  # NaN: unknown, and left out
        told["score"] = round(seen.score, 3)
    told |= {"box": [round(edge, 5) for edge in seen.box], "still": round(seen.still, 1)}
    if seen.zone:
        told["zone"] = seen.zone
    if seen.text:
        told["text"] = seen.text
        if seen.text_score == seen.text_score:
            told["text_score"] = round(seen.text_score, 3)
    return told
