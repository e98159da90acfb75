"""The services: commands that exist, few rights, and systemd's own checks where it is here."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from gridwatch.cli import COMMANDS, GROUPS

UNITS = sorted((Path(__file__).resolve().parents[2] / "docker" / "systemd").glob("*.service"))
every_unit = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)

FIXED = {
    "User": ["gridwatch"],
    "NoNewPrivileges": ["true"],
    "CapabilityBoundingSet": [""],
    "ProtectSystem": ["strict"],
    "ProtectHome": ["true"],
    "PrivateTmp": ["true"],
    "PrivateDevices": ["true"],
    "SystemCallFilter": ["@system-service", "~@privileged @resources"],
    "Restart": ["on-failure"],
    "RestartPreventExitStatus": ["1 2"],
}


def settings(unit: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for line in unit.read_text("utf-8").splitlines():
        if re.match(r"\w+=", line):
            key, _, value = line.partition("=")
            found[key].append(value)
    return found


@every_unit
def test_a_service_may_little(unit: Path) -> None:
    found = settings(unit)
    assert {key: found[key] for key in FIXED} == FIXED
    assert found["MemoryMax"]
    assert found["WorkingDirectory"] == [f"/var/lib/{found['StateDirectory'][0]}"]


@every_unit
def test_it_starts_a_command_that_exists(unit: Path) -> None:
    (line,) = settings(unit)["ExecStart"]
    program, command = line.split()[:2]
    assert program == "/opt/gridwatch/bin/gridwatch"
    assert command in COMMANDS or command in GROUPS


def test_who_says_that_it_is_ready_is_waited_for_and_watched() -> None:
    """The commands that tell systemd of themselves (gridwatch/service_manager.py)."""
    speaking = {unit.stem for unit in UNITS if settings(unit)["Type"] == ["notify"]}
    assert speaking == {"gridwatch-run", "gridwatch-worker@", "gridwatch-console"}
    assert {unit.stem for unit in UNITS if settings(unit)["WatchdogSec"]} == speaking


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Copies that start a program which is here, so that nothing else is complained of."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is missing: apt-get install systemd (as root)")
    folder = tmp_path_factory.mktemp("units")
    for unit in UNITS:
        text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text("utf-8"))
        (folder / unit.name).write_text(text, "utf-8")
    return [str(folder / unit.name) for unit in UNITS]


@pytest.mark.service
def test_systemd_reads_them(units: list[str]) -> None:
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.service
def test_systemd_finds_them_hardly_exposed(units: list[str]) -> None:
    """Of 10, from 'unsafe'; 2.0 and below is 'OK'."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", *units],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, re.findall(r"→.*", done.stdout)
