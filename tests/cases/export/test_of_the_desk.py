"""A case that lived at the desk, with all that can happen to one, exported and verified."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from cases.database import reading
from cases.export.dossier import Dossier, read_case
from cases.export.forms import FORMS, Form, export, opened
from cases.export.verifying import against_store, verify
from tests.cases.desk.kit import DAY, Log
from tests.cases.export.test_export import printed
from tests.cases.export.told import EXPORTED

MERGED, ID = "b" * 8 + "-0000-5000-8000-000000000000", "a" * 8 + "-0000-5000-8000-000000000000"


@pytest.fixture
def lived(database: sa.Engine) -> sa.Engine:
    log = Log(database)
    log.episode(DAY, ID, lon=120.1, lat=30.2)
    log.report(DAY + 60, "r1", text="路边有垃圾", contact={"name": "周女士"}, photos=["00/gone.jpg"], joins=ID)
    log.episode(DAY + 100, MERGED, subject="another", lon=120.3, lat=30.4)
    file = {"kind": "photo", "location": "00/gone.jpg", "sha256": "0" * 64, "captured": DAY, "clock_offset": 0.5}
    log.through(
        ID,
        DAY + 200,
        ("file", "acceptor"),
        ("dispatch", "dispatcher", {"unit": "huanwei-1"}),
        ("return", "unit", {"note": "不属本部门"}),
        ("dispatch", "dispatcher", {"unit": "chengguan-2", "helpers": ["huanwei-1"]}),
        ("accept", "unit"),
        ("ask", "unit", {"what": "extend", "until": DAY + 90_000, "note": "雨"}),
        ("urge", "supervisor", {"note": "市民来电"}),
        ("attach", "collector", {"files": [file]}),
        ("handled", "unit", {"photos": ["00/gone.jpg"]}),
        ("verify", "acceptor", {"collector": "刘网格"}),
        ("rework", "collector", {"note": "还有"}),
        ("handled", "unit", {"by": "Wang"}),
        ("verified", "collector"),
        ("close", "acceptor"),
        ("reopen", "acceptor", {"note": "又有"}),
    )
    log.through(MERGED, DAY + 5000, ("merge", "acceptor", {"into": ID}))
    return database


@pytest.mark.parametrize("form", FORMS)
def test_a_whole_life(lived: sa.Engine, form: Form) -> None:
    with reading(lived) as connection:
        about = read_case(connection, ID)
        data = export(Dossier(about, "hangzhou", "Asia/Shanghai"), EXPORTED, form, printed).data
        found = opened(data)
        said = json.loads(found.parts["case.json"])
        assert [step["action"] for step in said["steps"]][:2] == ["file", "dispatch"]
        assert len(said["steps"]) == found.manifest.steps >= 15
        assert said["merged"]
        assert (said["case"]["state"], said["case"]["reworks"], said["case"]["reopenings"]) == ("filed", 1, 1)
        assert "周女士" not in data.decode("utf-8", "replace")
        assert list(against_store(found, connection)) == []
    wrong = list(verify(data))
    # The photo is neither in it nor named as lacking: whoever gathers the dossier has to say so.
    assert [each for each in wrong if "neither in the file" not in each] == []
    assert len(wrong) == 1
