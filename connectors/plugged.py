"""plugged: a package's connector at work, as every source is: journal first, then acknowledged, ticks while connected.

Reads `sources.<name>` with the `type` that a package brings (pipeline/connector.py). One thread with an event loop asks
the connector for deliveries, commits them, and only then asks for more: that is when the connector acknowledges. Ticks
come while it waits for the next. Whatever a connector raises ends its connection and no more: it is tried again.

Guarantee: what the connector makes of it; at least once where it acknowledges after a `yield`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, create_model

from connectors.receiving import STEADY, Receiving
from connectors.source import SourceKind
from pipeline.connector import Connector, Delivery
from pipeline.units import Quantity, Seconds

_LOOK = 0.5
"""Seconds between two looks whether it is to stop."""


def kind_of(name: str, connector: type[Connector]) -> SourceKind:
    """A connector as what a source can be. Raises TypeError where a setting has a name that every source has."""
    taken = sorted({"type", "down", "client_id"} & set(connector.model_fields))
    if taken:
        raise TypeError(f"the connector '{name}' has a setting '{taken[0]}', which every source has; rename it")
    down = Field(Quantity(30.0), gt=0, description="a longer stretch without a tick means that the source was down")
    client = Field(name, min_length=1, description="what this process is called among those that connect")
    every: dict[str, Any] = {"type": (Literal[name], ...), "down": (Seconds, down), "client_id": (str, client)}
    settings = create_model(connector.__name__, __base__=connector, **every)
    settings.__doc__ = connector.__doc__
    return SourceKind(settings, PluggedReceiver)


class PluggedReceiver(Receiving[Any]):
    """One such source at work."""

    protocol = "connector"

    def _member(self) -> str:
        return str(self.settings.client_id)

    def _prepare(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder, self._environment = folder, environment
        self.settings.ready(folder, environment)

    # The thread.

    def _connection(self) -> str:
        return asyncio.run(self._serve())

    async def _serve(self) -> str:
        """One connection from its beginning to its end: why it ended."""
        began = time.monotonic()
        coming = self.settings.deliveries(self._folder, self._environment)
        try:
            while not self._stopping.is_set():
                try:
                    came = await self._next(coming)
                except StopAsyncIteration:
                    return "the connection has ended"
                except Exception as error:  # noqa: BLE001  whatever a package raises must not end the city
                    if not isinstance(error, OSError | ValueError):
                        self._log.warning(f"{self.name}: a fault of its connector", source=self.name, exc_info=True)
                    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
                if came is None:
                    break
                self._take(came)
                await self._hold()
            return "stopped"
        finally:
            with contextlib.suppress(Exception):  # how a package says goodbye is its own affair
                await coming.aclose()
            if self.status.connected_since is not None and time.monotonic() - began > STEADY:
                self._backoff.reset()
            self.status.connected_since = None
            self.status.in_flight = 0
            self._intake.leave()
            await self._hold()

    async def _next(self, coming: AsyncGenerator[Sequence[Delivery], None]) -> Sequence[Delivery] | None:
        """What comes next, with ticks meanwhile; None: it is to stop."""
        task = asyncio.ensure_future(anext(coming))
        try:
            while True:
                done, _ = await asyncio.wait({task}, timeout=min(self._intake.until_tick(), _LOOK))
                if done:
                    return task.result()
                if self._stopping.is_set():
                    return None
                self._intake.tick_if_due()
                await self._hold()
        finally:
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task

    def _take(self, came: Sequence[Delivery]) -> None:
        if self.status.connected_since is None:
            self._connected("connected")
        if came:
            self.status.in_flight = len(came)
            topics, payloads = [topic for topic, _ in came], [payload for _, payload in came]
            self._intake.deliver(topics, payloads, self._intake.clock.stamp())
        self._intake.tick_if_due()

    async def _hold(self) -> None:
        """Commit what was yielded, trying until it works or until we are to stop; nothing is asked for meanwhile."""
        while not await asyncio.to_thread(self._intake.commit):
            if await asyncio.to_thread(self._stopping.wait, self._retry):
                return
        self.status.in_flight = 0
