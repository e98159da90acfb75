"""The demo's cameras: what its rules find in the drawn clips is what the clips say is wrong, and nothing else.

By `camera watch`, over real RTSP, and in the demo itself. Where time is short the clips are played faster, and what the
configuration says in seconds is as much shorter.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

pytest.importorskip("av", reason="needs gridwatch[cameras]")

from cameras.settings import CamerasSettings
from cameras.supervisor import Supervisor
from cases.case import Case
from gridwatch.camera_section import CameraCity, load_cameras
from gridwatch.cli import demo_cameras
from gridwatch.cli.demo import run_demo, working_copy
from gridwatch.cli.demo_cameras import DemoCameras
from gridwatch.cli.demo_city import DemoCity
from gridwatch.watching import ORIGIN, Clip, clip
from pipeline.runtime.logs import logger
from replay.simulator.pictures import MAKERS, clips, write, write_picture
from replay.simulator.pictures import Clip as Drawn
from tests.services.rtsp import RtspServer, of_file
from tests.services.wait import until

RULE = {"dumped": "dumping", "bin_full": "bin-overflow"}
"""Which rule finds what is wrong in a clip."""
LATER = {"dumped": 30.0, "bin_full": 0.0}
"""When that is wrong by the rule: a heap has lain for half a minute."""
SLACK = {"dumped": 5.0, "bin_full": 12.0}
"""A reading is the median of ten seconds and is told each five."""


@pytest.fixture(scope="module")
def drawn() -> dict[str, Drawn]:
    return clips(1)


def prepared(folder: Path, drawn: Mapping[str, Drawn], *different: tuple[str, str]) -> Path:
    """The demo's configuration in a folder, with the picture of the empty container. different: text, its place."""
    config = working_copy(folder)
    text = config.read_text("utf-8")
    for old, new in different:
        assert old in text
        text = text.replace(old, new)
    config.write_text(text, "utf-8")
    write_picture(drawn["yard"], folder / "clips" / "yard-empty.png")
    return config


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_the_configuration_has_the_zones_of_the_clips(tmp_path: Path, drawn: dict[str, Drawn], name: str) -> None:
    camera = load_cameras(working_copy(tmp_path)).camera(name)
    zones = {zone: [tuple(corner) for corner in area.corners] for zone, area in camera.settings.zones.items()}
    assert zones == {zone: list(corners) for zone, corners in drawn[name].zones.items()}
    assert camera.settings.url.endswith(f"clips/{name}.mp4")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(MAKERS))
def test_watching_a_clip_finds_what_is_wrong_in_it_each_time_it_is_played(
    tmp_path: Path, drawn: dict[str, Drawn], name: str
) -> None:
    config, film, file = prepared(tmp_path, drawn), drawn[name], tmp_path / "clip.mp4"
    write(film, file, end=film.seconds + 75.0)
    watched = clip(file, load_cameras(config), name)
    watched.watch()
    cases = watched.opened().judge().cases
    assert [case.rule for case in cases] == [RULE[wrong.what] for wrong in film.happenings for _ in range(2)]
    for n, case in enumerate(cases):
        (wrong,) = film.happenings
        began = wrong.started + n * film.seconds + LATER[wrong.what]
        assert 0.0 <= case.started - ORIGIN - began + 1.0 <= SLACK[wrong.what] + 1.0
        if n == 0:
            assert wrong.ended - 5.0 <= case.ended - ORIGIN <= wrong.ended + 20.0
        if wrong.what == "dumped":
            assert inside(watched, case, wrong.box)


def inside(watched: Clip, case: Case, box: tuple[float, float, float, float]) -> bool:
    """Whether most of something that the camera saw when the case began is where it is wrong, and the other way."""
    from gridwatch.watching_video import objects

    seen = next(found for ts, found in objects(watched) if ts >= case.started)
    return any(shared(one.box, box) > 0.5 for one in seen)


