"""What a report says, and its two forms."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from cases.indicators.catalogue import COUNTS, RATES
from cases.life import ENDED, State
from cases.reporting.page import MOST, as_html, shown
from cases.reporting.tables import COUNT, RATE, SCORE, groups
from cases.reporting.words import STATES, WORDS, Words
from cases.reporting.workbook import as_xlsx
from tests.cases.indicators.made import case, keep
from tests.cases.reporting.kit import DAY, EVIL, MARCH, fill, report


def test_what_it_says(database: sa.Engine) -> None:
    fill(database)
    found = report(database)
    assert (found.whole.counts["filed"], found.before.counts["filed"], found.before_period.name) == (4, 1, "2026-02")
    assert [row.value for row in found.days] == ["2026-03-01", "2026-03-02", "2026-03-03"] + [
        f"2026-03-{k:02}" for k in range(4, 32)
    ]
    assert [(row.name, row.counts["due"]) for row in found.groups["unit"]] == [("城管一队", 2), (EVIL, 1), ("-2+3", 1)]
    assert [row.value for row in found.groups["street"]] == ["420101001"]
    assert [(each.state, each.clock.median) for each in found.stays] == [("reported", 3600.0), ("filed", 7200.0)]


def test_a_daily_one_shows_the_week_up_to_it(database: sa.Engine) -> None:
    fill(database)
    found = report(database, "daily", MARCH + 2 * DAY)
    assert (found.whole.counts["filed"], found.before.counts["filed"]) == (1, 2)
    assert [row.value for row in found.days][::6] == ["2026-02-25", "2026-03-03"]


def test_ranks_are_shared_by_equals(database: sa.Engine) -> None:
    keep(
        database,
        [
            case(f"{unit}{k}", responsible=unit, opened=MARCH, filed=MARCH, due=MARCH + 60, handled=handled)
            for unit, handled in (("u1", None), ("u2", MARCH + 1), ("u3", MARCH + 1), ("", None))
            for k in range(2)
        ]
        + [case("x", responsible="u9", opened=MARCH)],
    )
    table = groups(report(database), "unit", Words("zh"))
    assert [row[:2] for row in table.rows] == [[1.0, "u2"], [1.0, "u3"], [3.0, "未填"], [3.0, "城管一队"], [None, "u9"]]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_workbook(database: sa.Engine, language: str) -> None:
    fill(database)
    found, words = report(database), Words(language)
    data = as_xlsx(found, language)
    assert as_xlsx(found, language) == data
    book = load_workbook(io.BytesIO(data))
    assert book.sheetnames[0] == words("summary")
    assert book.sheetnames[-1] == words("definitions")
    for sheet in book.worksheets:
        assert sheet.freeze_panes
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row)
    units = book[words.by("unit")]
    assert [units.cell(row, 2).value for row in (2, 3, 4)] == ["城管一队", EVIL, "-2+3"]
    assert units.cell(3, 2).quotePrefix
    heads = {cell.value: number for number, cell in enumerate(units[1], 1)}
    in_time = units.cell(2, heads[words.indicator("handling_in_time")])
    assert (in_time.value, in_time.number_format) == (1, "0.00%")
    summary = {row[0].value: [cell.value for cell in row[1:]] for row in book[words("summary")].iter_rows(min_row=7)}
    assert summary[words.indicator("filed")] == [4, 1, 3]
    assert summary[words.indicator("closing")][:2] == [0.75, 1]
    assert {words.indicator(id) for id in (*COUNTS, *RATES)} <= {row[0].value for row in book[words("definitions")]}
    # A chart with each table.
    charts = [getattr(sheet, "_charts") for sheet in book.worksheets]  # noqa: B009  it has no public name
    assert [bool(each) for each in charts] == [False, *[True] * (len(charts) - 2), False]


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page(database: sa.Engine, language: str) -> None:
    fill(database)
    found, words = report(database), Words(language)
    data = as_html(found, language)
    assert as_html(found, language) == data
    seen = _Seen()
    seen.feed(data.decode())
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in seen.tags}
    assert not any(name in ("href", "src") or name.startswith("on") for _, attrs in seen.tags for name in attrs)
    assert EVIL in seen.text
    assert "default-src 'none'" in (seen.tags[3][1]["content"] or "")
    assert all(words.indicator(id) in seen.text for id in (*COUNTS, *RATES))
    assert "@page{size:A4" in data.decode()
    for drawn in re.findall(r"(?s)<svg.*?</svg>", data.decode()):
        ET.fromstring(drawn)  # numbers are numbers, and what is named is escaped
        assert "nan" not in drawn


def test_nothing_at_all(database: sa.Engine) -> None:
    keep(database, [])
    found = report(database)
    assert Words("zh")("nothing") in as_html(found, "zh").decode()
    assert load_workbook(io.BytesIO(as_xlsx(found, "en"))).sheetnames


def test_a_period_that_has_not_begun_is_all_nothing(database: sa.Engine) -> None:
    fill(database)
    found = report(database, now=MARCH - 1)
    assert not any(found.whole.counts.values())
    assert found.days == []


def test_many_rows_on_paper_are_those_with_most_due(database: sa.Engine) -> None:
    many = [(k, n) for k in range(MOST + 5) for n in range(1 + k % 2)]
    keep(
        database,
        [case(f"{k}/{n}", responsible=f"u{k:03}", opened=MARCH, filed=MARCH, due=MARCH + 60) for k, n in many],
    )
    page = as_html(report(database, by=("unit",)), "en").decode()
    table = page.split("<h2>By unit</h2>")[1].split("</table>")[0].split("<tbody>")[1]
    assert table.count("<tr>") == MOST
    assert all(f">u{k:03}<" in table for k in range(1, MOST + 5, 2))
    assert "5 more rows" in page
    book = load_workbook(io.BytesIO(as_xlsx(report(database, by=("unit",)), "en")))
    assert book["By unit"].max_row == MOST + 6


@pytest.mark.parametrize(
    "value, kind, sign, expected",
    [
        pytest.param(1234.0, COUNT, False, "1,234", id="count"),
        pytest.param(0.12345, RATE, False, "12.35%", id="rate"),
        pytest.param(None, RATE, False, "–", id="unknown"),
        pytest.param(-0.0101, RATE, True, "-1.01 pts", id="points"),
        pytest.param(5.0, COUNT, True, "+5", id="more"),
        pytest.param(0.0, COUNT, True, "0", id="no-change"),
        pytest.param(-0.00001, RATE, True, "0.00 pts", id="no-change-that-is-seen"),
        pytest.param(0.04, SCORE, True, "0.0", id="no-change-of-score"),
    ],
)
def test_numbers(value: Any, kind: str, sign: bool, expected: str) -> None:
    assert shown(value, kind, Words("en"), sign) == expected


def test_every_word_is_there_in_both_languages() -> None:
    assert set(STATES) == {state.value for state in State if state not in ENDED}
    for chinese, english in WORDS.values():
        assert chinese.count("{}") == english.count("{}")
        assert not re.search(r"[一-鿿]", english)
