"""told: a case with all that a case can have, as rows of the tables, and the dossier of it."""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa

from cases.export.dossier import Case, Dossier, Drawing, Piece, Why, read_case
from cases.export.manifest import Lacking, Rule
from cases.export.page import Exported
from cases.tables import CASES, EPISODES, EVIDENCE, REPORTS, STEPS

ID = "3f2a9c10-0000-5000-8000-000000000001"
NOON = 1_777_608_000.0
"""2026-05-01 12:00 in Shanghai"""
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe0def46b8"
    "0000000049454e44ae426082"
)
CLIP = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256))
EXPORTED = Exported(at=NOON + 90_000, by="Li Na", gridwatch="0.1.0")

_PLAIN: dict[type[Any], Any] = {str: "", int: 0, bool: False, float: 0.0}


def row(table: sa.Table, **values: Any) -> dict[str, Any]:
    """A row with what is given; all else NULL, empty or nothing."""
    found: dict[str, Any] = {}
    for column in table.columns:
        if column.name in values:
            found[column.name] = values[column.name]
        elif column.nullable:
            found[column.name] = None
        elif isinstance(column.type, sa.JSON):
            found[column.name] = []
        else:
            found[column.name] = _PLAIN[column.type.python_type]
    return found


def write(connection: sa.Connection, id: str = ID, number: str = "20260501-00001") -> None:
    """The case, into the tables."""
    sha = [hashlib.sha256(data).hexdigest() for data in (PIXEL, CLIP)]
    connection.execute(
        CASES.insert(),
        row(
            CASES, id=id, number=number, state="handled", revision=7, channel="machine", rule="dumping",
            rule_version="a1b2c3d4", category="0110 暴露垃圾", subject="gate-3", part="pavement", text="一堆垃圾 <b>",
            members=2, started=NOON, confirmed=NOON + 300, measure=415.0, unit="s", place="pavement", lon=120.155,
            lat=30.274, address="杭州市上城区中山中路 12 号", grid="330102001001003", severity=3, level="community",
            mode="at_once", responsible="chengguan-2", helpers=["huanwei-1"], officer="Wang", opened=NOON + 300,
            filed=NOON + 420, dispatched=NOON + 600, handled=NOON + 16_000, handler="Wang", file_due=NOON + 900,
            due=NOON + 15_000, dispatches=1, urges=1, changed=NOON + 16_000,
        ),
    )  # fmt: skip
    turns = [
        ("file", "reported", "filed", "policy", "policy", NOON + 420, "", {}),
        ("dispatch", "filed", "dispatched", "Zhao", "dispatcher", NOON + 600, "", {"unit": "chengguan-2"}),
        ("accept", "dispatched", "handling", "Wang", "unit", NOON + 900, "", {}),
        ("urge", "handling", "handling", "督察员 Chen", "supervisor", NOON + 9_000, "市民再次来电", {}),
        ("handled", "handling", "handled", "Wang", "unit", NOON + 16_000, "已清运 </script>", {"photos": []}),
    ]
    connection.execute(
        STEPS.insert(),
        [
            row(STEPS, id=f"{id}-{n}", case_id=id, number=n, action=action, from_state=before, to_state=after, by=by,
                role=role, at=at, note=note, data=data)
            for n, (action, before, after, by, role, at, note, data) in enumerate(turns, 1)
        ],
    )  # fmt: skip
    connection.execute(
        EPISODES.insert(),
        row(EPISODES, id=f"{id}-e", case_id=id, rule="dumping", rule_version="a1b2c3d4", category="0110",
            subject="gate-3", part="pavement", started=NOON, confirmed=NOON + 300, measure=415.0, unit="s"),
    )  # fmt: skip
    connection.execute(
        REPORTS.insert(),
        row(REPORTS, id=f"{id}-r", case_id=id, channel="hotline", number="HZ-77", category="0110", text="路边有垃圾",
            contact={"name": "周女士", "phone": "13800000000"}, extra={"caller": "13800000000"}, at=NOON + 1_000,
            answer="正在处理"),
    )  # fmt: skip
    connection.execute(
        EVIDENCE.insert(),
        [
            row(EVIDENCE, id=f"{id}-{n}", case_id=id, kind=kind, location=f"{sha[n][:2]}/{sha[n]}{suffix}",
                sha256=sha[n], captured=NOON + 10, clock_offset=0.42, source="gate-3", extra={})
            for n, (kind, suffix) in enumerate((("marked", ".png"), ("clip", ".mp4")))
        ],
    )  # fmt: skip


def dossier(about: Case) -> Dossier:
    """With pictures, a map and a chart."""
    square = '<svg viewBox="0 0 100 60" class="map"><path d="M0 0h100v60z" class="zone use-site"/></svg>'
    return Dossier(
        about=about,
        city="hangzhou",
        time_zone="Asia/Shanghai",
        why=Why(
            Rule(id="dumping", version="a1b2c3d4", configuration="c" * 64, world="d" * 64),
            "static_object",
            "Does something stand where nothing stood?",
            {"labels": ["object"]},
            {"for": "5 min"},
        ),
        map=Drawing(square, "500 m"),
        charts=[Drawing(square.replace("map", "chart"))],
        pieces=[
            Piece("marked", ".png", PIXEL, NOON + 10, 0.42, "gate-3"),
            Piece("clip", ".mp4", CLIP, NOON + 10, 0.42, "gate-3"),
        ],
        lacking=[Lacking(name="evidence 0004", why="it was deleted when its time was over", sha256="e" * 64)],
    )


def told(engine: sa.Engine, *, contact: bool = False) -> Dossier:
    """Of the case that is in the store."""
    with engine.connect() as connection:
        return dossier(read_case(connection, ID, contact=contact))
