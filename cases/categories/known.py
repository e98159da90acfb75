"""known: the categories of a city, looked up by any code that people, rules and other systems use.

A code of the city's standard, an old or new one of the other standard (found by the mapping between them), a local one.
One that nothing knows gives a plain category, so that a case is never lost for its code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

import msgspec

from cases.categories.category import EVENT, PART, Category
from cases.categories.settings import CITY
from cases.deadlines.limits import Limit, Unit

FORMAT = 1
"""Of `Categories.to_plain`; a change of meaning is a new number."""
DAY = Limit(1.0, Unit.WORK_DAY)


class _Stored(msgspec.Struct, frozen=True):
    format: int
    standard: str
    default_limit: Limit
    categories: list[Category]
    same: dict[str, str]


class Categories:
    """What a code means. Without categories each code is a plain one.

    standard: the city's, or '' for none. same: code -> the code of the city's that means the same.
    """

    def __init__(
        self,
        categories: Iterable[Category] = (),
        standard: str = "",
        same: Mapping[str, str] | None = None,
        default_limit: Limit = DAY,
    ) -> None:
        self.all = sorted(categories, key=lambda each: (each.standard, each.kind, each.code))
        self.standard, self.default_limit = standard, default_limit
        self.same = dict(sorted((same or {}).items()))
        self._own = {(each.kind, each.code): each for each in self.all if each.standard in (standard, CITY)}
        self._others = {(each.kind, each.code): each for each in self.all if each.standard not in (standard, CITY)}

    def find(self, code: str, kind: str = EVENT) -> Category:
        """What a code means: an event where it could be both, if not asked otherwise."""
        found = self._find(code, kind) or self._find(code, PART if kind == EVENT else EVENT)
        return found or Category("", kind, code, code)

    def known(self, code: str, kind: str = EVENT) -> bool:
        """Whether any table has it."""
        return bool(self.find(code, kind).standard)

    def _find(self, code: str, kind: str) -> Category | None:
        codes = (code, self.same.get(code, "")) if kind == EVENT else (code,)
        ways = ((table, each) for table in (self._own, self._others) for each in codes)
        return next((table[kind, each] for table, each in ways if (kind, each) in table), None)

    def own(self) -> list[Category]:
        """Those of the city's standard and its own, by kind and code."""
        return [self._own[key] for key in sorted(self._own)]

    def severity(self, code: str) -> int:
        """1 (low) to 4 (urgent)."""
        return self.find(code).severity

    def mode(self, code: str) -> str:
        """How it is handled, one of `category.MODES`."""
        return self.find(code).mode

    def unit(self, code: str) -> str:
        """The unit that handles it where no list of duties names one; ''."""
        return self.find(code).unit

    def part(self, code: str) -> str:
        """The kind of part that it is about; '' for none."""
        return self.find(code).part

    def limit(self, code: str, condition: str = "", area_class: str = "") -> Limit:
        """How long handling may take; the default where no table says."""
        found = self.find(code).condition(condition)
        return (found and found.limit(area_class)) or self.default_limit

    def to_plain(self) -> dict[str, Any]:
        """All of it as JSON's plain data: what a version keeps."""
        plain: dict[str, Any] = msgspec.to_builtins(
            _Stored(FORMAT, self.standard, self.default_limit, self.all, self.same), order="deterministic"
        )
        return plain

    @classmethod
    def from_plain(cls, content: Any) -> Self:
        """What `to_plain` gave. ValueError for anything else."""
        try:
            stored = msgspec.convert(content, _Stored)
        except msgspec.ValidationError as error:
            raise ValueError(f"expected categories of format {FORMAT}: {error}") from error
        if stored.format != FORMAT:
            raise ValueError(f"expected categories of format {FORMAT}, got {stored.format}")
        return cls(stored.categories, stored.standard, stored.same, stored.default_limit)

    def to_json(self) -> bytes:
        """The same as bytes: the same content, the same bytes."""
        return msgspec.json.encode(self.to_plain())

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        """What `to_json` wrote. ValueError for anything else."""
        try:
            return cls.from_plain(msgspec.json.decode(content))
        except msgspec.DecodeError as error:
            raise ValueError(f"expected categories of format {FORMAT}: {error}") from error
