"""Looks of several cameras that are asked together: batches form, answers are those of each alone, and what goes wrong
with one costs no other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras.looking import Looking, look_together
from cameras.sampling import Newest
from cameras.watcher import Frame, Image, Look, Measured, Said, View, Watcher
from tests.cameras.fakes import Bright


def picture(level: int) -> Image:
    return np.full((8, 8, 3), level, np.uint8)


# ---- what a look may declare -----------------------------------------------------------------------------------------


class Sums(Watcher):
    """The sum of all levels that its look has seen. What is dark makes it fail, alone or together."""

    together = True
    whole: bool = False
    """It fails together for all."""

    def begin(self, view: View) -> Look:
        return SumsLook(self.whole)


class SumsLook:
    asked: list[int]
    """How many were asked together, each time."""

    def __init__(self, whole: bool) -> None:
        self._sum, self._whole = 0.0, whole

    def look(self, frame: Frame) -> Said:
        (said,) = self.look_together([(self, frame)])
        if isinstance(said, Exception):
            raise said
        return said

    @classmethod
    def look_together(cls, pictures: Sequence[tuple[SumsLook, Frame]]) -> Sequence[Said | Exception]:
        cls.asked.append(len(pictures))
        if pictures[0][0]._whole:
            raise ArithmeticError("all of it")
        return [look.add(float(frame.image.mean())) for look, frame in pictures]

    def add(self, level: float) -> Said | Exception:
        if level == 0:
            return ArithmeticError("it is dark")
        self._sum += level
        return [Measured("sum", self._sum)]


@pytest.fixture(autouse=True)
def _forget() -> None:
    SumsLook.asked = []


@given(st.lists(st.lists(st.integers(1, 200), min_size=3, max_size=3), max_size=6))
def test_together_is_as_alone(levels: list[list[int]]) -> None:
    def cameras() -> list[Looking]:
        return [Looking(f"c{n}", {"sums": Sums(), "bright": Bright()}) for n in range(3)]

    SumsLook.asked = []
    together, alone = cameras(), cameras()
    for n, row in enumerate(levels):
        pictures = [(one, Frame(float(n), picture(level))) for one, level in zip(together, row, strict=True)]
        got = look_together(pictures)
        assert got == [one.look(frame) for one, (_, frame) in zip(alone, pictures, strict=True)]
    assert SumsLook.asked == [3, 1, 1, 1] * len(levels)


@pytest.mark.parametrize(
    "whole, failing",
    [pytest.param(False, ["b"], id="one-fails"), pytest.param(True, ["a", "b", "c"], id="all-of-it-fails")],
)
def test_who_fails_costs_no_other(whole: bool, failing: list[str]) -> None:
    failed: list[str] = []

    def camera(name: str) -> Looking:
        return Looking(name, {"sums": Sums(whole=whole), "bright": Bright()}, failed=lambda _, __: failed.append(name))

    cameras = [camera(name) for name in "abc"]
    got = look_together([(one, Frame(1e9, picture(0 if one.camera == "b" else 7))) for one in cameras])
    assert failed == failing
    for one, messages in zip(cameras, got, strict=True):
        assert (b'"sum"' in b"".join(payload for _, payload in messages)) == (one.camera not in failing)
        assert b'"brightness"' in b"".join(payload for _, payload in messages)


# ---- who is taken together -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "waiting, taken",
    [
        pytest.param("abc", ["ac", "b"], id="those-that-may"),
        pytest.param("bac", ["b", "ac"], id="not-with-one-that-may-not"),
        pytest.param("acdef", ["acd", "ef"], id="so-many-at-most"),
        pytest.param("", [""], id="none"),
    ],
)
def test_who_is_taken_together(waiting: str, taken: list[str]) -> None:
    newest: Newest[int] = Newest()
    for name in waiting:
        newest.put(name, 1)
    got = ["".join(name for name, _ in newest.take(0.0, 3, lambda name: name != "b")) for _ in taken]
    assert got == taken


# ---- a real session --------------------------------------------------------------------------------------------------


def test_pictures_of_several_cameras_go_through_a_model_in_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in ("onnx", "onnxruntime", "trackers"):
        pytest.importorskip(each, reason="needs gridwatch[cameras]")
    from cameras.inference import Session
    from cameras.models import Model
    from cameras.watchers.object_detector import ObjectDetector
    from tests.cameras.tiny_model import tiny

    given = ObjectDetector(model=Model(file=tiny(tmp_path / "tiny.onnx")), classes=("person", "car"), labels=("car",))
    batches: list[int] = []
    find = Session._find

    def counted(self: Session, asked: Any) -> Any:
        batches.append(len(asked))
        return find(self, asked)

    monkeypatch.setattr(Session, "_find", counted)

    def shown(camera: int, n: int) -> Any:
        image = np.full((64, 64, 3), 90, np.uint8)
        x = 8 * ((n // 3 + camera) % 7)
        image[8 * camera : 8 * camera + 8, x : x + 8] = 250
        return Frame(1_714_521_600.0 + 0.5 * n, image)

    together, alone = ([Looking(f"c{n}", {"objects": given}) for n in range(4)] for _ in range(2))
    cars = 0
    for n in range(10):
        got = look_together([(one, shown(camera, n)) for camera, one in enumerate(together)])
        assert got == [one.look(shown(camera, n)) for camera, one in enumerate(alone)]
        cars += sum(payload.count(b'"car"') for messages in got for _, payload in messages)
    assert batches == [4, 1, 1, 1, 1] * 10
    assert cars > 10
