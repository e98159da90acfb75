"""happenings: what rules found and people told, folded into cases: opened, joined, come back, over, taken back."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import msgspec

from cases.case import Case
from cases.desk import opening
from cases.desk.automatic import follow, take_by_itself
from cases.desk.book import Row
from cases.desk.work import Work
from cases.fusion import Happening, Outcome, Passed, keeping
from cases.life import ENDED, ENDED_BY_ITSELF, State
from cases.making import Known
from cases.tables import CASES, EPISODES, REPORTS
from cases.words import Answer, Report
from pipeline.episode import Change

_FIXED = ("id", "category", "unit", "opened_position", "joined", "happening")
"""What an episode keeps from its opening."""
_OF_FIRST = ("rule_version", "place", "lon", "lat", "confirmed", "measure", "late", "subject", "part")
"""What a case shows of its first member."""
_BACK = (State.HANDLED, State.VERIFYING, State.VERIFIED, State.CLOSED, State.REJECTED)


def episode(work: Work, known: Known) -> None:
    """One change of one episode."""
    found = known.case
    row = work.book.get(EPISODES, found.id)
    if row is None:
        # A change whose opening is not here (its journal is gone) tells of it as it is now.
        row = work.book.add(EPISODES, _episode_row(found))
        if known.change is not Change.WITHDRAWN:
            _opened(work, row)
        if known.change is not Change.ENDED:
            return
        row["ended"] = None
    if found.position < row["position"]:
        return
    kept = {name: row[name] for name in (*_FIXED, "case_id")}
    was_open = row["ended"] is None and not row["withdrawn"]
    row.update(_episode_row(found) | kept)
    work.book.touch(EPISODES, row)
    case = _case_of(work, row)
    if known.change is Change.ENDED:
        work.fusion.ended(found.id, work.at if row["ended"] is None else row["ended"])
    elif known.change is Change.REOPENED:
        work.fusion.went_on(found.id)
    elif known.change is Change.WITHDRAWN:
        left = work.fusion.withdrawn(found.id)
        if left is not None and left.how == "left" and case is not None:
            case["category"] = left.category  # without it, the rest may not add up to what it was any more
    if case is None:
        if known.change is Change.REOPENED and work.fusion.held(found.id) is None:
            _opened(work, row)  # it was put aside and let go because it had ended, which it had not
        return
    if case["id"] == found.id:
        case.update({name: _number(row[name]) for name in _OF_FIRST})
    if known.change is Change.ENDED and was_open:
        _over(work, case, row)
    elif known.change is Change.REOPENED and not was_open:
        _goes_on(work, case, row)
    elif known.change is Change.WITHDRAWN:
        _withdrawn(work, case, row, was_open)
    else:
        work.book.touch(CASES, case)
    work.touched.add(case["id"])


def _opened(work: Work, row: Row) -> None:
    """An episode has begun: its case."""
    happening = Happening(
        id=row["id"],
        kind="episode",
        rule=row["rule"],
        category=row["category"],
        subject=row["subject"],
        part=row["part"],
        place=row["place"],
        lon=_nan(row["lon"]),
        lat=_nan(row["lat"]),
        started=row["started"],
        at=work.at,
        grid=_grid(work, row),
    )
    row["happening"] = keeping.plain(happening)
    _belongs(work, row, work.fusion.take(happening))


def _belongs(work: Work, row: Row, outcome: Outcome) -> None:
    """What an episode belongs to from now on."""
    if outcome.how == "held":
        return
    work.joins(EPISODES, row, outcome.case)
    if outcome.how == "opened":
        case = opening.of_episode(work, row, outcome)
        work.changed(case, "storm" if outcome.storm else "opened", {"by": outcome.by, "why": outcome.why})
        _bring(work, case, outcome)
        follow(work, case)
        return
    case = work.known(outcome.case)
    _count(case, row)
    _joined(work, case, outcome, row["id"], row["ended"] is None)


def _bring(work: Work, case: Row, outcome: Outcome) -> None:
    """What had been held until now and is in this case too."""
    for id in outcome.brings:
        for table in (EPISODES, REPORTS):
            member = work.book.get(table, id)
            if member is not None and member["case_id"] != case["id"]:
                work.joins(table, member, case["id"])
                case["members"] += 1
                if table is EPISODES:
                    _count(case, member)
                work.changed(case, "joined", {"member": id, "by": outcome.by, "why": outcome.why})


def _count(case: Row, episode: Row) -> None:
    """A further episode, as it is now."""
    case["started"] = min(case["started"], episode["started"])
    if episode["ended"] is None and not episode["withdrawn"]:
        case["going_on"] += 1
        case["ended"], case["reason"] = None, ""


def _grid(work: Work, row: Row) -> str:
    if row["lon"] is None or row["lat"] is None:
        return ""
    return work.places.where(row["lon"], row["lat"], work.at).grid


def passed(work: Work, events: Iterable[Passed]) -> None:
    """What fusion did because time has passed, or because somebody took something back."""
    for event in events:
        work.at = max(work.at, event.at)
        if event.what == "case" and event.outcome is not None:
            row = work.book.get(EPISODES, event.id)
            if row is not None:
                _belongs(work, row, event.outcome)
        elif event.what == "storm":
            case = work.case(event.id)
            if case is not None:
                work.changed(case, "storm", {"why": "the storm is over: it has been quiet for a time"})


def report(work: Work, told: Report) -> Answer:
    """What somebody tells."""
    lon, lat = told.where
    grid = work.places.where(lon, lat, work.at).grid if math.isfinite(lon) and math.isfinite(lat) else ""
    happening = Happening(
        id=told.id,
        kind="report",
        rule="",
        category=told.category,
        subject=told.subject,
        part="",
        place="",
        lon=lon,
        lat=lat,
        started=told.at,
        joins=told.joins,
        at=work.at,
        grid=grid,
    )
    outcome = work.fusion.take(happening)
    if outcome.how in ("opened", "held"):
        # What people tell is never held back: it is a case of its own at least.
        case = opening.of_report(work, told, outcome)
        _keep(work, told, case, told.number or case["number"], happening)
        work.changed(case, "opened", {"by": outcome.by, "why": outcome.why, "report": told.id})
        _bring(work, case, outcome)
        follow(work, case)
    else:
        case = work.known(outcome.case)
        _keep(work, told, case, told.number or f"{case['number']}-{case['members'] + 1}", happening)
        case["started"] = min(case["started"], told.at)
        _joined(work, case, outcome, told.id, True)
    return Answer(id=told.id, case=case["id"], taken=True)


def _keep(work: Work, told: Report, case: Row, number: str, happening: Happening) -> None:
    values = {name: msgspec.to_builtins(getattr(told, name)) for name in told.__struct_fields__}
    kept: dict[str, Any] = {name: values[name] for name in (c.name for c in REPORTS.columns) if name in values}
    kept |= {"case_id": case["id"], "number": number, "answer": "", "joined": None}
    row = work.book.add(REPORTS, kept | {"happening": keeping.plain(happening)})
    work.joins(REPORTS, row, case["id"])


def _joined(work: Work, case: Row, outcome: Outcome, member: str, goes_on: bool) -> None:
    """A further member. What was over goes on, and what was done with is open again."""
    case["members"] += 1
    if outcome.category and not case["category_said"]:
        case["category"] = outcome.category
    if goes_on:
        case["proposal"] = None
    said = {"member": member, "by": outcome.by, "why": outcome.why}
    if outcome.how == "reopened" or case["state"] in (State.VERIFIED, *ENDED_BY_ITSELF):
        take_by_itself(work, case, "reopen", f"It has come back. {outcome.why}".strip(), said)
        work.changed(case, "reopened", said)
    else:
        work.changed(case, "joined", said)
    _bring(work, case, outcome)
    follow(work, case)


def _over(work: Work, case: Row, row: Row) -> None:
    """An episode has ended; with the last one the happening has."""
    case["going_on"] -= 1
    if case["going_on"] > 0:
        work.changed(case, "updated", {"member": row["id"]})
        return
    members = [row] if case["members"] == 1 else _standing(work, case)
    last = max(members, key=lambda each: each["ended"] or -math.inf, default=row)
    case["ended"], case["reason"] = last["ended"], last["reason"]
    proof = {"rule": last["rule"], "episode": last["id"], "ended": last["ended"], "reason": last["reason"]}
    if case["state"] not in ENDED and last["reason"] == "clear":
        case["proposal"] = proof
    work.changed(case, "ended", proof)
    follow(work, case)


def _goes_on(work: Work, case: Row, row: Row) -> None:
    """An end was taken back."""
    case["going_on"] += 1
    case["ended"], case["reason"], case["proposal"] = None, "", None
    said = {"member": row["id"], "why": "it had not ended after all"}
    if case["state"] in _BACK:
        take_by_itself(work, case, "reopen", "It had not ended after all.", said)
    work.changed(case, "reopened", said)
    follow(work, case)


def _withdrawn(work: Work, case: Row, row: Row, was_open: bool) -> None:
    """What a tick concluded from silence was wrong. A case that is nothing else, and that nobody has touched, goes."""
    case["members"] -= 1
    case["going_on"] -= was_open
    said = {"member": row["id"], "why": "it was taken back: rows that came later disprove it"}
    if case["members"] == 0 and case["state"] == State.REPORTED and not case["steps"]:
        case["withdrawn"] = True
        work.drop_timers(case, ("file_overdue",))
    elif case["members"] == 0 and case["state"] not in ENDED:
        case["proposal"] = {"rule": row["rule"], "episode": row["id"], "reason": "withdrawn"}
    if case["going_on"] == 0 and case["ended"] is None:
        case["ended"], case["reason"] = _last_end(work, case, row)
    work.changed(case, "withdrawn", said)


def _standing(work: Work, case: Row) -> list[Row]:
    """A case's episodes that were not taken back."""
    return [each for each in work.book.select(EPISODES, EPISODES.c.case_id == case["id"]) if not each["withdrawn"]]


def _last_end(work: Work, case: Row, row: Row) -> tuple[float | None, str]:
    """When what is left of a case ended; of one that has nothing left, as its only member says."""
    ended = [(each["ended"], each["reason"]) for each in _standing(work, case) if each["ended"] is not None]
    return max(ended, default=(row["ended"], row["reason"]))


def _case_of(work: Work, row: Row) -> Row | None:
    return None if row["case_id"] is None else work.known(row["case_id"])


_OWN = {"case_id": None, "joined": None, "happening": None}
"""What a row has that no episode tells."""


def _episode_row(found: Case) -> Row:
    told = {name: _number(getattr(found, name)) for name in (c.name for c in EPISODES.columns) if name not in _OWN}
    return told | _OWN


def _number(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _nan(value: float | None) -> float:
    return math.nan if value is None else value
