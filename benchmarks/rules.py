"""rules: how fast are twelve vehicle rules at once, and what does one more cost?

As benchmarks.engine measures journal_to_episodes, with the same city, zones, routes and vehicles, one core, processor
time and medians of measurements taken by turns. Three rules more than those four ask about the vehicle's body, so that
payloads say ignition, accuracy, load, lid and body too; the limit decodes the same payloads into the same ten fields.

- rules_12: overspeed, no-go, off-route, silent, outside-hours, no-permit, not-sealed, body-raised, suspicious-stop,
  overload, jump, tipping. Permits have hours (ten different ones), and one vehicle in forty has none.
- rule_cost: what a rule adds, as a share of all that twelve take: the dearest of the eleven, each left out in its turn
  (overspeed, which looks up what the others share, stays).

    python -m benchmarks.rules [--rows 300000] [--repeats 5]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.city import City, buffers, reports
from benchmarks.data import BODY, FIELDS, TWELVE, write
from benchmarks.engine import decoding, judging
from benchmarks.result import ONE_THREAD, Result, at_most, one_core, rate, say

TARGET = 0.25
MOST = 4.0
"""per cent that a rule may add"""

Payload = msgspec.defstruct(
    "Payload",
    [(name, float, float("nan")) for name in (*FIELDS, *(field["path"] for field in BODY.values()))],
    gc=False,
)


def run(rows: int = 300_000, repeats: int = 5) -> list[Result]:
    """Both, on the core that this process is bound to."""
    city = City(hours=True)
    some = reports(city, rows, body=True)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        write(folder, buffers(some))
        measures = {
            "limit": decoding(some.payloads, Payload),
            "all": judging(city, TWELVE, folder, some, body=True),
            **{
                without: judging(city, tuple(r for r in TWELVE if r != without), folder, some, body=True)
                for without in TWELVE[1:]
            },
        }
        seconds: dict[str, list[float]] = {name: [] for name in measures}
        for _ in range(repeats):
            for name, measure in measures.items():
                seconds[name].append(measure())
    ratio = median(limit / ours for limit, ours in zip(seconds["limit"], seconds["all"], strict=True))
    n = len(some)
    result = rate("rules_12", "rows/s", n / median(seconds["all"]), n / median(seconds["limit"]), TARGET, ratio)
    whole = min(seconds["all"])
    costs = {rule: 100 * (whole - min(seconds[rule])) / whole for rule in TWELVE[1:]}
    dearest = max(costs, key=lambda rule: costs[rule])
    note = f"{dearest}; the median of eleven {median(costs.values()):.1f} %"
    return [result, at_most("rule_cost", "%", costs[dearest], MOST, note)]


def main() -> None:
    parser = argparse.ArgumentParser(description="rules: see the head of the file")
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):  # read when NumPy is loaded
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks.rules", *sys.argv[1:]], os.environ | ONE_THREAD)
    one_core()
    say(run(options.rows, options.repeats))


if __name__ == "__main__":
    main()
