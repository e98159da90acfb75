"""`gridwatch camera watch` with `presence`: who trades on a pavement is one case, although its customers come and go.

0 s    6       12                                  52        60      t
       learnt  a stall, and customers one by one   all gone  the end
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gridwatch.cli import app

for each in ("av", "cv2"):
    pytest.importorskip(each, reason="needs gridwatch[cameras]")

CITY = """
city: market
time_zone: UTC
sources:
  cameras: {type: import, tick: 500ms, down: 1h}
cameras:
  market:
    url: rtsp://camera.example/1
    fps: 2
    zones:
      pavement: [[0.1, 0.45], [0.6, 0.45], [0.6, 0.66], [0.1, 0.66]]
      lane: [[0, 0.66], [1, 0.66], [1, 1], [0, 1]]
    watchers:
      presence: {}
streams:
  zones:
    source: cameras
    topic: cameras/{camera}/sightings
    codec: sightings
    rows: presence
    unknown: accept
    labels: [presence]
    zones: [pavement, lane]
    gap: 30s
rules:
  - id: trading
    detector: occupied
    category: street.trading
    clear: 3s
    gap: 30s
    parameters: {still: 20s, score: 0 %, zones: [pavement]}
"""


def film(file: Path, trades: bool) -> Path:
    """A street with traffic; where somebody trades, a stall and its customers too. H.264, two pictures a second."""
    import av

    from tests.cameras.drawn import PERSON, Look, Moves, Stays, Street, Thing, traffic

    things: list[Thing] = [*traffic(60, y=0.85)]
    if trades:
        stall = Look((0.10, 0.10), (60, 90, 170), rough=22, seed=11)
        paths = [[(t, 0.0, 0.63), (t + 2, 0.2, 0.63), (t + 5, 0.2, 0.63), (t + 8, 0.0, 0.63)] for t in range(14, 44, 6)]
        things += [Stays((0.3, 0.62), stall, since=12, until=52), *(Moves(PERSON, path) for path in paths)]
    with av.open(str(file), "w") as out:
        stream: Any = out.add_stream("libx264", rate=2)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.time_base = Fraction(1, 2)
        stream.options = {"preset": "veryfast", "crf": "20"}
        for n, frame in enumerate(Street(320, 180).film(60.0, every=0.5, things=things, quality=95)):
            picture = av.VideoFrame.from_ndarray(frame.image, format="bgr24")
            picture.pts = n
            out.mux(stream.encode(picture))
        out.mux(stream.encode())
    return file


def cases(folder: Path, clip: Path) -> list[dict[str, Any]]:
    (folder / "city.yaml").write_text(CITY, "utf-8")
    words = ["camera", "watch", str(clip), "--config", str(folder / "city.yaml"), "--json", str(folder / "out")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in (folder / "out").read_text("utf-8").splitlines()]


def test_who_trades_on_a_pavement_is_one_case(tmp_path: Path) -> None:
    (case,) = cases(tmp_path, film(tmp_path / "clip.mp4", trades=True))
    assert (case["category"], case["subject"], case["place"]) == ("street.trading", "market", "pavement")
    begun, ended = (datetime.fromisoformat(case[key]).astimezone(UTC).timestamp() for key in ("started", "ended"))
    assert ended - begun == pytest.approx(52.0 - 32.0, abs=3.0)


def test_traffic_beside_a_pavement_is_none(tmp_path: Path) -> None:
    assert cases(tmp_path, film(tmp_path / "clip.mp4", trades=False)) == []
