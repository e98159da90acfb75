"""history: a month of cases of the demo city, so that pages are looked at with real amounts of data.

By seed, the same each time but for the time, which ends now. What a desk would have written: cases with their steps,
reports and pictures. The cases of today are numbered as the desk numbers them, and its counter goes on from there. What
only a desk at work can make is said to it once it runs: a gust that makes a storm, and a rule that is shelved.
"""

from __future__ import annotations

import json
import random
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa
from ruamel.yaml import YAML

from cases.database import writing
from cases.evidence_files import FOLDER, Files
from cases.life import ACTIONS, ENDED
from cases.tables import CASES, COUNTERS, EPISODES, EVIDENCE, REPORTS, STEPS
from cases.words import Step
from replay.simulator.offices import KINDS, Kind, cells
from replay.simulator.streets import streets, to_lonlat
from replay.simulator.transport import Message

DAYS, A_DAY, ACTIVE = 30, 90, 260
ZONE = ZoneInfo("Asia/Shanghai")
_LIMIT = {"1 urgent hours": 1.0, "2 urgent hours": 2.0, "2 work hours": 4.0, "4 work hours": 9.0, "8 work hours": 24.0}
_HOUR = 3600.0
_DEMO = Path(__file__).resolve().parents[2] / "configs" / "demo" / "city.yaml"
_RULES = {rule["category"]: rule["id"] for rule in YAML(typ="safe").load(_DEMO.read_text("utf-8"))["rules"]}
"""Category -> a rule that finds it."""
_WAY = ("file", "dispatch", "accept", "handled", "verified", "close")
_STATES = ("reported", "filed", "dispatched", "handling", "handled", "verified", "closed")
_MEASURES = {
    "vehicle.overspeed": (4.0, 38.0, "km/h"),
    "vehicle.off_route": (520.0, 2400.0, "m"),
    "06042": (90.0, 100.0, "%"),
    "environment.dust": (155.0, 420.0, "µg/m³"),
    "environment.noise": (71.0, 96.0, "dB"),
    "road.standing_water": (12.0, 45.0, "cm"),
    "bin.fire": (61.0, 210.0, "°C"),
}
STORM = {
    "id": "gust",
    "categories": ["bin.tilted"],
    "more_than": 5,
    "within": "10min",
    "quiet": "1d",  # as long as anybody looks at it
}
"""For `fusion.storms`: what `gust` makes one case of."""
_BLOWN = range(201, 215)
_SAID = (
    "路边有一堆建筑垃圾，占了半个车道",
    "垃圾箱满了两天没人清",
    "渣土车没盖好，一路掉土",
    "井盖松动，车过有响声",
    "路灯一排都不亮",
)


def fill(engine: sa.Engine, data: Path, now: float, pictures: Sequence[bytes] = (), seed: int = 1) -> int:
    """Into a store without cases; how many. data: the city's data folder. pictures: JPEGs, to be shown as evidence.
    now: UTC seconds."""
    dice = random.Random(seed)
    files = [Files(data / FOLDER).put(picture, ".jpg") for picture in pictures]
    grid = [(each["code"], np.array(ring)) for each, ring in cells()]
    found: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("cases", "steps", "episodes", "reports", "evidence")
    }
    numbers: Counter[str] = Counter()
    whole = [now - dice.uniform(0.2, DAYS) * 86400.0 for _ in range(DAYS * A_DAY)]
    active = [now - dice.expovariate(1 / 5.0) * _HOUR for _ in range(ACTIVE)]
    for n, opened in enumerate(sorted([*whole, *active])):
        kind = dice.choices(KINDS, [_often(each) for each in KINDS])[0]
        done = len(_WAY) if opened in whole else dice.choices(range(6), (26, 14, 18, 30, 8, 4))[0]
        _case(found, dice, grid, files, kind, opened, now, done, n, numbers)
    with writing(engine) as connection:
        tables = {"cases": CASES, "steps": STEPS, "episodes": EPISODES, "reports": REPORTS, "evidence": EVIDENCE}
        for name, table in tables.items():
            for start in range(0, len(found[name]), 500):
                connection.execute(table.insert(), found[name][start : start + 500])
        connection.execute(
            COUNTERS.insert(), [{"name": f"{day}-00000", "value": many} for day, many in numbers.items()]
        )
    return len(found["cases"])


