"""faults: any recording, as if devices and networks had been worse: by name and seed, the same on every machine.

    faults = parse("drop=5%, jitter=10m")
    replay(faults.entries(journal, load, seed=1), faults.version(load, seed=1))

`grammar` reads them, `dice` throws for them. `carriage` is what happens to deliveries (`blocks`, `later`, `between`),
`values` what happens to rows (`freezing`). Some befall `stretches` of a subject's time. See docs/guides/faults.md.
"""

from __future__ import annotations

from replay.faults.faulty import Faults, parse
from replay.faults.grammar import KINDS, Fault

__all__ = ["KINDS", "Fault", "Faults", "parse"]
