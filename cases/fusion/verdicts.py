"""verdicts: the suppression that a verdict proposes. A supervisor decides whether it becomes effective, and as what.

What machines find only: a report that was wrong says nothing about the next.
"""

from __future__ import annotations

from typing import Any

from cases.fusion.settings import Proposals
from cases.fusion.space import placed
from cases.fusion.words import Happening, Suppression

FALSE_ALARM, KNOWN_FIXTURE, DUPLICATE = "false alarm", "known fixture", "duplicate"


def propose(
    verdict: str,
    found: Happening,
    *,
    id: str,
    case: str,
    at: float,
    by: str,
    note: str,
    proposals: Proposals,
    of: Happening | None = None,
) -> Suppression | None:
    """What to propose; None where the verdict teaches nothing.

    found: the member that the verdict is about. at: the log's time: the proposed time begins then. of: of a duplicate,
    the first member of the case that it repeats.

    False alarm: the rule and the subject. Known fixture: the rule where it is in the camera's picture, else around its
    place, else at its subject. Duplicate: the rule and the subject, as what `of` is. In a zone: only
    there.
    """
    if not found.rule or not found.subject:
        return None
    scope: dict[str, Any] = {"rules": (found.rule,), "places": (found.place,) if found.place else ()}
    if verdict == FALSE_ALARM:
        lasts = proposals.false_alarm
        scope |= {"subjects": (found.subject,)}
    elif verdict == KNOWN_FIXTURE:
        lasts = proposals.known_fixture
        if found.box is not None:
            scope |= {"cameras": (found.seen_by,), "box": found.box}
        elif placed(found.lon, found.lat):
            scope |= {"circle": (found.lon, found.lat, float(proposals.near))}
        else:
            scope |= {"subjects": (found.subject,)}
    elif verdict == DUPLICATE and of is not None and of.subject:
        lasts = proposals.duplicate
        scope |= {"subjects": (found.subject,), "of_rule": of.rule, "of_subject": of.subject}
    else:
        return None
    return Suppression(
        id=id,
        verdict=verdict,
        case=case,
        since=at,
        until=at + min(lasts, proposals.longest),
        reason=note.strip() or verdict,
        by=by,
        **scope,
    )
