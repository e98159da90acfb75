"""rules: how fast are twelve vehicle rules at once, and what does one more cost?

As benchmarks.engine measures journal_to_episodes, with the same city, zones, routes and vehicles, one core, processor
time and medians of measurements taken by turns. Three rules more than those four ask about the vehicle's body, so that
payloads say ignition, accuracy, load, lid and body too; the limit decodes the same payloads into the same ten fields.

- rules_12: overspeed, no-go, off-route, silent, outside-hours, no-permit, not-sealed, body-raised, suspicious-stop,
  overload, jump, tipping. Permits have hours (ten different ones), and one vehicle in forty has none.
- rule_cost: the processor time that a rule takes in that run, its detector and its hold, as a share of the whole: the
  mean of the twelve, and in the note the dearest. What several rules share (who it is, which zones it is in) counts for
  the first that asks.

    python -m benchmarks.rules [--rows 500000] [--repeats 5]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean, median
from typing import Any
from unittest.mock import patch

import msgspec

from benchmarks.city import City, buffers, reports
from benchmarks.data import BODY, FIELDS, TWELVE, write
from benchmarks.engine import Measure, decoding, judging
from benchmarks.result import ONE_THREAD, Result, at_most, one_core, rate, say
from pipeline.judging import RuleState

TARGET = 0.25
MOST = 4.0
"""per cent that a rule may add"""

Payload = msgspec.defstruct(
    "Payload",
    [(name, float, float("nan")) for name in (*FIELDS, *(field["path"] for field in BODY.values()))],
    gc=False,
)


def run(rows: int = 500_000, repeats: int = 5) -> list[Result]:
    """Both, on the core that this process is bound to."""
    city = City(hours=True)
    some = reports(city, rows, body=True)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        write(folder, buffers(some))
        limit, ours = decoding(some.payloads, Payload), judging(city, TWELVE, folder, some, body=True)
        ratios, rates, shares = [], [], []
        for _ in range(repeats):
            least = limit()
            ours()  # right after the limit it must ask the system for the memory that the limit gave back
            taken = ours()
            ratios.append(least / taken)
            rates.append((len(some) / taken, len(some) / least))
            shares.append(_shares(ours))
    value, against = (median(rates) for rates in zip(*rates, strict=True))
    costs = {rule: 100 * median(share[rule] for share in shares) for rule in TWELVE}
    dearest = max(costs, key=lambda rule: costs[rule])
    note = f"the dearest: {dearest} with {costs[dearest]:.1f} %"
    return [
        rate("rules_12", "rows/s", value, against, TARGET, median(ratios)),
        at_most("rule_cost", "%", mean(costs.values()), MOST, note),
    ]


def _shares(measure: Measure) -> dict[str, float]:
    """Of one run: the share of its time that each rule took."""
    spent: dict[str, float] = defaultdict(float)
    live = RuleState.live

    def timed(self: RuleState, *block: Any) -> None:
        began = time.process_time()
        live(self, *block)
        spent[self.rule.id] += time.process_time() - began

    with patch.object(RuleState, "live", timed):
        whole = measure()
    return {rule: seconds / whole for rule, seconds in spent.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="rules: see the head of the file")
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):  # read when NumPy is loaded
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks.rules", *sys.argv[1:]], os.environ | ONE_THREAD)
    one_core()
    say(run(options.rows, options.repeats))


if __name__ == "__main__":
    main()
