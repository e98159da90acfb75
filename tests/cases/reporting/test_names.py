"""What units, officers and categories are called in reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.categories import CategoriesSection, read_categories
from cases.database import reading, writing
from cases.reporting.names import names_of
from tests.cases.registers.kit import empty_store, keep

FOUND = {"unit": {"u1": "城管一队"}, "officer": {"o1": "陈"}}


@pytest.mark.parametrize(
    "language, category, sixth, seventh",
    [
        pytest.param("zh", "06042 垃圾站(箱)满溢", "06 市容环境", "07 宣传广告", id="zh"),
        pytest.param("en", "06042 rubbish station or bin overflowing", "06 street environment", "07 ", id="en"),
    ],
)
def test_names_of_the_registers_and_categories(language: str, category: str, sixth: str, seventh: str) -> None:
    categories = read_categories(CategoriesSection(standard="gb47678"), Path())
    engine = empty_store()
    with writing(engine) as connection:
        keep(connection, "units", [{"id": "u1", "name": "城管一队"}, {"id": "u2"}])
        keep(connection, "officers", [{"id": "o1", "name": "陈", "unit": "u1"}])
    with reading(engine) as connection:
        found = names_of(connection, categories, language, 0.0)
    assert {name: found[name] for name in FOUND} == FOUND
    assert found["category"]["06042"] == category
    assert found["class"]["06"] == sixth
    assert found["class"]["07"].startswith(seventh)
    assert found["class"]["01"] != "01 市容环境"  # which it is in the older standard
    engine.dispose()
