"""event_to_console: how long from a vehicle's message to the case on every operator's screen?

Measures seconds on the wall from the moment before a message is sent to the broker until the page of an operator has
the case that follows from it (`event: cases` of GET /api/live). `gridwatch run` runs as it does in a city (MQTT source,
journal on the disk, judging, desk, store, console), while 2,000 vehicles report 5,000 messages a second, QoS 1, over a
real mosquitto, and 50 operators are connected, each of whom also asks where the vehicles are every two seconds, as the
map does. Ten messages a second are of a vehicle that is far too fast, each another one; each makes a case at once.
What is held against 1 s is the 99th percentile over all cases and operators; that every operator got every case is
verified. Broker, publisher and operators are processes beside it on the same machine.

    python -m benchmarks.event_to_console [--seconds 20] [--operators 50] [--rate 5000]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median, quantiles

import msgspec

from benchmarks.event_to_console_operators import operators
from benchmarks.result import Result, at_most, say
from tests.services.mosquitto import Mosquitto

LIMIT = 1.0
VEHICLES = 2_000
EVENTS = 10
"""A second."""
BURST = 0.01
"""Seconds between two bursts of the publisher."""
SECRET = "secret-of-a-benchmark-{:02d}"
TOKENS = 10
WARM = 3.0
"""Seconds of each run that don't count: connections begin."""


def configuration(folder: Path, broker: int, web: int) -> Path:
    """A city's file."""
    stream = {
        "source": "fleet",
        "topic": "fleet/{device}/gps",
        "codec": "json",
        "rows": "position",
        "subject": "{device}",
        "datum": "WGS-84",
        "unknown": "accept",
        "gap": "5min",
        "fields": {
            "ts": {"path": "ts", "unit": "unix_s"},
            "lon": {"path": "lon"},
            "lat": {"path": "lat"},
            "speed": {"path": "speed", "unit": "km/h"},
            "heading": {"path": "heading", "unit": "deg"},
        },
    }
    source = {"type": "mqtt", "host": "127.0.0.1", "port": broker, "client_id": "ours", "subscribe": ["fleet/+/gps"]}
    tokens = [{"name": f"o{n}", "token_env": f"OPERATOR_{n}", "roles": ["acceptor"]} for n in range(TOKENS)]
    rule = {"id": "fast", "detector": "threshold", "parameters": {"column": "speed", "above": "200 km/h"}}
    content = {
        "city": "benchmark",
        "time_zone": "Asia/Shanghai",
        "data": "data",
        "metrics": None,
        "sources": {"fleet": source},
        "streams": {"gps": stream},
        "rules": [rule | {"category": "vehicle.overspeed"}],
        "web": {"port": web, "tokens": tokens, "requests_per_minute": 100_000},
    }
    file = folder / "city.yaml"
    file.write_text(json.dumps(content))  # YAML has all of JSON
    return file


def publish(port: int, seconds: float, rate: int) -> int:
    """The vehicles' messages, evenly; how many cases should follow. A vehicle that is too fast is named by when its
    message was sent, microseconds."""
    sent = events = 0
    with socket.create_connection(("127.0.0.1", port)) as sock:
        connect = b"\x00\x04MQTT\x04\x02\x00\x3c\x00\x09publisher"
        sock.sendall(b"\x10" + bytes([len(connect)]) + connect)
        assert sock.recv(4) == b"\x20\x02\x00\x00", "the broker refused the publisher"
        draining = threading.Thread(target=_drain, args=(sock,), daemon=True)
        draining.start()
        began = time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            packets = []
            while sent < passed * rate:
                packets.append(_packet(sent, f"truck-{sent % VEHICLES:04d}", 40.0, sent % VEHICLES))
                sent += 1
            while events < (passed - WARM) * EVENTS:
                packets.append(_packet(sent + events, f"fast-{time.time_ns() // 1000}", 300.0, 5_000 + events * 7))
                events += 1
            sock.sendall(b"".join(packets))
            time.sleep(BURST)
        sock.sendall(b"\xe0\x00")
        draining.join(30)  # until the broker has read it all: closed before, what is on its way is lost
    return events


