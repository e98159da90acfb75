"""integrations_sinks: how telling others goes, by the store: targets of `dispatch`, channels of `notify`; and what
hotlines and people brought. Nothing here changes anything.
"""

from __future__ import annotations

import sqlalchemy as sa

from cases.case import iso
from cases.outbox.lists import Standing, standing
from cases.tables import NOTICE_SENDS, NOTICES, REPORTS
from console.city import City
from console.integrations_masked import masked
from console.integrations_told import SinkOut, SourceOut

DAY = 86_400.0
MACHINE = "machine"


def sinks(city: City, connection: sa.Connection) -> list[SinkOut]:
    """Targets, then channels, each by name."""
    return [_target(each) for each in standing(city.engine)] + _channels(city, connection)


def _target(each: Standing) -> SinkOut:
    away = each.breaker != "closed"
    hint = "gone" if each.gone else "dead" if each.dead else "away" if away else ""
    idle = each.worked is None and not each.waiting
    state = "off" if each.gone else "trouble" if away or each.dead else "quiet" if idle else "works"
    return SinkOut.model_validate(
        {
            "name": each.name,
            "kind": "dispatch",
            "state": state,
            "waiting": each.waiting,
            "held": each.held,
            "dead": each.dead,
            "oldest": _iso(each.oldest),
            "last": _iso(each.worked),
            "error": masked(each.why),
            "hint": hint,
        }
    )


def _channels(city: City, connection: sa.Connection) -> list[SinkOut]:
    """Of notices of the last month: a channel that nobody ever used says nothing."""
    s = NOTICE_SENDS.c
    since = city.now() - 30 * DAY
    counts = [sa.func.count().filter(s.state == state).label(state) for state in ("waiting", "dead")]
    oldest = sa.func.min(sa.case((s.state == "waiting", s.made)))
    query = (
        sa.select(s.channel, *counts, oldest, sa.func.max(s.sent))
        .where(sa.or_(s.state == "waiting", s.made > since))
        .group_by(s.channel)
        .order_by(s.channel)
    )
    found = []
    for channel, waiting, dead, first, last in connection.execute(query):
        failing = (
            sa.select(s.why)
            .where(s.channel == channel, s.why != "", s.state != "sent", s.made > since)
            .order_by(s.made.desc())
            .limit(1)
        )
        why = connection.execute(failing).scalar() or ""
        stuck = bool(why and waiting)
        state = "trouble" if stuck else "works"
        said = {"name": channel, "kind": "notify", "state": state, "waiting": waiting, "held": None, "dead": dead}
        said |= {"oldest": _iso(first), "last": _iso(last), "error": masked(why), "hint": "away" if stuck else ""}
        found.append(SinkOut.model_validate(said))
    return found


def told_by_people(city: City, connection: sa.Connection) -> list[SourceOut]:
    """The hotlines of the configuration, and the other ways by which reports came in the last day."""
    c = REPORTS.c
    now = city.now()
    recent = sa.func.count().filter(c.at > now - DAY)
    query = sa.select(c.channel, recent, sa.func.max(c.at)).where(c.at > now - 30 * DAY, c.channel != MACHINE)
    known = {channel: (count, last) for channel, count, last in connection.execute(query.group_by(c.channel))}
    hotlines = list(city.settings.intake.hotlines)
    found = []
    for name in [*hotlines, *sorted(set(known) - set(hotlines))]:
        count, last = known.get(name, (0, None))
        kind = "hotline" if name in hotlines else "people"
        state, hint = ("works", "") if count else ("quiet", "nothing_yet" if last is None else "quiet")
        said = {"name": name, "kind": kind, "state": state, "about": "", "connected": None, "last": _iso(last)}
        said |= {"rate": None, "count": count, "delay": None, "in_flight": None, "error": "", "hint": hint}
        found.append(SourceOut.model_validate(said))
    return found


def unanswered_notices(connection: sa.Connection) -> int:
    """Notices that have been told and that nobody has acknowledged."""
    return connection.execute(sa.select(sa.func.count()).where(NOTICES.c.state == "told")).scalar_one()


def _iso(at: float | None) -> str | None:
    return None if at is None else iso(at)
