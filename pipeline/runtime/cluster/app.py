"""app: the Faust app of a city's workers, and what keeps watch over a worker.

Faust's consumers have been seen to die in silence, with the process still there: a worker that has something to judge
of a partition and judges nothing of it for a minute ends itself, and whoever started it starts it again.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import faust
import structlog
from faust.types import TP

from pipeline.runtime.cluster.agent import Watch
from pipeline.runtime.cluster.names import Topics

STALLED = 60.0
"""Seconds without anything judged, though there is something, after which a worker ends itself."""
LOOK = 5.0
_log = structlog.get_logger(__name__)


def make_app(
    topics: Topics, connection: Mapping[str, Any], partitions: int, folder: Path, *, session: float = 30.0
) -> faust.App:
    """connection: aiokafka's arguments (connectors.kafka_link). folder: of what Faust keeps on the disk. session:
    seconds without a heartbeat after which the others take over what a worker had."""
    how = {
        "broker": ";".join(f"kafka://{each}" for each in connection["bootstrap_servers"]),
        "broker_credentials": _credentials(connection),
        "broker_request_timeout": max(connection.get("request_timeout_ms", 0) / 1000, session + 10.0),
        "broker_session_timeout": session,
        "broker_heartbeat_interval": session / 6,
        "broker_commit_interval": 0.5,
        "datadir": folder,
        "topic_partitions": partitions,
        "topic_replication_factor": 1,  # nothing is declared by Faust: `gridwatch topics` does that
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "consumer_auto_offset_reset": "earliest",
        "consumer_max_fetch_size": 9 * 2**20,
        "producer_max_request_size": 9 * 2**20,
        "stream_buffer_maxsize": 128,  # messages are large: batches of entries
        "stream_wait_empty": False,
        "web_enabled": False,
    }
    return faust.App(topics.prefix, **how)


def _credentials(connection: Mapping[str, Any]) -> Any:
    protocol = connection.get("security_protocol", "PLAINTEXT")
    context = connection.get("ssl_context")
    if protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=connection["sasl_plain_username"],
            password=connection["sasl_plain_password"],
            mechanism=connection["sasl_mechanism"],
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if protocol == "SSL" else None


class Watchdog:
    """Ends the process where its loop hangs, or where it has entries and judges none. `start` once the app runs."""

    def __init__(
        self,
        app: faust.App,
        topic: str,
        watch: Watch,
        *,
        stalled: float = STALLED,
        end: Callable[[int], Any] = os._exit,
        beat: Callable[[], object] = lambda: None,
        log: Any = _log,
    ) -> None:
        """end: ends the process. beat: is called as long as all is well (a supervisor's watchdog)."""
        self._app, self._topic, self._watch = app, topic, watch
        self._stalled, self._end, self._beat, self._log = stalled, end, beat, log
        self.heard = time.monotonic()
        self._since: dict[int, tuple[int, float]] = {}

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on, in a thread of its own: what hangs in the loop can't see to itself."""
        threading.Thread(target=self._run, args=(loop,), name="watchdog", daemon=True).start()

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        while not loop.is_closed():
            try:
                loop.call_soon_threadsafe(self.look)
            except RuntimeError:  # it was closed just now
                return
            threading.Event().wait(LOOK)
            why = self.trouble(time.monotonic())
            if why:
                self._log.critical(f"{why}; this worker ends, to be started again")
                self._end(os.EX_TEMPFAIL)
                return
            self._beat()

    def trouble(self, now: float) -> str:
        """What is wrong; '' where nothing is. now: time.monotonic()."""
        if now - self.heard > self._stalled:
            return f"the worker's loop has not turned for {now - self.heard:.0f} s"
        for partition, (seen, since) in list(self._since.items()):
            if now - since > self._stalled:
                behind = f"judged up to offset {seen} for {now - since:.0f} s, though there is more"
                return f"partition {partition} is {behind}"
        return ""

    def look(self) -> None:
        """In the loop: since when there is something to judge of what is ours, and none is judged."""
        self.heard = now = time.monotonic()
        before, self._since = self._since, {}
        ours = self._app.consumer.assignment()
        for partition, seen in list(self._watch.seen.items()):
            tp = TP(self._topic, partition)
            if tp in ours and (self._app.consumer.highwater(tp) or 0) > seen + 1:
                known = before.get(partition)
                self._since[partition] = known if known is not None and known[0] == seen else (seen, now)
