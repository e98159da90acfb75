"""jt808_gateway: what does a vehicle terminal cost the gateway, against a server that only sends back what it gets?

5,000 terminals are connected and authenticated, and each sends a location (49 bytes) as soon as its last is answered.
The gateway runs on one core and journals every frame on the disk before it answers; the limit is a plain asyncio
protocol that echoes the same frames to the same terminals, which another process plays on the other core. Counted are
messages a second of the server's own processor time, so that it does not matter how fast the terminals are. Rounds of
both take turns, and medians count. All that was answered is found in the journal afterwards.

Memory is what 5,000 terminals that are in add to the process.

    python -m benchmarks.jt808_gateway [--terminals 5000] [--seconds 5] [--rounds 2]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import structlog

from benchmarks.result import Result, at_most, one_core, rate, say
from connectors.jt808.gateway import Jt808Receiver
from connectors.jt808.settings import Jt808Source
from pipeline.entries import Kind
from pipeline.journal import Journal
from tests.connectors.jt808.simulated import Words

TARGET = 0.3
"""Of an echo that neither reads, checks, keeps nor answers a frame."""
MOST_MEMORY = 10.0
"""kB a terminal."""


def more_files() -> None:
    """As many sockets as the system allows."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def phone(i: int) -> str:
    return str(13_900_000_000 + i)


# ---- servers, each in a process of its own ---------------------------------------------------------------------------


