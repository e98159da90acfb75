"""gateway: the upper platform's main link, as a source: journal first, then answer.

Reads `sources.<name>` with `type: jt809`. Guarantee: what was answered (logins, heartbeats) is in the journal. The
standard answers no position: what was on its way when we were stopped is had again only where its platform sends it
later, by 0x1203; the engine knows repetitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connectors.gateway.server import Gateway
from connectors.jt809.conversation import Conversation
from connectors.jt809.platforms import PlatformList
from connectors.jt809.settings import Jt809Source
from connectors.jt809.splitter import Splitter


class Jt809Receiver(Gateway[Jt809Source]):
    """One gateway of platforms at work."""

    protocol = "jt809"

    def _listing(self, folder: Path, environment: Mapping[str, str]) -> PlatformList:
        self._platforms = PlatformList(self.settings, folder, environment)
        return self._platforms

    def _talk(self) -> tuple[Conversation, Splitter]:
        return Conversation(self.settings, self._platforms, self.counts, self._now), Splitter(self.settings.frame)
