"""register_points: how long does a census of parts take to import, and how long to find the nearest part or address?

Parts are generated along the streets of a city, grid cell by grid cell as a census goes, and imported from CSV; then
the same file again with one row in a thousand moved. Then the nearest part of any kind, of one kind, and the nearest
address are looked for beside random ones of them. Seconds are the process's own and by the clock; they are information.

    python -m benchmarks.register_points [--rows 1000000] [--lookups 2000] [--postgres] [--parts]
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa

from cases.database import open_database, reading
from cases.migrations import migrate
from cases.registers.importing import Import, import_file
from cases.registers.kinds import REGISTERS
from cases.registers.lookup import Located, Lookup
from cases.registers.rows import Memory
from pipeline.geo import Datum, to_wgs84

WEST, SOUTH = 119.6, 29.8
KINDS = 120
STREET = 0.004
"""degrees between two streets; parts stand along them, 10 m from each other"""


def places(rows: int, dice: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Parts along parallel streets, street by street."""
    along = max(int(np.sqrt(rows * STREET / 0.0001)), 1)
    index = np.arange(rows)
    lon = WEST + (index % along) * 0.0001 + dice.normal(0, 0.00002, rows)
    lat = SOUTH + (index // along) * STREET + dice.normal(0, 0.00004, rows)
    return lon, lat


def write(file: Path, register: str, rows: int, moved: float = 0.0) -> None:
    """A census as CSV. moved: the share of rows that stand 20 m from where they were."""
    dice = np.random.default_rng(5)
    lon, lat = places(rows, dice)
    move = np.random.default_rng(6).random(rows) < moved
    lon = np.where(move, lon + 0.0002, lon)
    with file.open("w", encoding="utf-8", newline="") as text:
        out = csv.writer(text)
        if register == "parts":
            out.writerow(["code", "kind", "lon", "lat", "grid", "owner"])
            kinds = dice.integers(0, KINDS, rows)
            for i in range(rows):
                kind = f"{kinds[i]:05}"
                cell, owner = f"3301{i // 200:011}", f"unit-{kinds[i] % 40}"
                out.writerow([f"330102{kind}{i:08}", kind, f"{lon[i]:.7f}", f"{lat[i]:.7f}", cell, owner])
        else:
            out.writerow(["text", "lon", "lat"])
            out.writerows((f"朝晖{i // 500}路 {i % 500} 号", f"{lon[i]:.7f}", f"{lat[i]:.7f}") for i in range(rows))


def timed(what: str, rows: int, work: Callable[[], object]) -> None:
    """Say how long it took."""
    began, own = time.perf_counter(), time.process_time()
    done = work()
    took, own = time.perf_counter() - began, time.process_time() - own
    print(
        f"{what}: {took:.1f} s by the clock, {own:.1f} s of this process, {rows / took:,.0f} rows/s   {done}",
        flush=True,
    )


def look_up(engine: sa.Engine, rows: int, lookups: int) -> None:
    """Say how long look-ups take, milliseconds."""
    dice = np.random.default_rng(9)
    lon, lat = places(rows, np.random.default_rng(5))
    chosen = dice.integers(0, rows, lookups)
    lon, lat = to_wgs84(lon[chosen], lat[chosen], Datum.GCJ02)
    where = list(zip((lon + dice.normal(0, 0.00005, lookups)).tolist(), lat.tolist(), strict=True))
    kinds = [f"{kind:05}" for kind in dice.integers(0, KINDS, lookups).tolist()]
    memory = Memory()
    with reading(engine) as connection:
        lookup = Lookup(connection, memory)
        asked: dict[str, Callable[[int], object]] = {
            "nearest part of any kind within 50 m": lambda i: lookup.nearest_part(*where[i], "", 0.0),
            "nearest part of one kind within 50 m": lambda i: lookup.nearest_part(*where[i], kinds[i], 0.0),
            "nearest part of one kind within 500 m": lambda i: lookup.nearest_part(*where[i], kinds[i], 0.0, 500.0),
            "address, grid and area": lambda i: lookup.locate(*where[i], 0.0),
        }
        for what, ask in asked.items():
            times = []
            found = 0
            for i in range(lookups):
                began = time.perf_counter()
                answer = ask(i)
                times.append((time.perf_counter() - began) * 1000)
                found += answer not in (None, Located())
            times.sort()
            p99 = times[int(len(times) * 0.99)]
            print(f"{what}: median {median(times):.2f} ms, p99 {p99:.2f} ms, found {found} of {lookups}")


def run(where: str | Path, rows: int, lookups: int, folder: Path, parts: bool) -> None:
    """Everything in one store. parts: these alone, and once."""
    engine = open_database(where)
    migrate(engine)
    zone = ZoneInfo("Asia/Shanghai")
    for register in ("parts",) if parts else ("parts", "addresses"):
        file = folder / f"{register}.csv"
        write(file, register, rows)
        wanted = Import(REGISTERS[register], file, zone, at=0.0, by="benchmark", datum=Datum.GCJ02)
        timed(f"{register}, first import", rows, lambda wanted=wanted: import_file(engine, wanted))  # type: ignore[misc]
    if not parts:
        again = folder / "again.csv"
        write(again, "parts", rows, 0.001)
        wanted = Import(REGISTERS["parts"], again, zone, at=1.0, by="benchmark", datum=Datum.GCJ02)
        timed("parts, again with 1 in 1,000 moved", rows, lambda: import_file(engine, wanted))
    look_up(engine, rows, lookups)
    engine.dispose()


def main() -> None:
    """Measure and say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--lookups", type=int, default=2000)
    parser.add_argument("--postgres", action="store_true", help="in a PostgreSQL of its own instead of SQLite")
    parser.add_argument("--parts", action="store_true", help="parts alone, imported once")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        where: str | Path = folder / "cases.sqlite"
        if options.postgres:
            from tests.services.postgres import OwnPostgres

            server = OwnPostgres()
            stack.callback(server.end)
            where = server.database()
        print(f"{options.rows:,} rows, {'PostgreSQL' if options.postgres else 'SQLite'}")
        run(where, options.rows, options.lookups, folder, options.parts)


if __name__ == "__main__":
    main()
