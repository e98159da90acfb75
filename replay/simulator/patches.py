"""patches: how places are shared out among those who go round, and in which order each goes."""

from __future__ import annotations

import numpy as np

from replay.simulator.streets import Plane


def patches(place: Plane, count: int) -> list[list[int]]:
    """Indexes of the places in `count` groups of neighbours: columns from west to east, cut from south to north."""
    columns = max(1, round(count**0.5))
    rows = [count // columns + (c < count % columns) for c in range(columns)]
    order = np.argsort(place[:, 0], kind="stable")
    bounds = (np.cumsum([0, *rows]) * len(place) / max(count, 1)).astype(int)
    groups: list[list[int]] = []
    for c, parts in enumerate(rows):
        column = order[bounds[c] : bounds[c + 1]]
        column = column[np.argsort(place[column, 1], kind="stable")]
        groups += [part.tolist() for part in np.array_split(column, parts)] if parts else []
    return groups


def nearest_next(place: Plane, patch: list[int]) -> tuple[int, ...]:
    """Indexes of a patch's places, each followed by the nearest that is left."""
    if not patch:
        return ()
    left, order = list(patch[1:]), [patch[0]]
    while left:
        here = place[order[-1]]
        order.append(min(left, key=lambda b: float(np.hypot(*(place[b] - here)))))
        left.remove(order[-1])
    return tuple(order)
