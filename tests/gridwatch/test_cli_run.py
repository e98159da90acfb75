"""`gridwatch run` as a process: what it says, what signals do, how it ends, a disk that is really full."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.store import FILE, Store
from tests.runtime.kit import Town, drive, public, replayed
from tests.services.mosquitto import Mosquitto, Running, mosquitto
from tests.services.wait import until

__all__ = ["mosquitto"]
ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "gridwatch.cli", "run"]


class Process:
    """`gridwatch run` with its output in files."""

    def __init__(self, town: Town, *before: str) -> None:
        self.out, self.err = town.folder / "out", town.folder / "err"
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with self.out.open("ab") as out, self.err.open("ab") as err:
            self.process = subprocess.Popen(
                [*before, *COMMAND, str(town.folder)], stdout=out, stderr=err, cwd=town.folder, env=environment
            )

    def says(self, what: str, times: int = 1) -> None:
        """Wait until it has said so."""

        def said() -> bool:
            assert self.process.poll() is None, self.err.read_text()
            return self.err.read_text().count(what) >= times

        until(said, f"'{what}'")

    def ends(self) -> int:
        """Its exit code."""
        return self.process.wait(60)

    def kill(self, number: signal.Signals) -> int:
        """Send a signal; its exit code."""
        self.process.send_signal(number)
        return self.ends()


@pytest.fixture
def town(tmp_path: Path, mosquitto: Mosquitto | Running) -> Town:
    return Town(tmp_path / "town", mosquitto)


@pytest.fixture
def processes() -> Iterator[list[Process]]:
    made: list[Process] = []
    yield made
    for each in made:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()


def stored(town: Town, count: int) -> None:
    """Wait until so many cases are stored."""

    def enough() -> bool:
        if not (town.data / FILE).exists():
            return False
        with Store(town.data / FILE, read_only=True) as store:
            return len(store.list()) >= count

    until(enough, f"{count} cases")


def test_it_says_what_it_does_and_ends_in_order(town: Town, processes: list[Process]) -> None:
    process = Process(town)
    processes.append(process)
    process.says("fleet: connected to")
    town.send([("T1", 0, 90), ("T1", 1, 40)])
    stored(town, 1)
    town.write(**{"detector: overspeed": "detector: overspede"})
    process.process.send_signal(signal.SIGHUP)
    process.says("did you mean 'overspeed'?")
    town.write(hold="10s")
    process.process.send_signal(signal.SIGHUP)
    process.says("the configuration was read again")
    assert process.kill(signal.SIGTERM) == 0
    said = process.out.read_text()
    assert "test: 2 rules on fleet" in said
    assert f"data: {town.data}" in said
    assert '"level": "error"' in process.err.read_text(), "lines are JSON where there is no terminal"
    with Store(town.data / FILE, read_only=True) as store:
        assert public(store.list()) == replayed(town.data)


def test_killed_again_and_again_it_comes_to_the_same_cases(town: Town, processes: list[Process]) -> None:
    town.write(every="200ms")
    seconds = iter(range(0, 200, 20))
    for n in range(4):
        process = Process(town)
        processes.append(process)
        process.says("fleet: connected to", times=n + 1)
        first = next(seconds)
        town.send(drive(range(first, first + 20)))
        assert process.kill(signal.SIGKILL) == -signal.SIGKILL  # whatever it had got done by then
        town.send(drive(range(next(seconds), first + 40)))  # the broker keeps these
    process = Process(town)
    processes.append(process)
    stored(town, 16 * 3)
    assert process.kill(signal.SIGTERM) == 0
    with Store(town.data / FILE, read_only=True) as store:
        found = store.list()
    assert public(found) == replayed(town.data)
    # Each truck is too fast for 4 of every 10 seconds: by hand, the seconds at which it begins to be.
    began = {(f"T{n}", town.began + s) for n in (1, 2, 3) for s in range(160) if (s + 3 * n) % 10 == 0 or _first(s, n)}
    assert {(case.subject, case.started) for case in found} == began
    assert len(found) == len(began), "none twice"


def _first(second: int, truck: int) -> bool:
    return second == 0 and (3 * truck) % 10 < 4


def test_what_keeps_it_from_starting_is_said_plainly(town: Town, processes: list[Process]) -> None:
    town.write(**{"for: 0s": "for: 1"})
    faulty = Process(town)
    processes.append(faulty)
    assert faulty.ends() == 1
    assert "expected a duration" in faulty.err.read_text()
    town.write()
    first = Process(town)
    processes.append(first)
    first.says("fleet: connected to")
    second = Process(town)
    processes.append(second)
    assert second.ends() == 3
    assert "another process" in second.err.read_text()
    assert "Traceback" not in second.err.read_text()


def test_on_a_full_disk_it_waits_and_goes_on(town: Town, processes: list[Process]) -> None:
    # A file system of 8 MB for the data, 2 of them free, in a mount name space that ends with the process.
    town.write(every="200ms")
    town.data.mkdir()
    own_mounts = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    mount = f"mount -t tmpfs -o size=8m tmpfs '{town.data}'"
    if subprocess.run([*own_mounts, mount], capture_output=True, check=False).returncode != 0:
        pytest.skip("needs a mount name space of its own: run as root or allow unprivileged user name spaces")
    filler = f"{mount} && head -c 6000000 /dev/zero > '{town.data}/filler' && exec \"$@\""
    process = Process(town, *own_mounts, filler, "sh")
    processes.append(process)
    process.says("fleet: connected to")
    inside = Path(f"/proc/{process.process.pid}/root{town.data}")
    big = [(f"{town.name}/T1/gps", os.urandom(100_000)) for _ in range(40)]
    town.raw(big)
    town.send(drive(range(20)))
    process.says("Nothing is acknowledged")
    assert process.process.poll() is None
    (inside / "filler").unlink()
    process.says("the journal takes deliveries again")

    def all_there() -> bool:
        copy = town.folder / "copy"  # SQLite follows no path into another name space
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for file in inside.glob(f"{FILE}*"):
            shutil.copy(file, copy)
        with Store(copy / FILE) as store:
            return len(store.list()) >= 6

    until(all_there, "the cases of what was sent while there was no room")
    assert process.kill(signal.SIGTERM) == 0
