"""life: the life of a case as a state machine: which action is possible in which state, by which role, leading where.

The one place that says so. The desk applies it, `docs/concepts/cases.md` draws it, and whoever is refused is told from
it what is allowed. What an action does beyond moving the case (deadlines, tasks, counters) is the desk's.

    信息采集 reported → 立案 filed → 派遣 dispatched → 处置 handling → handled → 核查 verifying → verified → 结案 closed
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """Where a case stands."""

    REPORTED = "reported"
    """上报: somebody or something says so; nobody has decided."""
    CHECKING = "checking"
    """核实: a collector looks whether it is so."""
    FILED = "filed"
    """立案: it is so, and counts."""
    DISPATCHED = "dispatched"
    """派遣: a unit has it and has not answered."""
    RETURNED = "returned"
    """退回: the unit says that it is not its own."""
    HANDLING = "handling"
    """处置: the unit works on it."""
    HANDLED = "handled"
    """处置反馈: the unit says that it is done."""
    VERIFYING = "verifying"
    """核查: a collector looks whether it is done."""
    VERIFIED = "verified"
    """It is done."""
    CLOSED = "closed"
    """结案."""
    REJECTED = "rejected"
    """不予受理: it is not a case."""
    SUSPENDED = "suspended"
    """挂起: nothing can be done for now; its clock stands still."""
    MERGED = "merged"
    """并案: it goes on as part of another."""


ENDED_BY_ITSELF = (State.CLOSED, State.REJECTED)
ENDED = frozenset({State.CLOSED, State.REJECTED, State.MERGED})
ACTIVE = tuple(state for state in State if state not in ENDED)


class Role(StrEnum):
    """Who may do what. Two axes: the supervision centre judges, the command centre dispatches."""

    COLLECTOR = "collector"
    """采集员, 网格员: looks, in the field."""
    ACCEPTOR = "acceptor"
    """受理员: files, rejects, closes."""
    DISPATCHER = "dispatcher"
    """派遣员: gives it to a unit."""
    UNIT = "unit"
    """处置部门: handles."""
    SUPERVISOR = "supervisor"
    """督察, 值班长: approves, urges, overrules."""
    POLICY = "policy"
    """The configuration, where it says that something happens by itself."""
    PIPELINE = "pipeline"
    """What the sensors show."""
    OUTSIDE = "outside"
    """A dispatch system that answers for a unit."""


class Action(NamedTuple):
    """What may be done.

    roles: whose it is. to: the state that it leads to; None: it stays; '': the desk knows.
    data: the keys that must be given. note: whether it must say why. zh: the standard word.
    """

    zh: str
    roles: frozenset[Role]
    sources: tuple[State, ...]
    to: State | str | None
    data: tuple[str, ...] = ()
    note: bool = False


def _roles(*roles: Role) -> frozenset[Role]:
    return frozenset((*roles, Role.SUPERVISOR))


_DESK = _roles(Role.ACCEPTOR, Role.POLICY)
_COMMAND = _roles(Role.DISPATCHER, Role.POLICY)
_HANDLER = _roles(Role.UNIT, Role.OUTSIDE)
_ALL = frozenset(Role)
_UNDER_WAY = (State.FILED, State.DISPATCHED, State.RETURNED, State.HANDLING)

ACTIONS: Mapping[str, Action] = {
    # reported → filed
    "check": Action("核实", _DESK, (State.REPORTED,), State.CHECKING),
    "checked": Action("核实回复", _roles(Role.COLLECTOR), (State.CHECKING,), State.REPORTED, ("found",)),
    "file": Action("立案", _DESK, (State.REPORTED,), State.FILED),
    "reject": Action(
        "不予受理", _DESK, (State.REPORTED, State.CHECKING, State.FILED, State.RETURNED), State.REJECTED, note=True
    ),
    # filed → handled
    "dispatch": Action("派遣", _COMMAND, (State.FILED, State.RETURNED), State.DISPATCHED, ("unit",)),
    "recall": Action("撤回", _COMMAND, (State.DISPATCHED, State.HANDLING), State.FILED, note=True),
    "accept": Action("接单", _HANDLER, (State.DISPATCHED,), State.HANDLING),
    "return": Action("退回", _HANDLER, (State.DISPATCHED, State.HANDLING), State.RETURNED, note=True),
    "handled": Action("处置反馈", _HANDLER, (State.DISPATCHED, State.HANDLING), State.HANDLED),
    # handled → closed
    "verify": Action("核查", _DESK, (State.HANDLED,), State.VERIFYING),
    "verified": Action(
        "核查通过",
        _roles(Role.COLLECTOR, Role.ACCEPTOR, Role.POLICY),
        (State.HANDLED, State.VERIFYING),
        State.VERIFIED,
    ),
    "rework": Action(
        "返工",
        _roles(Role.COLLECTOR, Role.ACCEPTOR, Role.POLICY),
        (State.HANDLED, State.VERIFYING, State.VERIFIED),
        State.DISPATCHED,
        note=True,
    ),
    "close": Action("结案", _DESK, (State.VERIFIED,), State.CLOSED),
    "reopen": Action(
        "重新立案",
        _DESK | {Role.PIPELINE},
        (State.HANDLED, State.VERIFYING, State.VERIFIED, *ENDED_BY_ITSELF),
        "",
        note=True,
    ),
    # what waits for a named role's approval
    "ask": Action(
        "申请",
        _roles(Role.UNIT, Role.OUTSIDE, Role.DISPATCHER, Role.ACCEPTOR),
        (*_UNDER_WAY, State.HANDLED, State.VERIFYING),
        None,
        ("what",),
        note=True,
    ),
    "approve": Action("批准", _ALL, ACTIVE, "", ("approval",)),
    "refuse": Action("不批准", _ALL, ACTIVE, None, ("approval",), note=True),
    "pass_up": Action("上报", frozenset({Role.POLICY}), (*_UNDER_WAY, State.HANDLED), State.FILED),
    "resume": Action("恢复", _COMMAND | _DESK, (State.SUSPENDED,), ""),
    # beside the way
    "over": Action("自行消除", frozenset({Role.POLICY}), ACTIVE, State.CLOSED),
    "propose": Action("建议结案", frozenset({Role.PIPELINE}), ACTIVE, None),
    "withdraw": Action("撤销", frozenset({Role.PIPELINE}), ACTIVE, None),
    "assign": Action("指派", _HANDLER | _COMMAND | _DESK, ACTIVE, None, ("officer",)),
    "urge": Action("督办", _roles(Role.DISPATCHER, Role.ACCEPTOR, Role.POLICY), ACTIVE, None, note=True),
    "call": Action("吹哨", _roles(Role.DISPATCHER, Role.ACCEPTOR, Role.POLICY), ACTIVE, None, ("units",)),
    "merge": Action("并案", _DESK | _COMMAND, ACTIVE, State.MERGED, ("into",)),
    "undo": Action("撤销风暴", _DESK | _COMMAND, ACTIVE, State.MERGED, note=True),
    "split": Action("拆分", _DESK | _COMMAND, ACTIVE, None, ("members",)),
    "correct": Action("更正", _DESK | _COMMAND, ACTIVE, None, ("fields",)),
    "comment": Action("备注", _ALL, tuple(State), None, note=True),
    "attach": Action("附件", _ALL, tuple(State), None, ("files",)),
    "verdict": Action("研判", _DESK | _COMMAND, tuple(State), None, ("verdict",)),
}
"""What each needs in `data`, beyond its `data` keys, may be given:

