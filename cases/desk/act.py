"""act: a step as effects are given it: on which case, with what in hand."""

from __future__ import annotations

from typing import NamedTuple

from cases.desk.book import Row
from cases.desk.work import Work
from cases.words import Step


class Refused(Exception):
    """It can't be done, and why, in plain words."""


class Act(NamedTuple):
    """An effect changes the case's row and answers where the case goes, where the action itself doesn't say.

    It raises Refused before it has changed anything.
    """

    work: Work
    case: Row
    step: Step
