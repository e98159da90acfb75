"""static_situations: what is tried on `static_object`: what is left, and all that happens around it.

A situation is a clip, what comes to rest in it (`left`), and what truly stands in it besides for a while (`also`), such
as the lorry that tips. All else that is told is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks import static_weather as weather
from benchmarks.static_clips import Actor, Clip, Goes, Ground, Light, Rests, footage, ground, walker
from benchmarks.static_sprites import Sprite, bag, car, crate, heap, lorry
from cameras.watcher import Fractions


@dataclass(frozen=True)
class Situation:
    """One clip, and what is true of it."""

    group: str
    name: str
    clip: Clip
    left: Rests | None = None
    """What is put down and stays to the end."""
    also: tuple[Fractions, ...] = ()
    """Where something else stands for a while."""
    every: float | None = None
    """Seconds between the pictures that are looked at; None: five a second."""


BAG_AT, LONG = 10.0, 32.0
"""Seconds: when it is put down, and how long a clip is."""
PLACES = {"flat": (0.42, 0.72), "street": (0.37, 0.80), "motorway": (0.27, 0.72), "car park": (0.55, 0.60)}
"""Where: the foot of what is left."""


def _crossing(y: float, seconds: float, every: float, takes: float = 4.0, height: float = 0.22) -> list[Actor]:
    """People who walk across, to and fro."""
    found: list[Actor] = []
    for n, begin in enumerate(np.arange(0.5, seconds, every).tolist()):
        x = (-0.05, 1.05) if n % 2 else (1.05, -0.05)
        found.append(walker([(begin, x[0], y), (begin + takes, x[1], y)], seed=n, height=height))
    return found


def _cars(y: float, seconds: float, every: float = 5.0, height: float = 0.16) -> list[Actor]:
    colours = ((150, 60, 40), (45, 40, 40), (205, 210, 210), (170, 60, 45))
    found: list[Actor] = []
    for n, begin in enumerate(np.arange(1.0, seconds, every).tolist()):
        sprite = car(height, colours[n % 4])
        x = (-0.2, 1.2) if n % 2 else (1.2, -0.2)
        found.append(Goes(lambda _, s=sprite: s, [(begin, x[0], y), (begin + 2.5, x[1], y)]))  # type: ignore[misc]
    return found


def _crowd(seconds: float, many: int = 14, seed: int = 5) -> list[Actor]:
    """People who wander to and fro over all of the lower half, and stand for up to three seconds."""
    found: list[Actor] = []
    for n in range(many):
        dice = np.random.default_rng([seed, n])
        t, path = 0.0, [(0.0, *dice.uniform((0.02, 0.65), (0.98, 0.98)).tolist())]
        while t < seconds:
            x, y = dice.uniform((0.02, 0.65), (0.98, 0.98)).tolist()
            t += 1.0 + 7 * abs(x - path[-1][1])
            path.append((t, x, y))
            if dice.random() < 0.5:
                t += float(dice.uniform(1, 3))
                path.append((t, x, y))
        found.append(walker(path, seed=n, height=0.2))
    return sorted(found, key=lambda each: each.path[0][2])  # type: ignore[attr-defined]


LIGHTS: dict[str, dict[str, Light | None]] = {
    "light": {
        "steady": None,
        "clouds, slow": weather.clouds(0.40, 60),
        "clouds, fast": weather.clouds(0.40, 12),
        "clouds, strong and sharp": weather.clouds(0.60, 25, 0.12),
        "exposure jumps": weather.jumps(0.6, 6),
        "white balance jumps": weather.jumps(1.0, 7, (0.88, 1.0, 1.13)),
        "a hard shadow falls": weather.shadow(16),
        "a hard shadow comes and goes": weather.shadow(14, 24),
        "a hard shadow creeps": weather.shadow(8, creeps=0.006),
        "fog": weather.fog,
    },
    "shake": {
        "pole, 0.5 %": weather.sways(0.005),
        "pole, 2 %, black rim": weather.sways(0.02, black=True),
        "pole, 1 % and 1 degree": weather.sways(0.01, 1.0),
        "in each picture, 3 %": weather.sways(0.03, jitter=True),
        "in each picture, 1 % and 1 degree": weather.sways(0.01, 1.0, jitter=True),
        "drift, 2 % a minute": weather.sways(0.003, drift=0.02),
    },
    "weather": {
        "rain": weather.rain(),
        "snow": weather.snow,
        "trees in the wind": weather.trees,
        "a screen": weather.screen,
        "a clock": weather.clock,
    },
    "night": {
        "infrared": weather.night,
        "insects": weather.then(weather.night, weather.insects),
        "headlights": weather.then(weather.night, weather.headlights),
        "a lamp flickers": weather.flicker,
    },
}


def _beside(group: str, name: str, where: str, clip: Clip, every: float | None = None) -> Situation:
    left = Rests(bag(), PLACES[where], BAG_AT if every is None else clip.seconds / 3)
    return Situation(group, f"{name} ({where})", replace(clip, actors=(left, *clip.actors)), left, every=every)


def grid() -> Iterator[Situation]:
    """A bag, and light, shake, weather, night, people, traffic, and ways to record it."""
    names = list(PLACES)
    for group, lights in LIGHTS.items():
        for n, (name, light) in enumerate(lights.items()):
            photo = names[1 + n % 3]
            where = ("flat", photo)[n % 2]
            yield _beside(group, name, where, Clip(ground(where), LONG, light=light, seed=n))
    busy = {
        "people pass all the time": _crossing(0.9, LONG, 1.5, height=0.3),
        "a crowd": _crowd(LONG),
        "traffic": _cars(0.88, LONG),
    }
    for n, (name, actors) in enumerate(busy.items()):
        where = names[n % 2]
        yield _beside("people, traffic", name, where, Clip(ground(where), LONG, actors))
    for where in ("motorway", "car park"):
        yield _beside("people, traffic", "real footage", where, Clip(footage(where), LONG))
    for n, (name, changes) in enumerate(RECORDED.items()):
        some = dict(changes)
        every = some.pop("every", None)
        where = names[n % 2]
        clip = replace(Clip(ground(where), LONG, _cars(0.95, LONG)), **some)  # type: ignore[arg-type]
        yield _beside("recording", name, where, clip, every)  # type: ignore[arg-type]


RECORDED: dict[str, dict[str, object]] = {
    "352 x 288": {"size": (352, 288)},
    "1920 x 1080": {"size": (1920, 1080), "seconds": 24.0},
    "key frames, 2 s": {"every": 2.0, "seconds": 48.0},
    "key frames, 10 s": {"fps": 1.0, "every": 10.0, "seconds": 180.0, "keyframe": 10.0},
    "very low bitrate": {"crf": 42, "keyframe": 10.0},
}


def things() -> Iterator[Situation]:
    """What is left, of all kinds and in all places."""
    names = list(PLACES)
    kinds = [
        ("small", Rests(bag(0.035), PLACES["flat"], BAG_AT)),
        ("of little contrast", Rests(_faint("street"), PLACES["street"], BAG_AT)),
        ("after 8 s", Rests(bag(), PLACES["motorway"], 8.0)),
        ("at the picture's edge", Rests(bag(), (0.99, 0.9), BAG_AT)),
        ("a crate of one colour", Rests(crate(), PLACES["street"], BAG_AT)),
        ("a heap that grows", Rests(heap(), PLACES["motorway"], BAG_AT, grows=4)),
        ("a car", Rests(car(0.2), (0.55, 0.65), BAG_AT)),
    ]
    for n, (name, left) in enumerate(kinds):
        where = names[n % 4]
        yield Situation("what is left", f"{name} ({where})", Clip(ground(where), LONG, (left,)), left)
    shaded = Rests(bag(), (0.6, 0.8), BAG_AT)
    clip = Clip(ground("street"), LONG, (shaded,), weather.shadow(-1))
    yield Situation("what is left", "in a hard shadow (street)", clip, shaded)
    yield _carried("who brings it waits 8 s", 8.0, "street")


def _faint(where: str) -> Sprite:
    """A bag of the colour of the ground, a fifth darker."""
    spot, (high, wide) = PLACES[where], ground(where).picture.shape[:2]
    x, y = round(spot[0] * wide), round(spot[1] * high)
    blue, green, red = (ground(where).picture[y - 40 : y, x - 20 : x + 20].reshape(-1, 3).mean(0) * 0.8).tolist()
    return bag(0.08, (blue, green, red))


def _carried(name: str, waits: float, where: str) -> Situation:
    spot = PLACES[where]
    left, beside = Rests(bag(), spot, BAG_AT), spot[0] + 0.035
    path = [(BAG_AT - 5, 1.1, spot[1]), (BAG_AT, beside, spot[1]), (BAG_AT + waits, beside, spot[1])]
    who = walker([*path, (BAG_AT + waits + 5, -0.1, spot[1])], seed=3)
    stands = (beside - 0.05, spot[1] - 0.24, 0.10, 0.25)
    return Situation("what is left", f"{name} ({where})", Clip(ground(where), LONG, (left, who)), left, (stands,))


def tippers() -> Iterator[Situation]:
    """A lorry stops, tips, and drives off."""
    yield tipper("20 s, heap under its end (flat)", ground("flat"), 20.0, 0.10)
    yield tipper("20 s, clouds (street)", ground("street"), 20.0, 0.14, weather.clouds(0.4, 20))
    yield tipper("20 s, shake (street)", ground("street"), 20.0, 0.14, weather.sways(0.01))
    yield tipper("50 s, heap behind it (street)", ground("street"), 50.0, 0.17)


def tipper(name: str, scene: Ground, waits: float = 20.0, off: float = 0.14, light: Light | None = None) -> Situation:
    """waits: seconds for which it stands. off: from the lorry's middle to the heap's, a share of the width."""
    x, y, comes = 0.42, 0.86, 10.0
    tips, down, leaves = comes + 0.4 * waits, comes + 0.75 * waits, comes + waits
    path = [(comes - 4, -0.4, y), (comes, x, y), (leaves, x, y), (leaves + 5, -0.4, y)]
    truck = Goes(lambda t: lorry(0.33 if tips <= t < down else 0.30, tips <= t < down), path)
    left = Rests(heap(0.15), (x + off, y), tips + 1, grows=3.0)
    size = lorry(0.33)
    stands = (x - size.width / 2 - 0.02, y - size.height - 0.02, size.width + 0.04, size.height + 0.04)
    return Situation("a tipper", name, Clip(scene, leaves + 35, (left, truck), light), left, (stands,))


def quiet() -> Iterator[Situation]:
    """What changes the picture, and leaves nothing."""
    where = "street"
    x, y = PLACES[where]
    at = y + 0.08
    truck = Goes(lambda _: lorry(), [(8, 1.3, at), (11, x, at), (22, x, at), (25, -0.4, at)])
    size = lorry()
    stands = (x - size.width / 2 - 0.02, at - 0.02 - size.height, size.width + 0.04, size.height + 0.04)
    scene = Clip(ground(where), LONG, (truck,))
    yield Situation("comes and goes", f"a lorry, 11 s ({where})", scene, also=(stands,))
    there = Rests(bag(), (x, y))
    scene = Clip(ground(where), LONG, (there, *_cars(0.95, LONG)))
    yield Situation("comes and goes", f"a bag from the start ({where})", scene)


def everything() -> Sequence[Situation]:
    """All of them."""
    return [*grid(), *things(), *tippers(), *quiet()]
