"""docs/reference is what the code says."""

from __future__ import annotations

import pytest

from connectors.codecs import UNPACKERS
from docs.site.reference import PAGES
from docs.site.sources import DOCS


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_what_the_code_says(page: str) -> None:
    kept = (DOCS / "reference" / page).read_text("utf-8")
    assert kept == PAGES[page](), "the code has changed: python -m docs.site.reference"


def test_there_are_no_others() -> None:
    assert sorted(file.name for file in (DOCS / "reference").iterdir()) == sorted(PAGES)


def test_what_is_told_is_told_of_all() -> None:
    keys, rows = PAGES["keys.md"](), PAGES["rows.md"]()
    assert "| `zone` | text |  | of a time in the unit local: whose clock showed it |" in keys
    assert "| `codec` |" in keys
    assert "| `speed` | km/h |" in rows
    assert all(f"| `{name}` |" in rows for name, codec in UNPACKERS.items() if codec.timed)
