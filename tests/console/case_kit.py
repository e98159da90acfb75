"""case_kit: a case with all that a case can have, in a town: pictures, a clip, a sealed original, reports, steps."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from cases.database import writing
from cases.evidence_files import Files
from cases.export.words import Language
from cases.tables import CHANGES, EPISODES, EVIDENCE, REPORTS, STEPS
from console.case_told import Camera, CantBe, Form, Found, Hold, RuleThen, Sealed, Setting, Surrounded
from console.city import Beside
from pipeline.corrections import Correction
from tests.cases.export.told import row
from tests.console.kit import NOW, Town, case_row

CASE = "3f2a9c10-0000-5000-8000-000000000001"
NUMBER = "20260528-00001"
CORRECTION = Correction("T9", "", 28800.0, 0.0, 0.0, NOW * 2, "wang", "2026-03-01 00:00:00+00:00", "set in CST")
CLIP = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 40
SEALED = b"age-encryption.org/v1\n-> X25519 nothing\n"
RULE = RuleThen(
    id="fast",
    version="v1",
    category="vehicle.overspeed",
    detector="overspeed",
    question="Is the vehicle faster than it may be here?",
    rows="position",
    metric=None,
    parameters=[Setting(name="tolerance", value="10 %")],
    hold=Hold(wrong_for=20.0, right_for=10.0, gap=60.0, assume=None, silence=False),
)


def picture(width: int = 640, height: int = 360, color: str = "red") -> bytes:
    """A JPEG."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), color).save(out, "JPEG")
    return out.getvalue()


class FakeCase:
    """What a running city would know."""

    def __init__(self) -> None:
        self.busy = False
        self.unsealed: list[tuple[Sealed, str, str, str]] = []
        self.exported: list[tuple[str, Form, Language, str, bool]] = []

    def corrected(self, case: Mapping[str, Any], subjects: Collection[str]) -> Sequence[Correction]:
        return [CORRECTION] if "muck-9" in subjects or case["subject"] == "muck-9" else []

    def found(self, case: Mapping[str, Any], rule: str, version: str) -> Found:
        known = (rule, version) == (RULE.id, RULE.version)
        return Found(RULE if known else None, "c" * 64, "d" * 64)

    def around(self, case: str) -> Surrounded:
        if self.busy:
            raise CantBe("Many ask the journal at this moment. Try again in a minute.")
        return Surrounded(members=[], trails=[], lacking="gone")

    def export(self, case: str, form: Form, language: Language, by: str, contact: bool) -> bytes:
        if form == "pdf":
            raise CantBe("A PDF is printed by Chromium, which is not installed.")
        self.exported.append((case, form, language, by, contact))
        return b"<!DOCTYPE html>"

    def unseal(self, sealed: Sealed, by: str, reason: str, identity: str) -> bytes:
        if identity != "AGE-SECRET-KEY-1RIGHT":
            raise CantBe("it can't be opened: it was sealed for another key, or has been changed.")
        self.unsealed.append((sealed, by, reason, identity))
        return picture()

    def cameras(self) -> Sequence[Camera]:
        east = 100 / (111_320 * math.cos(math.radians(30.274)))
        return [
            Camera("gate-3", "North gate", 120.155 + east, 30.274),
            Camera("far", "far", 120.2, 30.274),
            Camera("truck-1", "", None, None),
        ]


def furnished(folder: Path, **town: Any) -> tuple[Town, FakeCase]:
    """A town with that case."""
    beside = FakeCase()
    found = Town(folder, beside=Beside(case=beside), **town)
    files = Files(found.settings.folder)
    kept = {
        "marked": files.put(picture(color="blue"), ".jpg"),
        "frame": files.put(picture(), ".jpg"),
        "clip": files.put(CLIP, ".mp4"),
        "sealed": files.put(SEALED, ".jpg.age"),
        "photo": files.put(picture(color="green"), ".jpg"),
    }
    place = {"lon": 120.155, "lat": 30.274}
    found.add(
        case_row(CASE, number=NUMBER, rule="fast", rule_version="v1", subject="truck-1", category="vehicle.overspeed",
                 measure=31.5, unit="km/h", started=NOW - 100, confirmed=NOW - 80, opened=NOW - 80, channel="machine",
                 responsible="unit-7", state="filed", **place),
        case_row("earlier-subject", subject="truck-1", opened=NOW - 5000, state="closed", closed=NOW - 4000),
        case_row("earlier-place", subject="bin-9", opened=NOW - 6000, lon=120.15505, lat=30.27405, state="closed"),
        case_row("far", subject="bin-9", opened=NOW - 7000, lon=120.16, lat=30.28),
        case_row("merged", subject="truck-1", opened=NOW - 8000, state="merged"),
    )  # fmt: skip
    with writing(found.engine) as connection:
        connection.execute(
            EPISODES.insert(),
            row(EPISODES, id="e1", case_id=CASE, rule="fast", rule_version="v1", subject="truck-1", started=NOW - 100),
        )
        for n, kind in enumerate(("marked", "frame", "clip", "sealed")):
            where = kept[kind]
            evidence = row(EVIDENCE, id=f"ev-{n}", case_id=CASE, kind=kind, location=where.location,
                           sha256=where.sha256, captured=NOW - 90, clock_offset=0.2, source="gate-3",
                           extra={"evidence": "ab" * 16, "label": "truck", "zone": "gate"})  # fmt: skip
            connection.execute(EVIDENCE.insert(), evidence)
        outside = row(EVIDENCE, id="ev-9", case_id=CASE, kind="file", location="https://elsewhere.example/x.pdf",
                      source="vendor", extra={})  # fmt: skip
        connection.execute(EVIDENCE.insert(), outside)
        report = row(REPORTS, id="r1", case_id=CASE, channel="hotline", photos=[kept["photo"].location], at=NOW - 50,
                     contact={"name": "周女士"}, extra={})  # fmt: skip
        connection.execute(REPORTS.insert(), report)
        step = row(STEPS, id="s1", case_id=CASE, number=1, action="handled", by="sweepers", role="unit", at=NOW - 10,
                   data={"photos": [kept["photo"].location, "../../etc/passwd"]})  # fmt: skip
        connection.execute(STEPS.insert(), step)
        said = {"member": "r1", "by": "near", "why": "same category, 12 m away"}
        for event, data in (("opened", {"by": "", "why": ""}), ("joined", said), ("file", {})):
            change = {"case_id": CASE, "event": event, "at": NOW - 80, "data": data}
            connection.execute(CHANGES.insert(), change)
    return found, beside


def digest(data: bytes) -> str:
    """Its name."""
    return hashlib.sha256(data).hexdigest()
