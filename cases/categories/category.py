"""category: what a case is about, as a standard or a city has it: a code, how it is handled, and by when.

A category is known by its standard, its kind (事件 event, or 部件 part) and its code: parts and events share the same
numbers. Codes are text; their leading zeros belong to them.
"""

from __future__ import annotations

import msgspec

from cases.deadlines.limits import Limit

EVENT, PART = "event", "part"
KINDS = {EVENT: "事件", PART: "部件"}
MODES = {"at_once": "即办", "promised": "承诺", "jointly": "联办", "passed_up": "上报", "sent_back": "退回"}
"""How a category is handled: at once, promised by a date, by a lead and helping units, passed up, sent back."""
AREA_CLASSES = ("A", "B", "C")
ALL_AREAS = ""
USUAL_SEVERITY, USUAL_MODE = 2, "at_once"


class Condition(msgspec.Struct, frozen=True, omit_defaults=True):
    """A filing condition (立案条件) and how long handling may take."""

    id: str = ""
    """'' where the category has only one."""
    text: str = ""
    text_en: str = ""
    limits: dict[str, Limit] = {}
    """By area class; ALL_AREAS: in each that has none of its own."""

    def limit(self, area_class: str) -> Limit | None:
        """In an area of a class; where that is not known, or has none, as for all areas, else the shortest class's."""
        order = (area_class, ALL_AREAS, *AREA_CLASSES)
        return next((self.limits[each] for each in order if each in self.limits), None)


class Category(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of them."""

    standard: str
    """gb47678, gb30428, 'city' for one of the city's own, '' for one that nothing knows."""
    kind: str
    code: str
    name: str
    """In Chinese, or the code where nothing names it."""
    name_en: str = ""
    group: str = ""
    """大类: the big class that the first two digits stand for."""
    group_en: str = ""
    severity: int = USUAL_SEVERITY
    """1 (low) to 4 (urgent)."""
    mode: str = USUAL_MODE
    """One of MODES."""
    unit: str = ""
    """Who handles it where no list of duties says who."""
    part: str = ""
    """The code of the kind of part that it is about; '' for none."""
    conditions: tuple[Condition, ...] = ()

    def condition(self, id: str) -> Condition | None:
        """A filing condition by its id; the first where there is none of that id."""
        found = next((each for each in self.conditions if each.id == id), None)
        return found or next(iter(self.conditions), None)

    def called(self, language: str) -> str:
        """Its name in 'zh' or 'en'; the other's, where it has none in that."""
        return (self.name_en or self.name) if language == "en" else (self.name or self.name_en)
