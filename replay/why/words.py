"""words: what happened, in plain English. The one place where it is.

Reads transitions and what became of rows; times are written by whoever shows them, in the city's time zone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from pipeline.asking import asks_silence
from pipeline.version import Hold, Rule
from replay.why.seen import CLASS, LACKS, METRIC, Came
from replay.why.story import Clock
from replay.why.turning import Transition, What

TEXTS: Mapping[What, str] = {
    What.BEGAN: "wrong begins: {needed} of it make a case",
    What.PENDING: "wrong for {lasted} of {needed}",
    What.DROPPED_BY_RIGHT: "dropped: right again after {lasted} of {needed}",
    What.DROPPED_BY_GAP: "dropped: {lasted} without a row, {needed} are allowed",
    What.DROPPED_BY_CHANGE: "dropped after {lasted}: the rule was changed",
    What.DROPPED_BY_FORGETTING: "dropped: nothing was heard for so long that it was forgotten",
    What.BARRED: "no case: a silence has had the case that begins at {since}",
    What.CLEARING: "right begins: {needed} of it end the case",
    What.CLEAR_GOES_ON: "right for {lasted} of {needed}",
    What.CLEAR_DROPPED: "wrong again after {lasted} of {needed} right",
    What.OPENED: "CASE OPENED: started {since}, confirmed {until}",
    What.OPENED_LATE: "CASE OPENED by late rows: started {since}, confirmed {until}",
    What.OPENED_BY_SILENCE: "CASE OPENED: silent for too long since {since}",
    What.ENDED_CLEAR: "CASE ENDED at {until}: it was right again",
    What.ENDED_HEARD: "CASE ENDED at {until}: it was heard again",
    What.ENDED_GAP: "CASE ENDED at {until}, the last wrong row: more than {needed} without a row",
    What.ENDED_FILLED: "CASE ENDED at {until}, the last wrong row: the gap is filled, and nothing is joined across one",
    What.ENDED_FORGOTTEN: "CASE ENDED at {until}: nothing was heard for so long that it was forgotten",
    What.ENDED_REMOVED: "CASE ENDED at {until}: the rule was removed",
    What.WITHDRAWN: "CASE TAKEN BACK: what silence had suggested was not so",
    What.REOPENED: "END TAKEN BACK: the case goes on",
    What.SILENCE_FROM: "silence would be wrong from {since} on",
    What.SILENCE_NEVER: "silence after it would not be wrong",
    What.RULE_BEGINS: "the rule is in force from here on",
    What.RULE_CHANGED: "the rule was changed",
    What.RULE_GOES_ON: "a new version; the rule is as it was",
    What.RULE_REMOVED: "the rule is no longer in force",
    What.RULE_NOT_THERE: "a version that does not have the rule",
}
_FATES = {
    "future": "set aside: its time is {} after it was received",
    "too old": "set aside: too old, its time lies further back than anything is remembered",
    "repeated": "set aside: repeated, a row of this time has come before",
    "disordered": "set aside: disordered, newer rows have come before",
}
_UNFIT = {
    LACKS: "no row for the rule: it lacks {}",
    METRIC: "no row for the rule: it is about {}",
    CLASS: "no row for the rule: the subject is not of class {} then",
}
SAME_TIME = "one with another row of the same time, or after a wrong one of it"
UNHEARD = "late, and no row for the rule's hold: that had gone on through this silence, or said nothing then"


def duration(seconds: float) -> str:
    """A length of time, exact enough to be counted with: 0 s, 19.5 s, 14 min 30 s, 3 h 5 min, 2.1 d."""
    tenths = round(seconds * 10) / 10
    if tenths < 60:
        return f"{tenths:g} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    if whole < 172_800:
        minutes = round(seconds / 60)
        return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
    return f"{seconds / 86400:.1f} d"


def text(each: Transition, clock: Clock) -> str:
    """A transition in words."""
    needed = "any length" if math.isnan(each.needed) else duration(each.needed)
    lasted = "" if math.isnan(each.lasted) else duration(each.lasted)
    return TEXTS[each.what].format(since=clock(each.since), until=clock(each.until), lasted=lasted, needed=needed)


def not_judged(row: Came) -> str:
    """Why a row was not judged; '' where it was one for the rule."""
    if row.fate in _FATES:
        return _FATES[row.fate].format(duration(abs(row.ts - row.received)))
    return _UNFIT[row.unfit].format(row.of) if row.unfit else ""


def hold_words(rule: Rule, *, rows: bool) -> str:
    """A rule's hold in words. rows: some row was wrong, or may be."""
    hold, said = rule.hold, list[str]()
    if asks_silence(rule.detector):
        said.append("too long a silence makes a case, and the next row ends it")
        if hold == Hold() and not rows:
            return said[0]
    said += [f"wrong for {duration(hold.for_)} makes a case" if hold.for_ else "one wrong row makes a case"]
    said.append(f"right for {duration(hold.clear)} ends it" if hold.clear else "one right row ends it")
    if hold.gap is not None:
        said.append(f"a silence of more than {duration(hold.gap)} ends or drops it")
    elif hold.assume is not None:
        said.append(f"silence counts as what the last row said, for {duration(hold.assume)}")
    return "; ".join(said)