class Echo(asyncio.Protocol):
    """The limit."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)  # type: ignore[attr-defined]


def echo() -> tuple[int, Callable[[], int]]:
    """(port, how to stop; returns 0)"""
    ready = threading.Event()
    port = 0

    async def serve() -> None:
        nonlocal port
        server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0, backlog=1024)
        port = server.sockets[0].getsockname()[1]
        ready.set()
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    ready.wait()
    return port, lambda: 0


def gateway(folder: Path, terminals: int) -> tuple[int, Callable[[], int]]:
    """(port, how to stop; returns how many locations the journal has)"""
    lines = ["terminal,token", *(f"{phone(i)},token-{i}" for i in range(terminals))]
    (folder / "terminals.csv").write_text("\n".join(lines))
    journal = Journal.open(folder / "journal")
    section = {"type": "jt808", "port": 0, "terminals": "terminals.csv", "per_address": 2 * terminals, "idle": "1h"}
    log = structlog.get_logger()
    settings = Jt808Source.model_validate(section)
    receiver = Jt808Receiver("trucks", settings, journal.commit, 0.5, log=log, folder=folder)
    receiver.start()
    while receiver.status.connected_since is None:
        time.sleep(0.01)

    def stop() -> int:
        receiver.stop()
        assert not +receiver.counts, receiver.counts
        kept = 0
        for part in journal.read():
            of_kind = part.batch.filter(part.batch.column("kind").to_numpy() == int(Kind.DELIVERY))
            kept += sum(topic.endswith("/0200") for topic in of_kind.column("topic").to_pylist())
        journal.close()
        return kept

    return receiver.port, stop


def server(who: str, terminals: int) -> None:
    """Serve; on each line of standard input say how it is, on the last one stop."""
    more_files()
    one_core()
    # Not in /tmp, which is memory on some machines: a sync must mean what it means for a city's journal.
    Path("var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="jt808-", dir="var") as folder:
        port, stop = gateway(Path(folder), terminals) if who == "gateway" else echo()
        print(json.dumps({"port": port}), flush=True)
        for line in sys.stdin:
            if line.strip() == "stop":
                break
            memory = psutil.Process().memory_info().rss
            print(json.dumps({"cpu": time.process_time(), "memory": memory}), flush=True)
        print(json.dumps({"kept": stop()}), flush=True)


# ---- terminals -------------------------------------------------------------------------------------------------------


class Fleet:
    """Terminals on one epoll, as cheap as they can be: bytes are sent that were made before."""

    def __init__(self, port: int, terminals: int) -> None:
        self.port, self.terminals = port, terminals
        self.poll = select.epoll()
        self.socks: dict[int, socket.socket] = {}
        self.next: dict[int, bytes] = {}

    def come_in(self) -> None:
        """Connect all, authenticate all."""
        firsts: dict[int, bytes] = {}
        for i in range(self.terminals):
            words = Words(phone(i))
            sock = socket.create_connection(("127.0.0.1", self.port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setblocking(False)
            at = sock.fileno()
            self.socks[at] = sock
            firsts[at] = words.authenticate(f"token-{i}")
            self.next[at] = words.location(i, [(1, bytes(4)), (48, b"\x1f"), (49, b"\x0c")])
            self.poll.register(at, select.EPOLLIN)
        waiting = set(firsts)
        for at, frame in firsts.items():
            self.socks[at].send(frame)
        while waiting:
            for at, _ in self.poll.poll():
                assert self.socks[at].recv(4096), "the server hung up"
                waiting.discard(at)

    def drive(self, seconds: float) -> int:
        """How many locations were answered."""
        answered, socks, sent = 0, self.socks, self.next
        for at, sock in socks.items():
            sock.send(sent[at])
        left = len(socks)
        until = time.perf_counter() + seconds
        while left:
            going = time.perf_counter() < until
            for at, _ in self.poll.poll(10.0, 1024):
                assert socks[at].recv(4096), "the server hung up"
                answered += 1
                if going:
                    socks[at].send(sent[at])
                else:
                    left -= 1
        return answered


def one_round(who: str, terminals: int, seconds: float) -> tuple[float, float]:
    """(messages a second of the server's processor time, kB a terminal)"""
    arguments = [sys.executable, "-m", "benchmarks.jt808_gateway", "--as", who, "--terminals", str(terminals)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            fleet = Fleet(json.loads(process.stdout.readline())["port"], terminals)

            def ask(what: str) -> dict[str, Any]:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(f"{what}\n")
                process.stdin.flush()
                found: dict[str, Any] = json.loads(process.stdout.readline())
                return found

            before = ask("how")
            fleet.come_in()
            begun = ask("how")
            answered = fleet.drive(seconds)
            done = ask("how")
            kept = ask("stop")["kept"]
        except BaseException:
            process.kill()
            raise
    assert who == "echo" or kept == answered, f"{kept} of {answered} are in the journal"
    return answered / (done["cpu"] - begun["cpu"]), (begun["memory"] - before["memory"]) / terminals / 1000


def run(terminals: int = 5000, seconds: float = 5.0, rounds: int = 2) -> list[Result]:
    """The measurement."""
    more_files()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    found: dict[str, list[tuple[float, float]]] = {"gateway": [], "echo": []}
    for i in range(rounds):
        for who in sorted(found, reverse=bool(i % 2)):
            found[who].append(one_round(who, terminals, seconds))
    rates = {who: [each[0] for each in rows] for who, rows in found.items()}
    ratio = statistics.median(a / b for a, b in zip(rates["gateway"], rates["echo"], strict=True))
    value, limit = (statistics.median(rates[who]) for who in ("gateway", "echo"))
    note = f"{terminals:,} terminals, {round(value / terminals, 1)} locations a second each; the limit is a plain echo"
    memory = statistics.median(each[1] for each in found["gateway"])
    idle = statistics.median(each[1] for each in found["echo"])
    return [
        rate("jt808_gateway", "messages/s", value, limit, TARGET, ratio, note),
        at_most(
            "jt808_memory", "kB", memory, MOST_MEMORY, f"a terminal, of {terminals:,}; a plain echo: {idle:.1f} kB"
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="jt808_gateway: see the head of the file")
    parser.add_argument("--terminals", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--as", dest="role", choices=["gateway", "echo"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger("warning"),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        )
        server(options.role, options.terminals)
    else:
        say(run(options.terminals, options.seconds, options.rounds))


if __name__ == "__main__":
    main()
