"""words: what reports say, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from cases.indicators.catalogue import COUNTS, RATES, Rate
from cases.indicators.dimensions import DIMENSIONS
from cases.indicators.periods import Period

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

WORDS: Mapping[str, tuple[str, str]] = {
    "daily": ("城市管理案件日报", "Daily report on cases"),
    "weekly": ("城市管理案件周报", "Weekly report on cases"),
    "monthly": ("城市管理案件月报", "Monthly report on cases"),
    "summary": ("总体情况", "Summary"),
    "days": ("每日情况", "Day by day"),
    "by": ("按{}统计", "By {}"),
    "times": ("各环节用时", "Time in each state"),
    "definitions": ("指标说明", "Definitions"),
    "indicator": ("指标", "Indicator"),
    "this": ("本期", "This period"),
    "before": ("上期", "The one before"),
    "change": ("变化", "Change"),
    "day": ("日期", "Day"),
    "rank": ("名次", "Rank"),
    "score": ("综合得分", "Score"),
    "code": ("代码", "Code"),
    "none": ("未填", "none"),
    "state": ("环节", "State"),
    "stays": ("次数", "Times"),
    "clock_median": ("中位 (小时)", "Median (h)"),
    "clock_p90": ("九成以内 (小时)", "90 % within (h)"),
    "working_median": ("工作时中位", "Median (work h)"),
    "working_p90": ("工作时九成以内", "90 % within (work h)"),
    "found_by": ("案件来源", "Found by"),
    "filed_and_rate": ("立案数 (柱) 与按期结案率 (线)", "Filed (bars) and closing in time (line)"),
    "most_due": ("{}: 应处置数最多的 {} 个", "{}: the {} with most cases due"),
    "made": ("生成时间 {}", "Made {}"),
    "period": ("统计时段 {} 至 {}, {}", "From {} to {}, {}"),
    "before_period": ("上期: {}", "The one before: {}"),
    "points": ("百分点", "pts"),
    "unknown": ("–", "–"),
    "more": ("另有 {} 行, 见工作簿。", "{} more rows: see the workbook."),
    "more_alone": ("另有 {} 行。", "{} more rows."),
    "nothing": ("本期没有案件。", "There are no cases in this period."),
    "means": ("含义", "What it means"),
    "formula": ("计算", "Quotient"),
    "source": ("来源", "Published by"),
    "weight": ("权重", "Weight"),
    "rules": (
        (
            "被撤销的案件和已并案的案件不计; 不予受理、误报、已知固定物和重复案件只计入上报数。上报数按上报时间、"
            "立案类指标按立案时间、处置和结案类指标按处置时限归入时段; 其余均以时段结束时的情况为准。"
            "分母为零的比率不计算。"
        ),
        (
            "Cases taken back or merged count nowhere; rejected ones, false alarms, known fixtures and duplicates "
            "count as reported only. What is reported belongs to the period in which it was opened, what is filed to "
            "that in which it was filed, handling and closing to that in which the deadline lies; everything else is "
            "as it stood at the period's end. A rate of nothing is not known."
        ),
    ),
    "score_rule": (
        "综合得分为各比率的加权平均, 0 至 100 分; 越低越好的比率按 1 减去该比率计入。",
        "The score is the weighted mean of rates, 0 to 100; of a rate that is better low, 1 minus it counts.",
    ),
    "unverified": (
        "名称和公式取自公开系统的转述, 未核对标准原文, 不作符合性声明。",
        "Names and quotients are those that running systems publish; none of it claims conformance with a standard.",
    ),
    "times_rule": (
        "一次停留从案件进入该环节起, 到离开该环节止, 归入离开时所在的时段。工作时只计城市工作时间。",
        (
            "A stay lasts from when a case comes into a state to when it leaves it, and belongs to the period in which "
            "it leaves. Work hours count the city's working time alone."
        ),
    ),
}

STATES: Mapping[str, tuple[str, str]] = {
    "reported": ("上报待立案", "Reported"),
    "checking": ("核实", "Checking"),
    "filed": ("立案待派遣", "Filed"),
    "dispatched": ("派遣待接单", "Dispatched"),
    "returned": ("退回", "Returned"),
    "handling": ("处置", "Handling"),
    "handled": ("处置反馈", "Handled"),
    "verifying": ("核查", "Verifying"),
    "verified": ("待结案", "Verified"),
    "suspended": ("挂起", "Suspended"),
}

VALUES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "channel": {
        "machine": ("机器发现", "Machine"),
        "collector": ("采集员", "Collectors"),
        "hand": ("人工录入", "By hand"),
        "open311": ("Open311", "Open311"),
    },
    "level": {"community": ("社区", "Community"), "street": ("街道", "Street"), "city": ("市", "City")},
    "mode": {
        "at_once": ("即办", "At once"),
        "promised": ("承诺", "Promised"),
        "jointly": ("联办", "Jointly"),
        "passed_up": ("上报", "Passed up"),
        "sent_back": ("退回", "Sent back"),
    },
}
"""Of dimensions whose values are ours."""


class Words:
    """Of one language: zh or en."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._at = 0 if language == "zh" else 1

    def __call__(self, key: str, *values: object) -> str:
        return WORDS[key][self._at].format(*values)

    def indicator(self, id: str) -> str:
        """A count's or a rate's name."""
        one = COUNTS[id] if id in COUNTS else RATES[id]
        return one.zh if self._at == 0 else one.en

    def means(self, id: str) -> str:
        """Of a count."""
        return COUNTS[id].means_zh if self._at == 0 else COUNTS[id].means

    def formula(self, rate: Rate) -> str:
        """A rate's quotient in words."""

        def total(names: tuple[str, ...]) -> str:
            text = " + ".join(self.indicator(name) for name in names)
            return f"({text})" if len(names) > 1 else text

        return f"{total(rate.numerator)} / {total(rate.denominator)}"

    def source(self, rate: Rate) -> str:
        """Who publishes it so."""
        return rate.source[self._at]

    def dimension(self, name: str) -> str:
        """What cases are told apart by."""
        return (DIMENSIONS[name].zh, DIMENSIONS[name].en)[self._at]

    def by(self, name: str) -> str:
        """The heading of a dimension's table."""
        said = self.dimension(name)
        return self("by", said if self._at == 0 else said[:1].lower() + said[1:])

    def value(self, dimension: str, name: str) -> str:
        """What a group is called: `name` is the city's word for it, or the value itself."""
        if not name:
            return self("none")
        known = VALUES.get(dimension, {}).get(name)
        return (
            known[self._at] if known else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
        )

    def state(self, state: str) -> str:
        """A state's name."""
        return STATES[state][self._at] if state in STATES else state


def clock(ts: float, zone: tzinfo) -> str:
    """A moment as the city writes it."""
    return (_EPOCH + timedelta(seconds=ts)).astimezone(zone).strftime("%Y-%m-%d %H:%M")


def days(period: Period, zone: tzinfo) -> tuple[str, str]:
    """Its first and last moment, of whole days the days themselves."""
    first, last = clock(period.start, zone), clock(period.end, zone)
    if first.endswith("00:00") and last.endswith("00:00"):
        return first[:10], clock(period.end - 1, zone)[:10]
    return first, last
