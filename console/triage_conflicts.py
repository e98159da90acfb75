"""triage_conflicts: somebody was quicker: who did what to a case, and how long ago, for a refusal to say plainly."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import BaseModel

from cases.case import iso
from cases.database import reading
from cases.life import ACTIONS
from cases.tables import CHANGES
from console.city import City
from console.words import LANGUAGE, in_chinese

_DONE = {
    "check": "has it looked at",
    "file": "filed it",
    "reject": "rejected it",
    "dispatch": "dispatched it",
    "recall": "recalled it",
    "accept": "accepted it",
    "return": "returned it",
    "handled": "says that it is handled",
    "verify": "has it verified",
    "verified": "verified it",
    "rework": "asked for it to be done again",
    "close": "closed it",
    "reopen": "reopened it",
    "resume": "resumed it",
    "assign": "assigned it",
    "urge": "urged it",
    "merge": "merged it",
    "split": "split it",
    "correct": "corrected it",
    "comment": "commented on it",
    "attach": "attached something",
    "verdict": "gave a verdict",
    "joined": "another finding or report joined it",
    "updated": "what was found is known better",
    "ended": "what was found is over",
    "warning": "its deadline is near",
    "overdue": "it became overdue",
    "escalated": "it was escalated",
}


class Last(BaseModel):
    """The newest change of a case."""

    by: str
    """Who; '' where it came by itself."""
    event: str
    """An action, or joined, ended, overdue …"""
    at: str
    ago: float
    """Seconds."""
    said: str
    """As a sentence."""


def last_change(city: City, case: str) -> Last | None:
    """Of a case, by its id; None: it is not known any more (changes are kept for a month)."""
    query = sa.select(CHANGES).where(CHANGES.c.case_id == case).order_by(CHANGES.c.number.desc()).limit(1)
    with reading(city.engine) as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        return None
    event, ago = row["event"], max(city.now() - row["at"], 0.0)
    by = str(row["data"].get("by", "")) if event in ACTIONS else ""
    done = _DONE.get(event, f"{event} was done" if not by else f"did '{event}'")
    if LANGUAGE.get() == "zh":
        said = f"{by + ' 于 ' if by else ''}{in_chinese(_ago(ago))}前{in_chinese(done)}"
    else:
        said = f"{by} {done} {_ago(ago)} ago" if by else f"{done}, {_ago(ago)} ago"
    return Last(by=by, event=event, at=iso(row["at"]) or "", ago=ago, said=said)


def _ago(seconds: float) -> str:
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"
