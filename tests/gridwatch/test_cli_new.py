"""`gridwatch new`: what it writes is clean, installs as people do it, passes its own tests, works in a city."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gridwatch.cli import app
from gridwatch.cli.new import GUIDES, Kind
from tests.docs_pages import ROOT, anchors
from tests.services.wait import until


def gridwatch(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@dataclass
class Package:
    """One that was written and installed."""

    kind: Kind
    folder: Path
    site: Path

    @property
    def name(self) -> str:
        return f"my_{self.kind}"

    def run(self, *words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """`python …` where both gridwatch and the package are installed."""
        environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{self.site}"}
        command = [sys.executable, *map(str, words)]
        return subprocess.run(
            command, cwd=cwd or self.folder, env=environment, capture_output=True, text=True, timeout=200, check=False
        )

    def gridwatch(self, *words: object) -> str:
        """What a command prints."""
        done = self.run("-m", "gridwatch.cli", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def written(kind: Kind, folder: Path) -> Package:
    result = gridwatch("new", kind, f"my_{kind}", "--to", folder / "package")
    assert result.exit_code == 0, result.output
    package = Package(kind, folder / "package", folder / "site")
    command = ("-m", "pip", "install", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--quiet")
    done = package.run(*command, "--target", package.site, package.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return package


@pytest.fixture(scope="module", params=list(Kind))
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Package:
    return written(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def of_kind(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Kind], Package]:
    return lambda kind: written(kind, tmp_path_factory.mktemp(kind))


def test_its_own_tests_pass(package: Package) -> None:
    done = package.run("-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_it_is_clean(package: Package) -> None:
    for command in (["check"], ["format", "--check"]):
        done = package.run("-m", "ruff", *command, "--no-cache", ".")
        assert done.returncode == 0, done.stdout + done.stderr
    files = [path for path in package.folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert [path for path in files if re.search("__[A-Z]+__", path.read_text("utf-8"))] == []


@pytest.mark.slow
def test_its_types_are_clean(package: Package, tmp_path_factory: pytest.TempPathFactory) -> None:
    cache = tmp_path_factory.getbasetemp() / "mypy"
    done = package.run("-m", "mypy", ".", "--cache-dir", cache)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_listed_with_whose_it_is(package: Package) -> None:
    found = [json.loads(line) for line in package.gridwatch("list", f"{package.kind}s", "--json").splitlines()]
    (mine,) = [each for each in found if each["name"] == package.name]
    assert mine["from"] == f"gridwatch-my-{package.kind} 0.1.0"
    assert mine["about"]
    assert mine["broken"] == ""


def test_editors_know_it(package: Package) -> None:
    schema = package.gridwatch("schema")
    assert f'"{package.name}"' in schema


def test_every_package_has_types() -> None:
    packages = ("gridwatch", "pipeline", "detectors", "connectors", "cameras", "cases", "console", "replay")
    assert [name for name in packages if not (ROOT / name / "py.typed").is_file()] == []


# ---- in a city -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_detector_finds_a_case(of_kind: Callable[[Kind], Package], tmp_path: Path) -> None:
    package = of_kind(Kind.detector)
    speeds = [30, 0, 0, 0, 30, 30]
    lines = [f"s1,{1714550400 + 10 * i},121.47,31.23,{speed},1" for i, speed in enumerate(speeds)]
    (tmp_path / "shift.csv").write_text("device,t,lon,lat,v,ign\n" + "\n".join(lines) + "\n")
    city = package.folder / "tests" / "city.yaml"
    words = ("import", tmp_path / "shift.csv", "--config", city, "--stream", "gps", "--to", tmp_path / "shift")
    package.gridwatch(*words)
    (case,) = [json.loads(line) for line in package.gridwatch("replay", tmp_path / "shift", "--json", "-").splitlines()]
    assert (case["rule"], case["started"], case["ended"]) == (
        "my_detector",
        "2024-05-01T08:00:10Z",
        "2024-05-01T08:00:40Z",
    )


@pytest.mark.slow
def test_a_codec_is_decoded(of_kind: Callable[[Kind], Package], tmp_path: Path) -> None:
    package = of_kind(Kind.codec)
    payloads = [(1714550400 + 60 * i).to_bytes(4, "big") + bytes([full, 0]) for i, full in enumerate([50, 90, 10])]
    lines = [
        json.dumps(
            {"tst": f"2024-05-01T08:0{i}:00Z", "topic": "bins/b1", "payload_base64": b64encode(payload).decode()}
        )
        for i, payload in enumerate(payloads)
    ]
    (tmp_path / "heard.log").write_text("\n".join(lines) + "\n")
    city = package.folder / "tests" / "city.yaml"
    words = ("import", tmp_path / "heard.log", "--config", city, "--format", "mosquitto", "--to", tmp_path / "heard")
    package.gridwatch(*words)
    (case,) = [json.loads(line) for line in package.gridwatch("replay", tmp_path / "heard", "--json", "-").splitlines()]
    assert (case["rule"], case["measure"], case["ended"]) == ("bin-full", 90.0, "2024-05-01T08:02:00Z")


class Bins(BaseHTTPRequestHandler):
    """A partner's bins, full."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps([{"id": "b1", "t": time.time(), "fill": 95}]).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def partner() -> Iterator[str]:
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Bins)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_port}/bins"
    serving.shutdown()
    serving.server_close()