def gust(now: float) -> Iterator[Message]:
    """Bins that a gust has laid on their sides. They have said so twice, as long apart as the rule `bin-tilted` wants;
    all of it arrives now, as after a network that was down. now: UTC seconds."""
    for ago in (126.0, 1.0):
        for n in _BLOWN:
            at = datetime.fromtimestamp(now - ago, UTC).isoformat(timespec="milliseconds")
            payload = json.dumps({"t": at, "tilt": 71.5}).encode()
            yield Message(now, f"bins/B-{n:04}/state", payload)


def shelving(now: float) -> Step:
    """A rule is put aside for the afternoon, by a supervisor."""
    scope = {"rules": ["bin-lid-open"], "lasts": "6 h"}
    note = "箱盖传感器正在批量更换 / lid sensors are being replaced"
    id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"shelving {now}"))
    data = {"scope": scope}
    return Step(id=id, case="", action="shelve", by="boss", role="supervisor", at=now, note=note, data=data)


def _often(kind: Kind) -> float:
    """Of 4 the gravest there are few, of bins and lorries many."""
    often = {"06042": 14.0, "vehicle.overspeed": 9.0, "vehicle.not_sealed": 7.0, "06010": 6.0}
    return often.get(kind.code, 2.0 if kind.severity < 4 else 0.6)


def _case(
    found: dict[str, list[dict[str, Any]]],
    dice: random.Random,
    grid: list[tuple[str, Any]],
    files: list[Any],
    kind: Kind,
    opened: float,
    now: float,
    done: int,
    n: int,
    numbers: Counter[str],
) -> None:
    id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind.code} {n}"))
    day = datetime.fromtimestamp(opened, ZONE).strftime("%Y%m%d")
    numbers[day] += 1
    net = streets()
    node = dice.randrange(len(net.nodes))
    ((lon, lat),) = to_lonlat(net.nodes[node : node + 1]).tolist()
    cell = next((c for c, ring in grid if (ring.min(0) <= (lon, lat)).all() and ((lon, lat) <= ring.max(0)).all()), "")
    side = "sanitation-east" if cell[6:7] == "2" else "sanitation-west"
    unit = kind.unit or side
    spoken = kind.code == "06010" and dice.random() < 0.6
    street = net.name[net.near[node][0][1]][0] if net.near[node] else ""
    low, high, measured = _MEASURES.get(kind.code, (float("nan"), float("nan"), ""))
    steps = _steps(dice, id, opened, now, done, unit)
    state = _STATES[len(steps)] if done else "reported"
    if state in ENDED and dice.random() < 0.08:
        steps, state = (
            [_step(id, 1, "reject", "reported", "rejected", opened + 900, "acceptor-1", "acceptor")],
            "rejected",
        )
    at = {step["action"]: step["at"] for step in steps}
    limit = _LIMIT.get(kind.limit, 30.0) * _HOUR
    due = at["file"] + limit if "file" in at else None
    late = due is not None and (at.get("handled", now) > due)
    subject = "" if spoken else _subject(dice, kind)
    case: dict[str, Any] = dict.fromkeys((column.name for column in CASES.columns), None)
    case |= dict.fromkeys((c.name for c in CASES.columns if isinstance(c.type, sa.String)), "")
    case |= dict.fromkeys((c.name for c in CASES.columns if isinstance(c.type, sa.Integer)), 0)
    case |= {
        "id": id, "number": f"{day}-{numbers[day]:05}", "state": state, "revision": len(steps), "steps": len(steps),
        "channel": dice.choice(("hand", "12345", "open311")) if spoken else "machine",
        "rule": "" if spoken else _RULES[kind.code], "category": kind.code,
        "category_said": spoken, "subject": subject, "text": dice.choice(_SAID) if spoken else "", "members": 1,
        "going_on": int(state not in ENDED and not spoken), "started": opened - 40.0, "confirmed": opened,
        "ended": opened + 1800.0 if state in ENDED else None, "late": False, "withdrawn": False,
        "measure": dice.uniform(low, high) if measured else None, "unit": measured, "place": street, "lon": lon,
        "lat": lat, "address": f"{street}{dice.randrange(1, 180)}号", "grid": cell, "area_class": "B",
        "severity": kind.severity, "level": "street", "mode": "at_once", "time_limit": kind.limit, "helpers": [],
        "responsible": unit if "dispatch" in at else "", "opened": opened, "filed": at.get("file"),
        "dispatched": at.get("dispatch"), "handled": at.get("handled"), "handler": unit if "handled" in at else "",
        "closed": at.get("close") or at.get("reject"), "due": due, "file_due": None if "file" in at else opened + 1800,
        "deadline": "overdue" if late or (due is None and opened + 1800 < now) else "",
        "verdict": dice.choices(("", "confirmed", "false alarm"), (70, 27, 3))[0] if state in ENDED else "",
        "changed": max([opened, *at.values()]), "merged_into": None, "split_from": None, "storm": None,
        "dispatches": int("dispatch" in at),
    }  # fmt: skip
    found["cases"].append(case)
    found["steps"] += steps
    if spoken:
        found["reports"].append(_report(case, n))
    else:
        found["episodes"].append(_episode(case))
    if files and kind.code in ("06010", "06042", "vehicle.tipping"):
        for kept in dice.sample(files, min(2, len(files))):
            found["evidence"].append(_evidence(case, kept))


