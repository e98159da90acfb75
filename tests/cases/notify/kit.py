"""kit: a city's notifications with channels that tests look into."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

import sqlalchemy as sa

from cases.deadlines import WorkingHours
from cases.notify import Letter, Notifier, NotifySection

CHINA = timezone(timedelta(hours=8))
NAMES = {"06042": ("垃圾满溢", "bin overflowing"), "0506": ("道路积水", "standing water")}


def section(*rules: dict[str, Any], **other: Any) -> NotifySection:
    """Rules with what they need; two channels, duty and chief."""
    whole = [{"id": f"r{n}", "to": ["duty"], "when": {"events": ["opened"]}, **rule} for n, rule in enumerate(rules)]
    channels = {"duty": {"url_env": "DUTY"}, "chief": {"url_env": "CHIEF"}}
    return NotifySection.model_validate({"channels": channels, "rules": whole, **other})


class Office:
    """A notifier, and what its channels were given."""

    def __init__(self, engine: sa.Engine, section: NotifySection) -> None:
        self.engine, self.section = engine, section
        self.given: list[Letter] = []
        self.down: set[str] = set()
        """Channels that fail."""
        self.start()

    def start(self) -> None:
        """Begin, or begin again after a kill: nothing is kept but the tables."""
        hours, names = WorkingHours.always(CHINA), lambda code, language: NAMES.get(code, ("", ""))[language == "en"]
        self.notifier = Notifier(self.engine, self.section, hours, CHINA, names=names, dice=lambda: 1.0)

    def run(self, now: float) -> list[str]:
        """All that is to be done now; 'channel: title' of what was given."""
        before = len(self.given)
        while self.notifier.follow(now):
            pass
        self.notifier.turn(now)
        for channel in self.section.channels:
            while (letter := self.notifier.next(channel, now)) is not None:
                self.given.append(letter)
                self.notifier.record(letter, "it is down" if channel in self.down else "", now)
        return [f"{each.channel}: {each.title}" for each in self.given[before:]]
