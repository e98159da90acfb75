"""smoke and standing_water on real clips in which there is neither: nothing is told."""

from __future__ import annotations

import pytest

from benchmarks.bins import DATA
from cameras.watcher import Frame, Measured, View
from cameras.watchers.smoke import Smoke
from cameras.watchers.standing_water import StandingWater
from pipeline.units import Quantity


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "clip",
    ["video/residential_street.mp4", "video/motorway_720p.mp4", "video/car-detection.mp4", "roadtrack/K295_179.mp4"],
)
def test_nothing_is_told_where_nothing_is(clip: str) -> None:
    av, due, told = pytest.importorskip("av"), 0.0, set()
    if not (DATA / clip).exists():
        pytest.skip(f"there is no {clip}")
    looks = [
        Smoke(report=Quantity(0.0)).begin(View("road")),
        StandingWater(each=Quantity(1.0), report=Quantity(0.0), settle=Quantity(10.0)).begin(View("road")),
    ]
    with av.open(str(DATA / clip)) as opened:
        for picture in opened.decode(video=0):
            if picture.time + 1e-6 >= due:
                due += 1.0
                frame = Frame(picture.time, picture.to_ndarray(format="bgr24"))
                told |= {(m.metric, m.value) for look in looks for m in look.look(frame) if isinstance(m, Measured)}
    assert told == {("smoke", 0.0), ("standing_water", 0.0)}
