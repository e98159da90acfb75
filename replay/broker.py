"""broker: a real MQTT broker inside this process, so that the demo needs nothing started by hand.

amqtt in a thread with an event loop of its own. It listens on 127.0.0.1 alone, on a free port, and lets anyone in
there: whoever can connect to this machine's loopback could run the demo too. It speaks MQTT 3.1.1 only.

    with DemoBroker() as broker:
        client.connect("127.0.0.1", broker.port)

Sessions are kept over a reconnect (amqtt's own anonymous plug-in would drop them after a second). What it carries and
loses is measured in tests/replay/test_broker.py. It keeps everything in memory: for a real city use a real broker.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from typing import Any, Self

from amqtt.broker import Broker
from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import Session

_STARTS_WITHIN = 10.0
"""Seconds; a start takes about 20 ms."""
_STOPS_WITHIN = 10.0
"""Seconds; amqtt waits up to 5 for messages that are under way."""


class LetIn(BaseAuthPlugin):  # type: ignore[misc]
    """Anyone on the loopback may connect, and is not marked anonymous: amqtt keeps no session for those."""

    async def authenticate(self, *, session: Session) -> bool:
        return True


class TidyBroker(Broker):  # type: ignore[misc]
    """Closes each socket when its client's task ends; amqtt can leave one open when it stops just as a client goes."""

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        try:
            await super().stream_connected(reader, writer, listener_name)
        finally:
            writer.close()


class DemoBroker:
    """An MQTT 3.1.1 broker on 127.0.0.1. `start` and `stop` may be called from any one thread, each once."""

    def __init__(self) -> None:
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._started = threading.Event()
        self._broker: Broker | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="demo-broker", daemon=True)

    def start(self) -> int:
        """Listen, and answer the port. Raises what kept it from starting."""
        self._thread.start()
        if not self._started.wait(_STARTS_WITHIN):
            raise TimeoutError(f"the demo's MQTT broker did not start within {_STARTS_WITHIN:.0f} s")
        if self._failure is not None:
            raise self._failure
        return self.port

    def wait_for_subscriber(self, within: float) -> bool:
        """Until someone has subscribed to something: what is published before that reaches nobody."""
        ends = time.monotonic() + within
        while self._broker is None or not self._broker.subscriptions:
            if time.monotonic() > ends or not self._thread.is_alive():
                return False
            time.sleep(0.01)
        return True

    def filters(self) -> list[str]:
        """What is subscribed to now."""
        return [] if self._broker is None else list(self._broker.subscriptions)

    def stop(self) -> None:
        """Disconnect everyone and stop listening; harmless when it does not run."""
        if self._thread.is_alive():
            # the loop may end between the question and the call
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(_STOPS_WITHIN)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as failure:  # noqa: BLE001 a thread's exception must reach whoever waits for it
            self._failure = failure
        finally:
            self._loop.close()
            self._started.set()

    async def _serve(self) -> None:
        _quieten()
        broker = self._broker = TidyBroker(
            {
                "listeners": {"default": {"type": "tcp", "bind": "127.0.0.1:0"}},
                # none of the defaults: they log each packet, publish $SYS topics and know no loopback
                "plugins": {f"{__name__}.LetIn": {}},
            }
        )
        await broker.start()
        self.port = _port(broker)
        self._started.set()
        await self._stopping.wait()
        await broker.shutdown()
        await _end_tasks()


async def _end_tasks() -> None:
    """amqtt leaves tasks of clients that are just going: let them close their sockets, and end those that won't."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    if rest:
        await asyncio.wait(rest, timeout=1.0)
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    for _ in range(3):  # a transport that was closed says goodbye to its socket in the loop's next round
        await asyncio.sleep(0)


def _port(broker: Broker) -> int:
    # amqtt has no public way to ask which port it got
    server: Any = broker._servers["default"].instance
    return int(server.sockets[0].getsockname()[1])


def _quieten() -> None:
    """amqtt logs clients that come and go as warnings; only what it can't get over is worth a line."""
    for name in ("amqtt", "transitions", "websockets"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