def _drain(sock: socket.socket) -> None:
    while sock.recv(65536):
        pass


def _packet(n: int, name: str, speed: float, place: int) -> bytes:
    topic = f"fleet/{name}/gps".encode()
    lon, lat = 104.0 + place % 100 / 100, 30.0 + place // 100 / 100
    said = {
        "ts": time.time(),
        "lon": lon,
        "lat": lat,
        "speed": speed,
        "heading": 90.0,
        "io": {"ignition": 1, "load": 0},
    }
    body = len(topic).to_bytes(2, "big") + topic + (n % 65535 + 1).to_bytes(2, "big") + msgspec.json.encode(said)
    size = bytes([len(body)]) if len(body) < 128 else bytes([len(body) & 127 | 128, len(body) >> 7])
    return b"\x32" + size + body


def once(seconds: float, people: int, rate: int, folder: Path) -> tuple[list[float], int]:
    """Seconds from message to page, for each case and operator; how many that should be."""
    web = _free_port()
    environment = os.environ | {f"OPERATOR_{n}": SECRET.format(n) for n in range(TOKENS)}
    me = [sys.executable, "-m", "benchmarks.event_to_console"]
    broker = Mosquitto(folder)
    file = configuration(folder, broker.port, web)
    log = (folder / "log").open("w")
    run_city = [sys.executable, "-m", "gridwatch.cli", "run", str(file)]
    city = subprocess.Popen(run_city, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(web, city)
        further = ["--as", "operators", "--port", str(web), "--operators", str(people)]
        watching = subprocess.Popen([*me, *further], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert watching.stdout is not None
        assert watching.stdout.readline() == "ready\n", "the operators did not connect"
        sending = [*me, "--as", "publisher", "--port", str(broker.port), "--rate", str(rate), "--seconds", str(seconds)]
        events = int(subprocess.run(sending, check=True, stdout=subprocess.PIPE, text=True).stdout)
        said, _ = watching.communicate(f"{events}\n", timeout=120)
    finally:
        city.terminate()
        city.wait(60)
        log.close()
        broker.stop()
    return json.loads(said), events * people


def run(seconds: float = 20.0, people: int = 50, rate: int = 5_000) -> list[Result]:
    """One city, once."""
    Path("var").mkdir(exist_ok=True)  # not in /tmp, which is memory on some machines
    with tempfile.TemporaryDirectory(prefix="event-to-console-", dir="var") as name:
        took, expected = once(seconds, people, rate, Path(name))
        said = (Path(name) / "log").read_text()[-2000:]
    assert len(took) == expected, f"{len(took)} of {expected} came\n{said}"
    p99 = quantiles(took, n=100)[98]
    note = f"{expected // people} cases to {people} operators at {rate:,} messages/s; median {median(took):.2f} s"
    return [at_most("event_to_console", "s", p99, LIMIT, f"{note}, slowest {max(took):.2f} s")]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as there:
        return int(there.getsockname()[1])


def _wait_for(port: int, city: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and city.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("gridwatch did not start")


def main() -> None:
    parser = argparse.ArgumentParser(description="event_to_console: see the head of the file")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--operators", type=int, default=50)
    parser.add_argument("--rate", type=int, default=5_000)
    parser.add_argument("--as", dest="role", choices=["publisher", "operators"], help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role == "publisher":
        print(publish(options.port, options.seconds, options.rate))
    elif options.role == "operators":
        secrets = [SECRET.format(n % TOKENS) for n in range(options.operators)]
        print(json.dumps(asyncio.run(operators(options.port, secrets))))
    else:
        say(run(options.seconds, options.operators, options.rate))


if __name__ == "__main__":
    main()