check, verify: collector. checked: photos. file: category, condition, severity. dispatch: helpers (units), mode,
officer. handled, verified, rework: photos. close, reject: reply, what those who reported are told. ask: what is extend
(until: UTC seconds), suspend, pass_up or close_unverified. approve, refuse: approval (its id). merge: into (the other
case's id). split: members (ids of episodes or reports). correct: fields, of category, text, address, lon, lat,
severity, place, grid. call: units (ids). verdict: confirmed, false alarm, known fixture or duplicate (of: a case's id).
attach: files, each {kind, location, sha256, captured, clock_offset, source}. over: proof. pass_up: level; none: the
next. undo: of a storm's case, whose members become cases of their own.
"""

CITY_ACTIONS: Mapping[str, Action] = {
    "shelve": Action("搁置", frozenset({Role.SUPERVISOR}), (), None, ("scope",), note=True),
    "unshelve": Action("恢复", frozenset({Role.SUPERVISOR}), (), None, ("id",)),
    "suppress": Action("抑制", frozenset({Role.SUPERVISOR}), (), None, ("scope",), note=True),
    "review": Action("复核", frozenset({Role.SUPERVISOR}), (), None, ("id", "agree")),
    "revoke": Action("撤回", frozenset({Role.SUPERVISOR}), (), None, ("id",)),
}
"""What is done to the city, not to a case: the step's `case` is ''. scope: what it is about and until when, see
`cases.fusion.Shelving` and `Suppression`. review: whether a suppression that a verdict proposed becomes effective."""

ASKS: Mapping[str, State | None] = {
    "extend": None,
    "suspend": State.SUSPENDED,
    "pass_up": State.FILED,
    "close_unverified": State.CLOSED,
}
"""What can be asked for, and the state that its approval leads to; None: as it is."""

LEVELS = ("community", "street", "city")
"""社区, 街道 or 镇, 市: a case that one can't solve goes to the next."""

VERDICTS = ("confirmed", "false alarm", "known fixture", "duplicate")


def allowed(state: str, role: str | None = None) -> tuple[str, ...]:
    """The actions that are possible in a state, for a role or for anybody."""
    return tuple(
        name for name, action in ACTIONS.items() if state in action.sources and (role is None or role in action.roles)
    )
