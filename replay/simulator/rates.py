"""rates: how often is what wrong, just right, or on an edge?

A rate is a share of the occasions that a rule has: of a lorry's turns (load, haul, tip, back), of a sweeper's or a
patrol's rounds. One number stands for a mixture of all rules, in which common wrongs are common; a mapping says it
rule by rule, and what it does not name never happens.

    City(1, wrongs=0.15)                                   an ordinary day
    City(1, wrongs={"tipping": 0.5}, near={"tipping": 0.5})    one wrong, and as often what nearly is it
    City(1, wrongs=0.0, edge=True)                         nothing wrong, much at the edge of it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from replay.simulator import labels

Share = float | bool | Mapping[str, float]
"""A number, or true for `_OFTEN`, or by rule."""

_OFTEN = 0.3
_MIXTURE = {
    labels.OVERSPEED: 0.6,
    labels.NO_GO: 0.35,
    labels.OFF_ROUTE: 0.35,
    labels.NOT_SEALED: 0.25,
    labels.SUSPICIOUS_STOP: 0.2,
    labels.TIPPING: 0.15,
    labels.BODY_RAISED: 0.15,
    labels.OVERLOAD: 0.15,
    labels.SIGNAL_LOST: 0.15,
    labels.TRIP_NOT_COMPLETED: 0.1,
    labels.JUMP: 0.1,
    labels.SENSOR_CONTRADICTION: 0.1,
    labels.SENSOR_CONSTANT: 0.15,
}
"""How often each is in the mixture, as a share of the number that stands for it; what is not named: as that number."""


@dataclass(frozen=True)
class Rates:
    """Rates of all rules."""

    share: Share = 0.0

    def of(self, rule: str) -> float:
        """The share of this rule's occasions on which it happens."""
        if isinstance(self.share, Mapping):
            return self.share.get(rule, 0.0)
        number = _OFTEN if self.share is True else float(self.share)
        return number * _MIXTURE.get(rule, 1.0)

    def draw(self, rules: Sequence[str], rng: np.random.Generator) -> str | None:
        """One of the rules or none, by their rates; one die whatever comes of it."""
        die = float(rng.random())
        of = [self.of(rule) for rule in rules]
        die *= max(1.0, sum(of))
        for rule, rate in zip(rules, of, strict=True):
            die -= rate
            if die < 0.0:
                return rule
        return None

    @property
    def any(self) -> bool:
        """Whether anything ever happens."""
        return any(self.share.values()) if isinstance(self.share, Mapping) else bool(self.share)
