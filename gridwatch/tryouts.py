"""tryouts: rules that wait to be tried, one at a time, each in a process of its own, within a time; the last ones are
remembered with what came of them.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from console.rules_city import CantBe, Tryout, Values
from gridwatch.tryout import Asked

WAITING = 5
REMEMBERED = 30
LONGEST = 900.0
"""Seconds that one may take."""
MOST = 7 * 24.0
"""Hours that one may look back."""


class Tryouts:
    """A queue and its one thread, which is there only while there is something to do."""

    def __init__(self, data: Path, log: Any, *, longest: float = LONGEST, config: Path | None = None) -> None:
        """data: the city's folder. log: a structlog logger. config: of a city on Kafka, the file of its configuration;
        None: the journal is in its folder."""
        self._data, self._log, self._longest = data, log, longest
        self._config = "" if config is None else str(config)
        self._lock = threading.Lock()
        self._known: dict[str, Tryout] = {}
        self._asked: dict[str, Asked] = {}
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[str] | None = None
        self._ended = False

    def add(
        self, rule: dict[str, Any], tried: dict[str, Any], version: str, values: Values, hours: float, by: str
    ) -> Tryout:
        """rule, tried: sections of a configuration. Raises CantBe where too many wait."""
        if not 0 < hours <= MOST:
            raise CantBe(f"hours: expected up to {MOST:.0f}", faults=True)
        now = time.time()
        new = Tryout(secrets.token_hex(6), rule["id"], version, values, hours, by, now)
        with self._lock:
            if self._ended:
                raise CantBe("the city is being stopped")
            if sum(each.state == "waiting" for each in self._known.values()) >= WAITING:
                raise CantBe(f"{WAITING} are waiting already: let one end, or cancel it")
            self._known[new.id] = new
            self._asked[new.id] = Asked(str(self._data), rule, tried, now - hours * 3600.0, self._config)
            old = [each.id for each in self._known.values() if each.ended is not None]
            for id in old[: max(len(self._known) - REMEMBERED, 0)]:
                del self._known[id]
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="tryouts", daemon=True)
                self._thread.start()
            return replace(new)

    def list(self) -> Sequence[Tryout]:
        """All that are remembered, the newest first."""
        with self._lock:
            return [replace(each) for each in reversed(self._known.values())]

    def cancel(self, id: str) -> None:
        """End it, if it has not ended. Raises LookupError."""
        with self._lock:
            one = self._known[id]
            if one.ended is None:
                running = one.state == "running"
                one.state, one.ended = "cancelled", time.time()
                self._asked.pop(id, None)
                if running and self._process is not None:
                    self._process.kill()

    def stop(self) -> None:
        """Whatever runs ends."""
        with self._lock:
            self._ended = True
            self._asked.clear()
            if self._process is not None:
                self._process.kill()
            thread = self._thread
        if thread is not None:
            thread.join(10.0)

    def _work(self) -> None:
        while True:
            with self._lock:
                id = next(iter(self._asked), None)
                if id is None or self._ended:
                    self._thread = None
                    return
                asked, one = self._asked.pop(id), self._known[id]
                one.state = "running"
            began = time.monotonic()
            try:
                why, result = self._run(asked, one)
            except OSError as error:
                why, result = f"it can't be started: {error.strerror or error}", None
            with self._lock:
                one.seconds = time.monotonic() - began
                if one.ended is None:
                    one.state, one.ended = ("failed" if result is None else "done"), time.time()
                    one.why, one.result, one.progress = why, result, 1.0 if result is not None else one.progress
            self._log.info("a rule was tried", rule=one.rule, state=one.state, seconds=round(one.seconds, 1))

    def _run(self, asked: Asked, one: Tryout) -> tuple[str, dict[str, Any] | None]:
        """Why it failed, or what came of it."""
        with tempfile.TemporaryDirectory(prefix="gridwatch-tryout-") as folder:
            file = Path(folder) / "asked.json"
            file.write_bytes(msgspec.json.encode(asked))
            words = [sys.executable, "-m", "gridwatch.tryout", str(file)]
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**os.environ, "TMPDIR": folder},  # what it leaves behind when it is killed goes with it
            )
            with self._lock:
                self._process = process
                if one.ended is not None or self._ended:  # it was cancelled while it began
                    process.kill()
            late = threading.Event()
            limit = threading.Timer(self._longest, _kill(process, late))
            limit.start()
            last: dict[str, Any] = {}
            try:
                for line in process.stdout or ():
                    last = json.loads(line)
                    if "at" in last:
                        done, all_ = last["at"] - last["first"], last["head"] - last["first"]
                        one.progress = min(done / all_, 0.99) if all_ > 0 else 0.99
            except ValueError:
                last = {}
            finally:
                limit.cancel()
                process.kill()
                process.wait()
                if process.stdout is not None:
                    process.stdout.close()
                with self._lock:
                    self._process = None
        if late.is_set():
            return f"it took longer than {self._longest:.0f} s: try fewer hours", None
        return str(last.get("failed", "it ended before it was done")), last.get("result")


def _kill(process: subprocess.Popen[str], late: threading.Event) -> Callable[[], None]:
    def kill() -> None:
        late.set()
        process.kill()

    return kill
