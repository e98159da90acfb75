"""gateway: the server that terminals connect to, as a source: journal first, then answer.

Reads `sources.<name>` with `type: jt808`. Guarantee: at least once from terminal to journal for whatever it sends until
it is answered; the engine knows repetitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connectors.gateway.server import Gateway
from connectors.jt808.conversation import Conversation
from connectors.jt808.settings import Jt808Source
from connectors.jt808.splitter import Splitter
from connectors.jt808.terminals import TerminalList


class Jt808Receiver(Gateway[Jt808Source]):
    """One gateway of terminals at work."""

    protocol = "jt808"

    def _listing(self, folder: Path, environment: Mapping[str, str]) -> TerminalList:
        found = TerminalList(self.settings, folder, environment)
        self._terminals = found.terminals
        return found

    def _talk(self) -> tuple[Conversation, Splitter]:
        talk = Conversation(self.settings, self._terminals, self.counts, self._now)
        return talk, Splitter(self.settings.frame)

    def _often(self) -> float:
        return min(super()._often(), self.settings.ask_again / 4)
