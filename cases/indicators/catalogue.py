"""catalogue: every indicator as a row of data: its names, what it divides by what, and what that means.

The names and quotients are those that running systems of 数字城管 use, as transcribed by third parties (see
docs/concepts/indicators.md, which also says exactly what is counted when). None of it claims conformance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Count(NamedTuple):
    """A number of cases."""

    id: str
    moment: str
    """The column of `cases` whose time puts a case into a period: opened, filed or due."""
    zh: str
    en: str
    means: str
    means_zh: str


class Rate(NamedTuple):
    """The quotient of two sums of counts, 0 to 1."""

    id: str
    zh: str
    en: str
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    better: str
    """higher, lower, or '' where neither is."""
    source: tuple[str, str]
    """Who publishes it so, in Chinese and English."""


_SYSTEMS = ("运行中的数字城管系统", "running 数字城管 systems")
_WEEK = ("郑州 2019 年 4 月 8 日当周通报", "Zhengzhou, week of 2019-04-08")
_MONTH = ("天门 2016 年 12 月通报; 郑州周报", "Tianmen, December 2016; Zhengzhou")
_OURS = ("本系统", "ours")

COUNTS: Mapping[str, Count] = {
    each.id: each
    for each in (
        Count("reported", "opened", "上报数", "Reported", "cases opened in the period", "本期上报的案件"),
        Count(
            "valid",
            "opened",
            "有效上报数",
            "Valid reports",
            "of these, filed, or over before anybody filed them",
            "其中已立案或立案前自行消除的案件",
        ),
        Count("filed", "filed", "立案数", "Filed", "cases filed in the period", "本期立案的案件"),
        Count(
            "filed_in_time",
            "filed",
            "按时立案数",
            "Filed in time",
            "of these, filed by their deadline for filing",
            "其中在立案时限内立案的案件",
        ),
        Count(
            "dispatched",
            "filed",
            "应派遣数",
            "Dispatched",
            "cases filed in the period and dispatched",
            "本期立案且已派遣的案件",
        ),
        Count(
            "dispatched_right",
            "filed",
            "准确派遣数",
            "Dispatched right",
            "of these, sent back by no unit",
            "其中未被处置部门退回的案件",
        ),
        Count(
            "found_machine",
            "filed",
            "机器发现数",
            "Found by machine",
            "cases filed in the period that sensors, vehicles or cameras found",
            "本期立案中由传感器、车辆或摄像头发现的案件",
        ),
        Count(
            "found_collector",
            "filed",
            "采集员上报数",
            "Found by collectors",
            "cases filed in the period that a collector told first",
            "本期立案中由采集员首先上报的案件",
        ),
        Count(
            "found_public",
            "filed",
            "公众举报数",
            "Told by the public",
            "cases filed in the period that anybody else told first",
            "本期立案中由公众等其他渠道首先上报的案件",
        ),
        Count(
            "due",
            "due",
            "应处置数",
            "Due",
            "cases whose deadline lies in the period; should be handled, should be closed",
            "处置时限在本期内的案件, 即应处置数、应结案数",
        ),
        Count("handled", "due", "处置数", "Handled", "of these, handled by the period's end", "其中期末前已处置的案件"),
        Count(
            "handled_in_time",
            "due",
            "按期处置数",
            "Handled in time",
            "of these, handled by their deadline",
            "其中在时限内处置的案件",
        ),
        Count(
            "overdue_waiting",
            "due",
            "超期待处置数",
            "Overdue, waiting",
            "of those due, not handled at the period's end",
            "应处置案件中期末仍未处置的案件",
        ),
        Count(
            "closed",
            "due",
            "结案数",
            "Closed",
            "of those due, closed by the period's end",
            "应结案案件中期末前已结案的案件",
        ),
        Count(
            "closed_in_time",
            "due",
            "按期结案数",
            "Closed in time",
            "of these, handled by their deadline",
            "其中在时限内处置的案件",
        ),
        Count(
            "reworked",
            "due",
            "返工数",
            "Reworked",
            "of those due, sent back for rework at least once",
            "应结案案件中至少返工一次的案件",
        ),
        Count(
            "extended",
            "due",
            "延期数",
            "Extended",
            "of those due, whose deadline was extended at least once",
            "应处置案件中至少延期一次的案件",
        ),
    )
}
"""In the order in which people read them."""

RATES: Mapping[str, Rate] = {
    each.id: each
    for each in (
        Rate("valid_reports", "有效上报率", "Valid reports", ("valid",), ("reported",), "higher", _SYSTEMS),
        Rate("filing_in_time", "按时立案率", "Filing in time", ("filed_in_time",), ("filed",), "higher", _SYSTEMS),
        Rate(
            "dispatching_right",
            "准确派遣率",
            "Dispatching right",
            ("dispatched_right",),
            ("dispatched",),
            "higher",
            _SYSTEMS,
        ),
        Rate("handling", "处置率", "Handling", ("handled",), ("due",), "higher", _SYSTEMS),
        Rate("handling_in_time", "按期处置率", "Handling in time", ("handled_in_time",), ("due",), "higher", _SYSTEMS),
        Rate("overdue", "超期待处置率", "Overdue and waiting", ("overdue_waiting",), ("due",), "lower", _SYSTEMS),
        Rate("closing", "结案率", "Closing", ("closed",), ("due",), "higher", _MONTH),
        Rate(
            "closing_in_time",
            "按期结案率",
            "Closing in time",
            ("closed_in_time",),
            ("due",),
            "higher",
            _MONTH,
        ),
        Rate("rework", "返工率", "Rework", ("reworked",), ("due",), "lower", _WEEK),
        Rate("extension", "延期率", "Extension", ("extended",), ("due",), "lower", _WEEK),
        Rate(
            "own_discovery",
            "发现率",
            "Found by the city itself",
            ("found_machine", "found_collector"),
            ("filed",),
            "",
            _MONTH,
        ),
        Rate("machine_discovery", "机器发现率", "Found by machine", ("found_machine",), ("filed",), "", _OURS),
        Rate(
            "collector_discovery",
            "监督员发现率",
            "Found by collectors",
            ("found_collector",),
            ("found_collector", "found_public"),
            "",
            _SYSTEMS,
        ),
    )
}

FALSE_VERDICTS = ("false alarm", "known fixture", "duplicate")
"""A case with one of these does not count (rule 2 of the page)."""
MACHINE, COLLECTOR = "machine", "collector"
"""Channels of what a city finds itself."""


def rates(counts: Mapping[str, int]) -> dict[str, float | None]:
    """Every rate of these counts; None where its denominator is 0."""

    def quotient(rate: Rate) -> float | None:
        below = sum(counts[each] for each in rate.denominator)
        return sum(counts[each] for each in rate.numerator) / below if below else None

    return {each.id: quotient(each) for each in RATES.values()}


def score(found: Mapping[str, float | None], weights: Mapping[str, float]) -> float | None:
    """综合评价: the weighted mean of rates, 0 to 100; None where none of them is known.

    found: by rate. weights: by rate, above 0; only their proportions matter.
    """
    total = reached = 0.0
    for id, weight in weights.items():
        value = found[id]
        if value is not None:
            total += weight
            reached += weight * (1 - value if RATES[id].better == "lower" else value)
    return 100 * reached / total if total else None
