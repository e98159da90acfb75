"""office: where steps and reports are said, whoever says them: a page, a phone, an outside system, a command.

What runs the city implements it: it writes what is said to the journal, waits until the one ordered log has passed it,
and gives the desk's answer. Nobody writes to the desk's tables in any other way.
"""

from __future__ import annotations

from typing import Protocol

from cases.words import Answer, Report, Step


class NotHeard(Exception):
    """It can't be taken now (no room on the disk, the city is stopping); nothing has been written. Plain text."""


class NoAnswerYet(Exception):
    """It is in the journal and will take effect; the desk has not come to it in time. The same id asks again."""


class Office(Protocol):
    """The city's."""

    def say(self, said: Step | Report, *, patience: float = 5.0) -> Answer:
        """Say it and wait for what becomes of it, at most `patience` seconds. Safe from any thread.

        The same id again gives the same answer and changes nothing. Raises NotHeard, NoAnswerYet.
        """
        ...