def _subject(dice: random.Random, kind: Kind) -> str:
    if kind.code.startswith(("vehicle.", "device.")):
        return f"muck-{dice.randrange(1, 61):03}"
    return (
        f"bin-{dice.randrange(1, 301):03}" if kind.code.startswith(("bin.", "060")) else f"sensor-{dice.randrange(40)}"
    )


def _steps(dice: random.Random, id: str, opened: float, now: float, done: int, unit: str) -> list[dict[str, Any]]:
    """The first `done` steps on the usual way, as far as there has been time."""
    by = {
        "file": ("acceptor-1", "acceptor"),
        "dispatch": ("dispatcher-1", "dispatcher"),
        "close": ("boss", "supervisor"),
    }
    steps: list[dict[str, Any]] = []
    at = opened
    for number, action in enumerate(_WAY[:done], 1):
        at += dice.expovariate(1 / (600.0 if number < 4 else 3.2 * _HOUR))
        if at >= now:
            break
        who, role = by.get(action, (unit, "unit") if action in ("accept", "handled") else ("collector-1", "collector"))
        assert role in ACTIONS[action].roles
        steps.append(_step(id, number, action, _STATES[number - 1], _STATES[number], at, who, role))
    return steps


def _step(id: str, number: int, action: str, before: str, after: str, at: float, by: str, role: str) -> dict[str, Any]:
    return {
        "id": f"{id}-{number}", "case_id": id, "number": number, "action": action, "from_state": before, "since": None,
        "to_state": after, "by": by, "role": role, "at": at, "note": "", "data": {},
    }  # fmt: skip


def _episode(case: dict[str, Any]) -> dict[str, Any]:
    same: tuple[str, ...] = (
        "rule",
        "rule_version",
        "category",
        "subject",
        "part",
        "place",
        "lon",
        "lat",
        "started",
        "confirmed",
        "ended",
    )
    same += ("reason", "measure", "unit", "late", "withdrawn", "opened_position", "position", "id")
    return {name: case[name] for name in same} | {"case_id": case["id"], "joined": 1, "happening": None}


def _report(case: dict[str, Any], n: int) -> dict[str, Any]:
    same = ("channel", "category", "subject", "text", "lon", "lat", "address")
    own = {"id": f"report-{n}", "case_id": case["id"], "number": f"R{n:06}", "joined": 1, "happening": None}
    return {name: case[name] for name in same} | own | {
        "contact": {}, "photos": [], "extra": {}, "at": case["opened"], "answer": "",
    }  # fmt: skip


def _evidence(case: dict[str, Any], kept: Any) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{case['id']} {kept.location}")), "case_id": case["id"],
        "kind": "frame", "location": kept.location, "sha256": kept.sha256, "captured": case["confirmed"],
        "clock_offset": 0.02, "source": "roadside", "extra": {},
    }  # fmt: skip