def shared(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    """What two boxes share, of what they cover together."""
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(wide, 0.0) * max(high, 0.0)
    return both / (one[2] * one[3] + other[2] * other[3] - both)


FASTER = 2
QUICK = (
    ("static_object: {}", "static_object: {settle: 2s, learn: 2s}"),
    ("each: 2s, report: 5s, settle: 10s", "each: 1s, report: 1s, settle: 3s"),
    ("still: 30s", "still: 10s"),
    ("still: 25s", "still: 8s"),
    ("metric: fullness_seen\n    for: 10s", "metric: fullness_seen\n    for: 2s"),
)
"""The clips are played twice as fast."""
LATE, SLOW = 9.0, 6.0
"""Seconds of a live stream that may have gone by before a busy machine sees its first picture, and by which it may find
later what it skips pictures of."""


@pytest.mark.service
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_over_rtsp_the_same_is_found(
    tmp_path: Path, drawn: dict[str, Drawn], rtsp_server: Callable[..., RtspServer]
) -> None:
    starts = {"roadside": 88.0, "street": 22.0, "yard": 12.0}
    addresses = []
    for name, start in starts.items():
        write(drawn[name], tmp_path / f"{name}.mp4", start=start, end=start + 64.0, faster=FASTER)
        url = rtsp_server(launch=of_file(tmp_path / f"{name}.mp4")).url
        addresses.append((f"url: clips/{name}.mp4\n    fps: 5\n    loop: true", f"url: {url}\n    fps: 5"))
    cameras = load_cameras(prepared(tmp_path / "demo", drawn, *QUICK, *addresses))
    watched = looked(cameras, 64.0 / FASTER - 1.0)
    found = {name: each.opened().judge().cases for name, each in watched.items()}
    assert {name: [case.rule for case in cases] for name, cases in found.items()} == {
        name: [RULE[wrong.what] for wrong in drawn[name].happenings] for name in starts
    }
    dumped, full = found["roadside"][0], found["yard"][0]
    heap = drawn["roadside"].happenings[0]
    lies = (heap.started + drawn["roadside"].seconds - starts["roadside"]) / FASTER + 10.0
    assert -LATE < dumped.started - watched["roadside"].start - lies < SLOW
    assert inside(watched["roadside"], dumped, heap.box)
    over = (drawn["yard"].happenings[0].started - starts["yard"]) / FASTER
    assert -LATE < full.started - watched["yard"].start - (over + 2.0) < SLOW


def looked(cameras: CameraCity, seconds: float) -> dict[str, Clip]:
    """What live cameras say of the first so many seconds of their streams, which end."""
    there = cameras.cameras
    said: dict[str, Clip] = {}

    def hear(topic: str, payload: bytes) -> None:
        _, name, what = topic.split("/")
        if what == "health":
            return
        ts = float(msgspec.json.decode(payload)["ts"])
        one = said.setdefault(name, Clip(Path(name), there[name], cameras.city, ts))
        if ts <= one.start + seconds:
            one.said.append((ts, topic, payload))
            one.last = ts

    settings = CamerasSettings(cameras={name: each.settings for name, each in there.items()})
    supervisor = Supervisor(
        settings, {name: each.watchers for name, each in there.items()}, hear, logger(io.StringIO())
    )
    supervisor.start()
    try:
        until(
            lambda: len(said) == len(there) and all(each.last > each.start + seconds - 2.0 for each in said.values()),
            "all cameras to see their streams to the end",
            seconds=150.0,
        )
    finally:
        supervisor.stop()
    return said


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_in_the_demo_each_is_one_case_and_the_street_has_none(
    tmp_path: Path, drawn: dict[str, Drawn], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looking: list[int] = []
    look = DemoCameras.look

    def note(cameras: DemoCameras) -> None:
        look(cameras)
        looking.append(cameras.looking)

    monkeypatch.setattr(DemoCameras, "look", note)
    prepared(tmp_path, drawn, *QUICK)
    for name, film in drawn.items():
        write(film, tmp_path / "clips" / f"{name}.mp4", faster=FASTER)

    def factory(config: Path, different: Mapping[str, Any]) -> DemoCity:
        return DemoCity(config, different, log=logger(io.StringIO()), port=0)

    watch = run_demo(factory, headless=True, seconds=60.0, folder=tmp_path, cameras=True)
    seen = [(case.rule, case.subject) for case in watch.cases if case.rule in RULE.values()]
    assert sorted(seen) == [("bin-overflow", "yard-2"), ("dumping", "roadside")]
    assert not [case.rule for case in watch.cases if case.rule.startswith("camera-")]
    assert "3 cameras look" in capsys.readouterr().out
    kept = {path.suffix for path in (tmp_path / "var" / "evidence").rglob("*")}
    assert {".jpg", ".mp4"} <= kept
    assert looking[0] == 0
    assert looking[-2] == 3


def test_without_the_extra_the_demo_says_so_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_cameras, "find_spec", lambda _: None)
    cameras = DemoCameras(working_copy(tmp_path), 1, 1)
    cameras.start()
    cameras.look()
    assert cameras.said == "No cameras: they need av: pip install 'gridwatch[cameras]'"
    assert cameras.looking == 0
    cameras.stop()


@pytest.mark.parametrize(
    "different, said",
    [
        pytest.param(("cameras:\n  roadside:", "notes:\n  roadside:"), "", id="no-cameras"),
        pytest.param(("fps: 5", "fps: -5"), "No cameras: ", id="a-fault"),
    ],
)
def test_a_configuration_of_ones_own(tmp_path: Path, different: tuple[str, str], said: str) -> None:
    config = working_copy(tmp_path)
    text = config.read_text("utf-8").replace(*different)
    config.write_text(text[: text.index("evidence:")] + text[text.index("streams:") :], "utf-8")
    cameras = DemoCameras(config, 1, 1)
    cameras.start()
    assert cameras.said.startswith(said)
    assert bool(cameras.said) == bool(said)
    assert not (tmp_path / "clips").exists()
    cameras.stop()


def test_where_nothing_can_be_drawn_it_says_where_the_reason_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    cameras = DemoCameras(working_copy(tmp_path), 1, 1)
    cameras.start()

    def said() -> str:
        cameras.look()
        return cameras.said

    until(said, "the drawing to fail")
    assert cameras.said == f"No cameras: their pictures could not be drawn; see {tmp_path / 'clips' / 'drawing.log'}"
    cameras.stop()


def test_it_ends_while_it_draws(tmp_path: Path) -> None:
    cameras = DemoCameras(working_copy(tmp_path), 1, 1)
    cameras.start()
    cameras.look()
    assert (cameras.said, cameras.looking) == ("", 0)
    cameras.stop()
    cameras.look()
    assert cameras.said == ""
    assert not list((tmp_path / "clips").glob("*.mp4"))
