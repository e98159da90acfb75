"""Scenes: which preset a picture is of, by day or by infrared light, or that the camera looks elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cameras.scenes import Pointing, Scene, Scenes, likeness, pattern, small
from cameras.watcher import Frame, Image
from tests.cameras.street import HIGH, WIDE, Street

BLACK = np.zeros((HIGH, WIDE, 3), np.uint8)
DAY, NIGHT = Scene("", False), Scene("", True)


def seen(scenes: Scenes, *images: Image) -> list[Scene | None]:
    return [scenes.of(Frame(float(n), image)) for n, image in enumerate(images)]


# ---- day and infrared ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how, expected",
    [
        pytest.param({}, DAY, id="day"),
        pytest.param({"light": 0.3}, DAY, id="dusk"),
        pytest.param({"light": 0.3, "noise": 8.0}, DAY, id="dusk-with-noise"),
        pytest.param({"light": 1.6}, DAY, id="sun"),
        pytest.param({"infrared": True}, NIGHT, id="infrared"),
        pytest.param({"infrared": True, "noise": 8.0, "light": 0.5}, NIGHT, id="infrared-with-noise"),
        pytest.param({"infrared": True, "lamps": 12}, NIGHT, id="infrared-with-headlights"),
    ],
)
def test_day_and_infrared(how: dict[str, Any], expected: Scene) -> None:
    street = Street(1)
    assert seen(Scenes(), *(street.picture(**how) for _ in range(5))) == [expected] * 5


def test_infrared_is_believed_where_it_is_said() -> None:
    assert Scenes().of(Frame(0.0, Street(1).picture(), infrared=True)) == NIGHT


def test_what_has_no_light_has_no_colour_to_go_by() -> None:
    street = Street(1)
    day, night = street.picture(), street.picture(infrared=True)
    assert seen(Scenes(), day, BLACK, night, BLACK, BLACK, day) == [DAY, DAY, NIGHT, NIGHT, NIGHT, DAY]


def grey_but_for(levels: float) -> Image:
    image = np.repeat(Street(1).picture(infrared=True, noise=0).clip(60, 200)[..., :1], 3, axis=2)
    image[..., 0] += np.uint8(levels)
    return image


@pytest.mark.parametrize(
    "levels, expected",
    [
        pytest.param([0, 2, 0, 2], [NIGHT, NIGHT, NIGHT, NIGHT], id="between-the-limits-it-stays-infrared"),
        pytest.param([5, 2, 5, 2], [DAY, DAY, DAY, DAY], id="between-the-limits-it-stays-day"),
        pytest.param([0, 3, 2, 1], [NIGHT, DAY, DAY, NIGHT], id="each-limit-once"),
    ],
)
def test_between_the_limits_the_last_answer_stands(levels: list[float], expected: list[Scene]) -> None:
    assert seen(Scenes(), *map(grey_but_for, levels)) == expected


# ---- presets ---------------------------------------------------------------------------------------------------------


def tower() -> tuple[Scenes, dict[str, Street]]:
    streets = {"gate": Street(1), "yard": Street(2), "road": Street(3)}
    scenes = Scenes()
    for preset, street in streets.items():
        scenes.learn(preset, street.picture())
    return scenes, streets


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({}, id="as-learnt"),
        pytest.param({"light": 0.4}, id="dusk"),
        pytest.param({"light": 1.5}, id="sun"),
        pytest.param({"infrared": True}, id="infrared"),
        pytest.param({"infrared": True, "light": 0.5, "noise": 6.0}, id="infrared-with-noise"),
        pytest.param({"rain": 60}, id="rain"),
        pytest.param({"turn": (8, -4)}, id="not-reached-to-the-pixel"),
        pytest.param({"car": 0.4}, id="a-car"),
    ],
)
def test_a_preset_is_known(how: dict[str, Any]) -> None:
    scenes, streets = tower()
    for n, (preset, street) in enumerate(streets.items()):
        assert scenes.of(Frame(60.0 * n, street.picture(**how))) == Scene(preset, how.get("infrared", False))


def test_while_it_turns_or_looks_elsewhere_it_is_away() -> None:
    scenes, streets = tower()
    gate, yard, elsewhere = streets["gate"], streets["yard"], Street(9).picture()
    on_the_way = [gate.picture(turn=(x, 0)) for x in (40, 60, 80)]
    found = seen(scenes, gate.picture(), *on_the_way, yard.picture(), elsewhere, BLACK, gate.picture())
    assert found == [Scene("gate", False), None, None, None, Scene("yard", False), None, None, Scene("gate", False)]


def test_several_pictures_of_a_preset() -> None:
    scenes = Scenes()
    scenes.learn("gate", Street(1).picture())
    scenes.learn("gate", Street(2).picture())
    assert seen(scenes, Street(1).picture(), Street(2).picture()) == [Scene("gate", False)] * 2


# ---- always ----------------------------------------------------------------------------------------------------------


@given(st.integers(1, 900), st.integers(1, 700), st.integers(1, 200))
def test_a_small_picture_has_its_proportions(wide: int, high: int, width: int) -> None:
    got = small(np.full((high, wide, 3), 77, np.uint8), width)
    assert got.shape[1] <= min(wide, max(width, 1))
    assert np.all(got == 77)
    assert (
        abs(got.shape[0] / got.shape[1] - high / wide) <= max(1.0, 4 * high / wide) / got.shape[1] + 0.02 * high / wide
    )


def test_a_pattern_does_not_change_with_the_size_of_the_picture() -> None:
    image = Street(1).picture(noise=0)
    large = np.repeat(np.repeat(image, 4, axis=0), 4, axis=1)
    assert likeness(pattern(large), pattern(image)) > 0.85


def test_the_same_pictures_give_the_same_scenes() -> None:
    images = [Street(seed).picture(light=light) for seed in (1, 2, 9) for light in (0.3, 1.0)]
    assert seen(tower()[0], *images) == seen(tower()[0], *images)


# ---- nothing can be seen ---------------------------------------------------------------------------------------------

GATE, AWAY = Scene("gate", False), None
FOG = np.full((HIGH, WIDE, 3), (160, 170, 180), np.uint8)


@pytest.mark.parametrize(
    "story, expected",
    [
        pytest.param("gate fog fog gate", [GATE, AWAY, AWAY, GATE], id="for-a-moment"),
        pytest.param("gate fog*5 gate", [GATE, AWAY, AWAY, AWAY, GATE, GATE, GATE], id="for-long-it-is-where-it-was"),
        pytest.param("gate black*5 gate", [GATE, AWAY, AWAY, AWAY, GATE, GATE, GATE], id="by-night"),
        pytest.param("gate other fog*5 gate", [GATE, *[AWAY] * 6, GATE], id="after-it-was-elsewhere"),
        pytest.param("fog*5 gate", [*[AWAY] * 5, GATE], id="from-the-beginning"),
        pytest.param("gate other*9 gate", [GATE, *[AWAY] * 9, GATE], id="a-lorry-that-fills-the-picture-and-goes"),
        pytest.param("gate fog*5 other*2", [GATE, *[AWAY] * 3, GATE, GATE, AWAY, AWAY], id="then-it-turns"),
    ],
)
def test_fog_and_the_dark_are_not_elsewhere_for_long(story: str, expected: list[Scene | None]) -> None:
    """A picture in ten seconds; no camera turns for 30."""
    pictures = {"gate": Street(1).picture(), "other": Street(9).picture(), "fog": FOG, "black": BLACK}
    scenes = Scenes()
    scenes.learn("gate", pictures["gate"])
    names = [name for part in story.split() for name in [part.partition("*")[0]] * int(part.partition("*")[2] or 1)]
    assert [scenes.of(Frame(10.0 * n, pictures[name])) for n, name in enumerate(names)] == expected


def test_while_it_swings_and_focuses_it_has_not_arrived() -> None:
    scenes, streets = tower()
    pictures = [streets["gate"].picture()] + [Street(9).picture()] + [streets["yard"].picture()] * 6
    found = [scenes.of(Frame(0.25 * n, image)) for n, image in enumerate(pictures)]
    assert found == [GATE, None, None, None, None, None, Scene("yard", False), Scene("yard", False)]


# ---- what the camera says --------------------------------------------------------------------------------------------


def says(*answers: Pointing | None) -> tuple[Scenes, dict[str, Image]]:
    """A camera with three presets, the last known by what it says alone; its answers, picture by picture."""
    left = list(answers)
    scenes = Scenes(pointing=lambda: left.pop(0))
    pictures = {name: Street(seed).picture() for name, seed in (("gate", 1), ("yard", 2), ("road", 3), ("other", 9))}
    scenes.learn("gate", pictures["gate"])
    scenes.learn("yard", pictures["yard"])
    scenes.add("road")
    return scenes, pictures


def at(asked: int, preset: str = "", moving: bool = False, *also: str) -> Pointing:
    return Pointing(asked, moving, preset, frozenset(also))


@pytest.mark.parametrize(
    "answers, shown, expected",
    [
        pytest.param([at(1, "gate"), at(2, "gate", True)], "gate gate", "gate -", id="it-moves"),
        pytest.param([at(1, "gate")] * 2, "gate other", "gate -", id="it-began-to-move-after-it-was-asked"),
        pytest.param(
            [at(1, "gate"), at(1, "gate"), at(2, "gate"), at(3, "gate"), at(3, "gate")],
            "gate other other other other",
            "gate - - gate gate",
            id="it-says-so-again",
        ),
        pytest.param(
            [at(n // 2, "road") for n in range(1, 8)], "road " * 7, "- - - road road road road", id="never-seen-before"
        ),
        pytest.param(
            [at(9, "road"), at(11, "road"), at(12, "gate"), at(13, "road"), at(13, "road")],
            "road road gate road other",
            "- road gate road -",
            id="seen-once-it-is-known",
        ),
        pytest.param([at(1), at(2)], "gate yard", "- -", id="somewhere-else"),
        pytest.param([at(1, "", False, "gate")] * 2, "gate yard", "gate -", id="one-has-no-position"),
        pytest.param([None, None, at(3, "yard")], "gate yard yard", "gate yard yard", id="silent"),
    ],
)
def test_what_the_camera_says(answers: list[Pointing | None], shown: str, expected: str) -> None:
    scenes, pictures = says(*answers)
    found = [scenes.of(Frame(10.0 * n, pictures[name])) for n, name in enumerate(shown.split())]
    assert ["-" if one is None else one.preset for one in found] == expected.split()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["gate", "yard", "other", "fog"]),
            st.one_of(
                st.none(), st.builds(at, st.integers(0, 9), st.sampled_from(["gate", "yard", ""]), st.booleans())
            ),
            st.floats(0.05, 100),
        ),
        max_size=12,
    )
)
@settings(max_examples=40, deadline=None)
def test_a_picture_is_never_of_another_preset(story: list[tuple[str, Pointing | None, float]]) -> None:
    """Whatever the camera does and says: a picture of a preset goes to none of the others, unless it said so twice."""
    pictures = {"gate": Street(1).picture(), "yard": Street(2).picture(), "other": Street(9).picture(), "fog": FOG}
    answers = [said for _, said, _ in story]
    scenes = Scenes(pointing=lambda: answers.pop(0))
    scenes.learn("gate", pictures["gate"])
    scenes.learn("yard", pictures["yard"])
    ts = 0.0
    for name, said, wait in story:
        ts += wait
        found = scenes.of(Frame(ts, pictures[name]))
        if said is not None and said.moving:
            assert found is None
        if said is None and found is not None and name in ("gate", "yard"):
            assert found.preset == name
        if said is None and name == "other":
            assert found is None
