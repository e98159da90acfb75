"""A city that platforms report to: what they send later, after a break or our own restart, comes to the same cases."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from connectors.jt809.gateway import Jt809Receiver
from pipeline.runtime.embedded import Embedded
from tests.connectors.jt809.simulated import PASSWORD, PLATE, PLATFORM, USER, Link, Words, batches
from tests.runtime.kit import Lines
from tests.services.wait import until

CITY = """\
city: test
time_zone: Asia/Shanghai
data: data
metrics: null
registers: {vehicles: vehicles.csv, devices: devices.csv, datum: WGS-84, speed_limits: {default: 60 km/h}}
time: {tick: 50ms}
sources:
  fleet: {type: jt809, port: 0, platforms_env: PLATFORMS}
streams:
  gps: {source: fleet, topic: "jt809/{platform}/+", codec: jt809, gap: 60s}
rules:
  - {id: overspeed, detector: overspeed, category: vehicle.overspeed, for: 20s, clear: 10s, gap: 60s}
"""
SPEEDS = [90.0 if 100 <= t <= 200 or 400 <= t <= 460 else 40.0 for t in range(0, 600, 10)]
"""Every 10 s."""


def start(folder: Path) -> tuple[Embedded, int]:
    city = Embedded(folder / "city.yaml", {}, log=Lines())
    city.start()
    assert city._sources is not None
    (receiver,) = [each for _, each in city._sources._working.values()]
    assert isinstance(receiver, Jt809Receiver)
    until(lambda: receiver.status.connected_since is not None, "it to listen")
    return city, receiver.port


def send(port: int, words: Words, began: float, live: Sequence[int], late: Sequence[int] = ()) -> None:
    """What a platform has, by number of the place; first what it could not send before."""
    with Link(port, words) as link:
        link.come_in()
        held = [words.place(began + 10 * n, SPEEDS[n]) for n in late]
        link.send(*(words.late(some) for some in batches(held)))
        link.send(*(words.live(began + 10 * n, SPEEDS[n]) for n in live))
        link.settled()


@pytest.mark.parametrize("v2019", [False, True], ids=["2011", "2019"])
@pytest.mark.parametrize(
    "live, late, restart",
    [
        #             live until        sent later        then
        pytest.param([range(60)], [()], False, id="without-a-break"),
        pytest.param([range(8), range(30, 60)], [(), range(8, 30)], False, id="a-break"),
        pytest.param([range(15), range(15, 60)], [(), range(10, 15)], False, id="some-of-it-twice"),
        pytest.param([range(12), range(42, 60)], [(), range(9, 42)], True, id="we-were-away"),
    ],
)
def test_what_is_sent_later_comes_to_the_same_cases(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    v2019: bool,
    live: list[range],
    late: list[range],
    restart: bool,
) -> None:
    monkeypatch.setenv("PLATFORMS", f"platform,user,password\n{PLATFORM},{USER},{PASSWORD}\n")
    (tmp_path / "vehicles.csv").write_text("id,class,valid_from\nT1,muck_truck,2020-01-01\n")
    (tmp_path / "devices.csv").write_text(f"device,subject,valid_from\n{PLATE},T1,2020-01-01\n")
    (tmp_path / "city.yaml").write_text(CITY, "utf-8")
    words, began = Words(v2019=v2019), float(int(time.time())) - 1000.0
    city, port = start(tmp_path)
    try:
        for n, (now, before) in enumerate(zip(live, late, strict=True)):
            if n and restart:
                city.stop()
                city, port = start(tmp_path)
            send(port, words, began, now, before)
        until(lambda: len(city.cases.list()) == 2, "two cases")
        found = [
            (case.subject, case.started - began, case.ended and case.ended - began)
            for case in sorted(city.cases.list(), key=lambda each: each.started)
        ]
        assert city._opened.engine.counts["undecodable"] == 0
    finally:
        city.stop()
    assert found == [("T1", 100.0, 210.0), ("T1", 400.0, 470.0)]
