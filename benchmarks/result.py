"""result: what a benchmark says, and where it was measured."""

from __future__ import annotations

import json
import os
import platform
import re
from pathlib import Path
from typing import TypedDict


class Result(TypedDict):
    """One line of benchmarks/results/latest.json."""

    name: str
    value: float
    unit: str
    limit: float
    """What it is held against, in the same unit."""
    ratio: float
    """value / limit"""
    target: float
    """For rates the least ratio; for memory and times the largest (1: the limit itself)."""
    met: bool
    note: str


def rate(name: str, unit: str, value: float, limit: float, target: float, ratio: float, note: str = "") -> Result:
    """More is better. ratio: the median of those measured side by side."""
    return Result(
        name=name,
        value=round(value),
        unit=unit,
        limit=round(limit),
        ratio=round(ratio, 3),
        target=target,
        met=ratio >= target,
        note=note,
    )


def at_most(name: str, unit: str, value: float, limit: float, note: str = "") -> Result:
    """Less is better: the value must be below the limit."""
    return Result(
        name=name,
        value=round(value, 2),
        unit=unit,
        limit=limit,
        ratio=round(value / limit, 3),
        target=1.0,
        met=value < limit,
        note=note,
    )


def say(results: list[Result]) -> None:
    """One JSON object a line, which `python -m benchmarks` reads."""
    for result in results:
        print(json.dumps(result), flush=True)


def machine() -> str:
    """The processor, how many cores of it, the system and the Python."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE)
        model = found[1].strip() if found else model
    cores = os.cpu_count()
    return f"{model}, {cores} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def one_core() -> None:
    """This process on one core alone, from now on."""
    import pyarrow as pa

    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""For the environment of a process that is to stay on one core."""


HEADINGS = ("what", "measured", "limit", "ratio", "target", "met")


def cells(result: Result) -> list[str]:
    """A result as a row of the table."""
    unit = result["unit"]
    target = f"≥ {result['target']:g}" if unit.endswith("/s") else f"< {result['limit']:g} {unit}"
    return [
        result["name"],
        f"{result['value']:,} {unit}",
        f"{result['limit']:,} {unit}",
        f"{result['ratio']:.2f}",
        target,
        "yes" if result["met"] else "no",
    ]
