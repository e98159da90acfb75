"""service_manager: what systemd is told of a service of `Type=notify`: that it is ready, that it lives, that it ends.

The protocol is a datagram to the socket that $NOTIFY_SOCKET names (sd_notify(3)); without one, nothing is said to
anybody. A word that can't be delivered is lost: the watchdog is what notices a service that says nothing.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping


class ServiceManager:
    """`ready` once, `alive` as often as one likes, `stopping` once. One thread at a time."""

    def __init__(
        self, environment: Mapping[str, str] = os.environ, clock: Callable[[], float] = time.monotonic
    ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._clock = clock
        self._every = _watchdog(environment) / 3
        self._told = -self._every

    def ready(self, status: str) -> None:
        """It serves from now on. status: a line for `systemctl status`."""
        self._say("READY=1", f"STATUS={status}")

    def alive(self) -> None:
        """It gets on: to be called where it would not be if it stood still. Said thrice in the time that it has."""
        if self._every > 0 and self._clock() - self._told >= self._every:
            self._told = self._clock()
            self._say("WATCHDOG=1")

    def stopping(self) -> None:
        """It ends in order, which may take a while."""
        self._say("STOPPING=1")

    def _say(self, *lines: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
                link.connect(self._address)
                link.send("\n".join(line.replace("\n", " ") for line in lines).encode())
        except OSError:
            return


def _watchdog(environment: Mapping[str, str]) -> float:
    """Seconds within which it has to say that it lives; 0: nobody waits for that."""
    micro, whose = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    return int(micro) / 1e6 if micro.isdigit() and whose in ("", str(os.getpid())) else 0.0
