"""public_beside: the free parking spaces that cameras counted last, for whoever may read them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from console.public_parking import Count
    from pipeline.latest import Latest

FREE, TAKEN = "spaces_free", "spaces_taken"
"""The metrics of the watcher `parking_spaces`."""


def counts_of(latest: Latest) -> Callable[[], Iterable[Count]]:
    """What was counted last, whenever it is asked."""
    from console.public_parking import paired

    def counts() -> Iterable[Count]:
        free, taken = (
            [(each.subject, each.ts, each.value) for each in latest.measured((metric,)) if math.isfinite(each.value)]
            for metric in (FREE, TAKEN)
        )
        return paired(free, taken)

    return counts
