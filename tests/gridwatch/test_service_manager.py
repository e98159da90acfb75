"""What systemd hears: on a real socket, as sd_notify(3) has it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridwatch.service_manager import ServiceManager
from pipeline.runtime.document import parse_document
from tests.gridwatch.test_cli_check import CITY
from tests.services.process import COMMAND, REPOSITORY


@pytest.fixture(params=["file", "abstract"])
def heard(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """The address as systemd gives it, and what listens there."""
    name = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name if request.param == "file" else "\0" + name)
        listening.settimeout(5)
        yield (name if request.param == "file" else "@" + name), listening


def test_a_life_is_told(heard: tuple[str, socket.socket]) -> None:
    address, listening = heard
    now = iter([100.0, 100.0, 105.0, 109.0, 110.0, 110.0, 119.0])
    manager = ServiceManager(
        {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, lambda: next(now)
    )
    manager.ready("demo:\n5 rules")
    for _ in range(5):
        manager.alive()
    manager.stopping()
    said = [listening.recv(1000).decode() for _ in range(4)]
    assert said == ["READY=1\nSTATUS=demo: 5 rules", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"]


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, id="nobody-listens"),
        pytest.param({"WATCHDOG_USEC": "1000000"}, id="a-watchdog-without-a-socket"),
        pytest.param({"NOTIFY_SOCKET": "/nowhere/at/all", "WATCHDOG_USEC": "x"}, id="a-socket-that-is-gone"),
    ],
)
def test_where_nobody_listens_nothing_happens(environment: dict[str, str]) -> None:
    manager = ServiceManager(environment)
    manager.ready("x")
    manager.alive()
    manager.stopping()


def test_a_watchdog_of_another_process_is_not_ours(heard: tuple[str, socket.socket]) -> None:
    address, listening = heard
    ServiceManager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}).alive()
    listening.setblocking(False)
    with pytest.raises(BlockingIOError):
        listening.recv(1000)


def test_a_city_says_that_it_is_ready_that_it_lives_and_that_it_ends(tmp_path: Path) -> None:
    """With no broker there: that is no reason not to be ready."""
    source = {"type": "mqtt", "host": "127.0.0.1", "port": 9, "client_id": "x", "subscribe": ["t/+"]}
    data = parse_document(CITY, "city").data | {"data": "var", "metrics": None, "sources": {"s": source}}
    (tmp_path / "city.yaml").write_text(json.dumps(data), "utf-8")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(60)
        environment = os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
        city = subprocess.Popen(
            [*COMMAND, "run", str(tmp_path)],
            cwd=REPOSITORY,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert listening.recv(1000).decode().startswith("READY=1\nSTATUS=")
            assert {listening.recv(1000) for _ in range(3)} == {b"WATCHDOG=1"}
            city.terminate()
            while (word := listening.recv(1000)) == b"WATCHDOG=1":
                pass
            assert word == b"STOPPING=1"
            assert city.wait(60) == 0
        finally:
            city.kill()
            city.wait(60)
