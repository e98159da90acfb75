"""`gridwatch record`, as a process, on a real broker: by itself, by a configuration, beside a running system."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gridwatch.cli import app
from pipeline.entries import Kind
from replay.recording import CONFIGURATION, find_recording
from tests.runtime.conftest import run, town
from tests.runtime.kit import Run, Town, judged, replayed
from tests.services.mosquitto import mosquitto
from tests.services.wait import until

__all__ = ["mosquitto", "run", "town"]
pytestmark = pytest.mark.service
ROOT = Path(__file__).resolve().parents[2]
Recorder = Callable[..., "Process"]


class Process:
    """`gridwatch record TO …`."""

    def __init__(self, to: Path, *words: object) -> None:
        self.to, self.err = to, to.parent / f"{to.name}.err"
        command = [sys.executable, "-m", "gridwatch.cli", "record", str(to), *map(str, words)]
        with self.err.open("wb") as err:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=err, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True
            )

    def topics(self) -> list[str]:
        """Of what has been recorded so far."""
        recording = find_recording(self.to)
        if recording is None:
            return []
        found = []
        for piece in recording.reader().read():
            kinds, topics = (piece.batch.column(name).to_pylist() for name in ("kind", "topic"))
            found += [topic for kind, topic in zip(kinds, topics, strict=True) if kind == Kind.DELIVERY]
        return found

    def records(self, send: Callable[[int], None], count: int = 1) -> None:
        """Send, again and again, until so much has been recorded."""
        numbers = itertools.count()

        def enough() -> bool:
            assert self.process.poll() is None, self.err.read_text()
            send(next(numbers))
            return len(self.topics()) >= count

        until(enough, "something to be recorded", every=0.2)

    def ends(self) -> str:
        """Ctrl-C; what it says at last."""
        self.process.send_signal(signal.SIGINT)
        said, _ = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, self.err.read_text()
        return said


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    made: list[Process] = []

    def start(*words: object) -> Process:
        made.append(Process(tmp_path / f"recording-{len(made)}", *words))
        return made[-1]

    yield start
    for each in made:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()


def gridwatch(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_broker_without_a_configuration(town: Town, recorder: Recorder) -> None:
    process = recorder("--broker", f"127.0.0.1:{town.broker.port}", "--topic", f"{town.name}/+/gps")
    process.records(lambda n: town.send([("T1", n, 90.0), ("B1", n, 90.0)]), count=3)
    assert "deliveries" in process.ends()
    assert set(process.topics()) == {f"{town.name}/T1/gps"}
    assert "--config FILE" in gridwatch("replay", process.to).stderr
    result = gridwatch("replay", process.to, "--config", town.file, "--json", "-")
    assert result.exit_code == 0, result.output
    # what it recorded is of a source called mqtt, which that configuration has not
    assert result.stdout == ""


def test_by_a_configuration_beside_whoever_listens(town: Town, run: Run, recorder: Recorder) -> None:
    running = run()
    process = recorder("--config", town.file, "--live")
    process.records(lambda n: town.send([("T1", n, 90.0)]))
    process.ends()
    judged(running, 1)
    assert running.rows > 0, "the running system was not thrown out"
    result = gridwatch("replay", process.to, "--json", "-")
    assert '"rule": "overspeed"' in result.stdout


def test_beside_a_running_system(town: Town, run: Run, recorder: Recorder) -> None:
    running = run()
    town.send([("T1", 0, 90.0), ("T1", 1, 40.0)])
    judged(running, 2)
    process = recorder("--config", town.file, "--subject", "T2")
    until(lambda: "Recording to" in process.err.read_text(), "it to begin")
    process.records(lambda n: town.send([("T1", 2 * n + 10, 90.0), ("T2", 2 * n + 10, 90.0), ("T2", 2 * n + 11, 40.0)]))
    process.ends()
    assert set(process.topics()) == {f"{town.name}/T2/gps"}
    assert (process.to / CONFIGURATION).exists()
    assert '"subject": "T2"' in replayed(process.to)
    assert '"subject": "T1"' not in replayed(process.to)


@pytest.mark.parametrize(
    "words, told",
    [
        pytest.param(["--broker", "x", "--live"], "leave --config and --live out", id="two-ways"),
        pytest.param(["--broker", "x", "--subject", "a"], "Record without --subject", id="subjects-of-a-broker"),
        pytest.param(["--broker", "x:y"], "HOST:PORT", id="no-port"),
        pytest.param(["--broker", "x", "--topic", "a/#/b"], "expected a topic filter", id="no-filter"),
        pytest.param(["--broker", "x", "--password-env", "NOT_THERE"], "'NOT_THERE' is not set", id="no-password"),
        pytest.param(["--for", "10"], "expected a duration", id="no-duration"),
        pytest.param([], "There is no city.yaml", id="no-city"),
    ],
)
def test_wrong_use(words: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = gridwatch("record", tmp_path / "new", *words)
    assert result.exit_code == 2
    assert told in result.stderr.replace("\n", " ")
    assert not (tmp_path / "new").exists()
