"""dimensions: by what indicators can be told apart: columns of `cases`, and parts of codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from cases.tables.desk import CASES

Expression = sa.ColumnElement[Any]


class Dimension(NamedTuple):
    """A way to group cases."""

    zh: str
    en: str
    expression: Expression
    """A text; '' where a case has none."""


def _beginning(code: Expression, length: int) -> Expression:
    """Unit grid codes: 6 digits of a county, 3 of a street, 3 of a community and a number; shorter ones stay whole."""
    return sa.case((sa.func.length(code) >= 14, sa.func.substr(code, 1, length)), else_=code)


def _class(code: Expression) -> Expression:
    """06042 → 06; vehicle.overspeed → vehicle: what stands before the last dot."""
    coded = sa.func.substr(code, 1, 1).in_(list("0123456789"))
    named = sa.func.rtrim(sa.func.rtrim(code, sa.func.replace(code, ".", "")), ".")
    return sa.case((coded, sa.func.substr(code, 1, 2)), (code.contains(".", autoescape=True), named), else_=code)


_COLUMN: Callable[[str], Expression] = CASES.c.__getitem__

DIMENSIONS: Mapping[str, Dimension] = {
    "grid": Dimension("单元网格", "Grid cell", _COLUMN("grid")),
    "community": Dimension("社区", "Community", _beginning(_COLUMN("grid"), 12)),
    "street": Dimension("街道", "Street or town", _beginning(_COLUMN("grid"), 9)),
    "county": Dimension("区县", "County or district", _beginning(_COLUMN("grid"), 6)),
    "unit": Dimension("处置部门", "Unit", _COLUMN("responsible")),
    "officer": Dimension("处置人员", "Officer", _COLUMN("officer")),
    "category": Dimension("类别", "Category", _COLUMN("category")),
    "class": Dimension("大类", "Class", _class(_COLUMN("category"))),
    "channel": Dimension("来源", "Channel", _COLUMN("channel")),
    "rule": Dimension("规则", "Rule", _COLUMN("rule")),
    "level": Dimension("层级", "Level", _COLUMN("level")),
    "area": Dimension("区域等级", "Area class", _COLUMN("area_class")),
    "mode": Dimension("办理方式", "Way of handling", _COLUMN("mode")),
}
