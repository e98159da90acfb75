"""case: what people work on, made of one episode.

`Case.to_json` is the form in which cases leave gridwatch: `gridwatch cases list --json`, `gridwatch replay --json`. Its
keys are a promise; see there.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NoSuchCase(LookupError):
    """No case has this id, or several begin so. The message says which and is plain."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One case as it stands. Times are UTC seconds, places WGS-84 degrees; NaN where not (yet) known."""

    id: str
    """Its episode's: the same wherever the same entries are judged."""
    rule: str
    rule_version: str
    category: str
    """The rule's at opening; a rule that gets another category later does not change the cases it had."""
    subject: str
    part: str
    """What else its key names: a reading's metric, a sighting's track, a presence's zone; '' otherwise."""
    place: str
    """The zone it happened in; '' for none."""
    lon: float
    lat: float
    started: float
    confirmed: float
    ended: float
    """NaN while it is open."""
    reason: str
    """Why it ended: clear, gap, removed, forgotten; '' while open."""
    measure: float
    """The worst so far, in `unit`."""
    unit: str
    late: bool
    """Confirmed by rows that came late."""
    withdrawn: bool
    """Taken back: what a tick concluded from silence was wrong. Left out of lists unless asked for."""
    opened_position: int
    """The journal position of the entry that opened it."""
    position: int
    """The journal position of the entry that last changed it."""
    number: str = ""
    """The city's own for it; '' where it is in no store."""
    channel: str = "machine"
    """By which way it came: machine, where a rule found it, or that of its first report."""
    state: str = "reported"
    """Where it stands in its life, see `cases.life.State`."""
    members: int = 1
    """How many episodes and reports it is made of."""
    responsible: str = ""
    """The unit that handles it."""
    due: float = math.nan
    """When it must be handled."""

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return math.isnan(self.ended) and not self.withdrawn

    def to_json(self) -> dict[str, Any]:
        """The public form, with these keys and no others; null where there is nothing to say.

        id, rule, rule_version, category, subject, place, lon, lat (WGS-84 degrees), started, confirmed, ended (ISO 8601
        UTC), measure, unit, late. A case of a store has as well: number, channel, state, members, responsible,
        due (ISO 8601 UTC); one of a replay has `members` where there are several. A case that was taken back, given
        only where it is asked for, has one more: `"withdrawn": true`.
        """
        public: dict[str, Any] = {
            "id": self.id,
            "rule": self.rule,
            "rule_version": self.rule_version,
            "category": self.category,
            "subject": self.subject,
            "place": self.place or None,
            "lon": known(self.lon),
            "lat": known(self.lat),
            "started": iso(self.started),
            "confirmed": iso(self.confirmed),
            "ended": iso(self.ended),
            "measure": known(self.measure),
            "unit": self.unit,
            "late": self.late,
        }
        if self.number:
            public |= {
                "number": self.number,
                "channel": self.channel,
                "state": self.state,
                "members": self.members,
                "responsible": self.responsible or None,
                "due": iso(self.due),
            }
        elif self.members > 1:
            public["members"] = self.members
        return public | {"withdrawn": True} if self.withdrawn else public


def known(number: float) -> float | None:
    """The number, None where it is NaN or infinite (JSON has neither)."""
    return number if math.isfinite(number) else None


def iso(ts: float) -> str | None:
    """UTC seconds as `2026-03-01T08:00:00Z`, with microseconds only where there are any.

    None where there is no time, or none that a calendar has (a wrong terminal clock can say year 12000).
    """
    if not math.isfinite(ts):
        return None
    try:
        when = _EPOCH + timedelta(microseconds=round(ts * 1e6))
    except OverflowError:
        return None
    return when.isoformat().replace("+00:00", "Z")
