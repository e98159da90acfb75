"""http_patience: a connection that asks nothing, or takes forever to say what, is closed.

uvicorn waits without end for the rest of a request's header, so that a few hundred peers that send a byte a minute
would take all connections. Bodies are timed where they are read.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol


def patient(timeout: float) -> type[H11Protocol]:
    """The protocol, with so many seconds for a request's header to come."""

    class Patient(H11Protocol):
        _idle = False
        _look: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._look = self.loop.call_later(timeout, self._looked)

        def connection_lost(self, exc: Exception | None) -> None:
            if self._look is not None:
                self._look.cancel()
            super().connection_lost(exc)

        def _looked(self) -> None:
            """Idle at two looks in a row: nothing has been asked for a whole timeout."""
            asks = self.cycle is not None and not self.cycle.response_complete
            if self._idle and not asks:
                self.transport.close()
                return
            self._idle = not asks
            self._look = self.loop.call_later(timeout, self._looked)

    return Patient
