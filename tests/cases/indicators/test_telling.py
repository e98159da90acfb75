"""Answers for machines."""

from __future__ import annotations

import csv
import json
from datetime import UTC
from zoneinfo import ZoneInfo

from cases.indicators.asking import Question
from cases.indicators.catalogue import COUNTS, RATES
from cases.indicators.counting import Line
from cases.indicators.periods import Period
from cases.indicators.stays import Spread, Stays
from cases.indicators.telling import as_csv, as_objects, stays_as_objects

DAY = Period("2026-03-01", 1_772_294_400.0, 1_772_380_800.0)
QUESTION = Question(DAY.start, DAY.end, DAY.end, ZoneInfo("Asia/Shanghai"), "day", ("unit",))
LINE = Line(DAY, ("=cmd|'/C calc'!A0",), dict.fromkeys(COUNTS, 0) | {"due": 3, "handled": 1})


def test_an_object_a_line() -> None:
    (found,) = as_objects(QUESTION, [LINE], {"handling": 1.0})
    assert found["from"] == "2026-03-01T00:00:00+08:00"
    assert found["by"] == {"unit": "=cmd|'/C calc'!A0"}
    assert (found["counts"]["due"], found["rates"]["handling"], found["rates"]["valid_reports"]) == (3, 0.333333, None)
    assert found["score"] == 33.333333
    assert "score" not in as_objects(QUESTION, [LINE], {})[0]
    json.dumps(found, allow_nan=False)


def test_csv_has_all_columns_and_no_formulas() -> None:
    objects = as_objects(QUESTION, [LINE], {"handling": 1.0})
    text = as_csv(QUESTION, objects, times=False, scored=True)
    ((head, row),) = [list(csv.reader(text.splitlines()))]
    assert head == ["period", "from", "to", "unit", *COUNTS, *RATES, "score"]
    values = dict(zip(head, row, strict=True))
    assert (values["unit"], values["handling"], values["valid_reports"]) == ("'=cmd|'/C calc'!A0", "0.333333", "")
    assert as_csv(QUESTION, [], times=False, scored=False).splitlines() == [",".join(head[:-1])]


def test_times() -> None:
    stays = [Stays(DAY, ("u1",), "handling", 2, Spread(3600.0004, 7200.0), Spread(0.0, 60.0))]
    objects = stays_as_objects(QUESTION, stays)
    assert objects[0]["clock"] == {"median": 3600.0, "p90": 7200.0}
    assert as_csv(QUESTION, objects, times=True, scored=False).splitlines() == [
        "period,from,to,unit,state,stays,clock_median,clock_p90,working_median,working_p90",
        "2026-03-01,2026-03-01T00:00:00+08:00,2026-03-02T00:00:00+08:00,u1,handling,2,3600.0,7200.0,0.0,60.0",
    ]
    whole = Question(0, 1, 2, UTC)
    assert as_csv(whole, [], times=True, scored=False).startswith("period,from,to,state,")