@pytest.mark.slow
def test_a_connector_brings_what_becomes_a_case(
    of_kind: Callable[[Kind], Package], partner: str, tmp_path: Path
) -> None:
    package = of_kind(Kind.connector)
    text = (package.folder / "tests" / "city.yaml").read_text()
    city = tmp_path / "city.yaml"
    city.write_text(text.replace("http://127.0.0.1:9/bins", partner).replace("1min", "200ms") + "metrics: null\n")
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{package.site}"}
    log = (tmp_path / "log").open("wb")
    running = subprocess.Popen(
        [sys.executable, "-m", "gridwatch.cli", "run", str(city)], env=environment, stdout=log, stderr=log
    )

    def found() -> bool:
        assert running.poll() is None, (tmp_path / "log").read_text()
        done = package.run("-m", "gridwatch.cli", "cases", "list", "--config", city, "--json")
        return '"rule": "bin-full"' in done.stdout

    try:
        until(found, "the case", every=0.5)
    finally:
        running.terminate()
        running.wait(60)
        log.close()


@pytest.mark.slow
def test_a_watcher_looks_at_a_clip(of_kind: Callable[[Kind], Package], tmp_path: Path) -> None:
    for each in ("av", "cv2", "trackers"):
        pytest.importorskip(each, reason="needs gridwatch[cameras]")
    package = of_kind(Kind.watcher)
    dark_from(tmp_path / "clip.mp4", 50)
    city = package.folder / "tests" / "city.yaml"
    said = package.gridwatch("camera", "watch", tmp_path / "clip.mp4", "--config", city, "--json", "-")
    (case,) = [json.loads(line) for line in said.splitlines()]
    assert (case["rule"], case["subject"]) == ("dark", "gate")


def dark_from(path: Path, begin: int) -> None:
    """A clip of 20 s at 5 pictures a second that is black from one of them on."""
    import av
    import numpy as np

    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.time_base = Fraction(1, 5)
        for n in range(100):
            image = np.full((96, 160, 3), 0 if n >= begin else 120, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts = n
            out.mux(stream.encode(frame))
        out.mux(stream.encode())


# ---- wrong use -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, told",
    [
        pytest.param(["detector", "Brush-Up"], "expected small letters, digits and '_'", id="no-name"),
        pytest.param(["detector", "class"], "expected small letters, digits and '_'", id="a-keyword"),
        pytest.param(["detector", "overspeed"], "there is a detector 'overspeed' already", id="a-detector-of-ours"),
        pytest.param(["codec", "milesight"], "there is a codec 'milesight' already", id="a-codec-of-ours"),
        pytest.param(["connector", "kafka"], "there is a connector 'kafka' already", id="a-connector-of-ours"),
        pytest.param(["watcher", "smoke"], "there is a watcher 'smoke' already", id="a-watcher-of-ours"),
        pytest.param(["sink", "x1"], "'sink' is not one of", id="no-kind"),
    ],
)
def test_wrong_use(words: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = gridwatch("new", *words)
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


def test_it_never_overwrites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert gridwatch("new", "detector", "brush_up").exit_code == 0
    (tmp_path / "gridwatch-brush-up" / "mine").write_text("mine")
    again = gridwatch("new", "detector", "brush_up")
    assert again.exit_code == 2
    assert "stays as it is" in again.stderr


def test_the_pages_that_it_names_are_there() -> None:
    for named in GUIDES.values():
        file, _, heading = named.partition(", ")
        assert (ROOT / file).is_file()
        assert not heading or heading.lower().replace(" ", "-") in anchors(ROOT / file)
