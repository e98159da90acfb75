"""presence_book: who looks at which case now, in memory: everybody says so again every few seconds, or is forgotten."""

from __future__ import annotations

import threading
from collections import OrderedDict

MOST = 2_000
"""Pages at a time; the one that has been silent the longest is forgotten first."""
FOR = 40.0
"""Seconds that what a page says holds; pages say it again every 15 s."""


class Presence:
    """Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()
        """(who, page) -> the case and when it was said last, the silent ones first."""

    def look(self, who: str, page: str, case: str, now: float) -> set[str]:
        """Somebody's page shows a case, '' for none; the cases that others are to be told of because of it. page: made
        up by the page itself, so that one person may have several. now: UTC seconds."""
        with self._lock:
            before = self._seen()
            gone = [key for key, (_, at) in self._pages.items() if at <= now - FOR]
            for key in [*gone, (who, page)]:
                self._pages.pop(key, None)
            if case:
                self._pages[who, page] = case, now
                if len(self._pages) > MOST:
                    self._pages.popitem(last=False)
            after = self._seen()
        return {each for each in before.keys() | after.keys() if before.get(each) != after.get(each)}

    def seen(self, now: float) -> dict[str, list[str]]:
        """Case -> who looks at it, by name."""
        with self._lock:
            return {case: sorted(names) for case, names in self._seen(now - FOR).items()}

    def _seen(self, since: float = float("-inf")) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for (who, _), (case, at) in self._pages.items():
            if at > since:
                found.setdefault(case, set()).add(who)
        return found
