"""category_warnings: do the rules name categories that the city's tables know?

Reads the document and its tables; reports each code that nothing knows once, at the first rule that names it, with a
suggestion. Not faults: a case of such a code is a plain one, with the default limit.
"""

from __future__ import annotations

from typing import Any

from cases.categories import CategoriesSection, categories_of
from pipeline.faults import Fault, did_you_mean
from pipeline.runtime.document import Document


def category_warnings(document: Document, section: CategoriesSection | None) -> list[Fault]:
    """section: with its tables; None: a city without categories, where any word is as good as another."""
    if section is None:
        return []
    categories = categories_of(section)
    rules: Any = document.at(("rules",))
    found: dict[str, Fault] = {}
    for number, rule in enumerate(rules if isinstance(rules, list) else []):
        code = rule.get("category") if isinstance(rule, dict) else None
        if isinstance(code, str) and code and code not in found and not categories.known(code):
            hint = did_you_mean(code, [each.code for each in categories.all])
            message = f"no table has the category '{code}'; its cases have the default limit{hint}"
            found[code] = document.fault(("rules", number, "category"), message)
    return list(found.values())
