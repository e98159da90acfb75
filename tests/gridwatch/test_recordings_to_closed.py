"""Real bins, from the first reading to the closed case: filed, dispatched, handled, verified, some of them again.

The crews' own system is a webhook receiver that is not ours (signatures by `standardwebhooks`, events by
`cloudevents`), which answers over the web. What must come of it is reckoned from the readings, in `bin_lives`.
"""

from __future__ import annotations

import csv
import json
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from standardwebhooks import Webhook
from typer.testing import CliRunner

from benchmarks import bins
from cases.database import reading
from cases.deadlines import WorkingHoursSection
from cases.indicators.asking import Question
from cases.indicators.counting import ask
from cases.indicators.stays import ask_stays
from cases.indicators.working import WorkingTime
from cases.tables import CASES, CHANGES, STEPS
from gridwatch.cli import app
from pipeline.journal import Journal
from pipeline.runtime.document import parse_document
from tests.connectors.dispatch.others import Other, Reply, Request, other
from tests.gridwatch.bin_lives import DAY, HOUR, LATE, ZONE, Life, day_of, hour_of, lives
from tests.gridwatch.recorded_city import RecordedCity, entries_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

FIRST, DAYS = date(2019, 8, 1), 21
MIDDLE = 144.70
"""degrees east: what is west of it is the western crew's"""
LIMIT = 48 * HOUR
TICK = HOUR
"""The import's: what a reading shows is known by the tick before it (docs/concepts/time.md)."""
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Crews:
    """Hears of cases, knows each event by its id, and says what its crews do. It loses its word now and then."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        """By id, as they first came."""
        self.heard = 0
        self.jobs: list[tuple[str, str]] = []
        """What was given to them: case, crew."""

    def __call__(self, request: Request) -> Reply:
        Webhook(SECRET).verify(request.body, request.headers)
        event: Any = from_structured_event(HTTPMessage(request.headers, request.body))
        said, new = event.get_data(), event.get_id() not in self.events
        self.heard += 1
        if new:
            self.events[event.get_id()] = said
            if said["event"] == "dispatch":
                self.jobs.append((event.get_subject(), said["case"]["responsible"]))
        return Reply(503) if new and self.heard % 7 == 0 else Reply()

    def answer(self, client: httpx.Client, case: str, status: str) -> None:
        id = str(uuid.uuid4())
        body = json.dumps({"case": case, "status": status, "id": id, "note": "team 3"})
        now = datetime.now(UTC)
        headers = {"webhook-id": id, "webhook-timestamp": str(int(now.timestamp()))}
        headers |= {"webhook-signature": Webhook(SECRET).sign(id, now, body)}
        for _ in range(2 if id < "4" else 1):  # a quarter of it they say twice
            got = client.post("/api/answers/crews", content=body, headers=headers)
            assert got.status_code == 200, got.text


def bin_city(folder: Path, crews: Other) -> Path:
    """The example of Wyndham with people around it. Its crews are told of everything."""
    data = parse_document(bins.CITY.read_text("utf-8"), "city").data
    west, east = ([[a, -39], [b, -39], [b, -37], [a, -37], [a, -39]] for a, b in ((144, MIDDLE), (MIDDLE, 145)))
    cells = [
        {"type": "Feature", "properties": {"code": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for code, ring in (("west-1", west), ("east-1", east))
    ]
    (folder / "grid.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": cells}), "utf-8")
    (folder / "units.csv").write_text("id,name\ncrew-west,West\ncrew-east,East\n", "utf-8")
    (folder / "duty.csv").write_text("id,category,grid,unit\n1,06*,west*,crew-west\n2,06*,east*,crew-east\n", "utf-8")
    (folder / "bins.csv").write_bytes((bins.CITY.parent / "bins.csv").read_bytes())
    data["registers"] |= {
        "units": {"file": "units.csv", "datum": "WGS-84"},
        "grid": {"file": "grid.geojson", "datum": "WGS-84"},
        "duty": "duty.csv",
    }
    seen = {"file": True, "dispatch": True, "verify": "pipeline", "close": True}
    data |= {
        "data": "var",
        "policies": {"handling": [{"when": {"categories": ["06042"], "channels": ["machine"]}, **seen}]},
        "categories": {"default_limit": "48 urgent hours"},
        "deadlines": {"warn_after": "75 %"},
        "working_hours": {"hours": "workdays 08:00-16:00"},
        "fusion": {"reopens": "60h", "rules": [{"id": "same-bin", "same": "subject"}]},
        "dispatch": {
            "crews": {
                "type": "webhook",
                "url": crews.url,
                "secret_env": "CREWS_SECRET",
                "answers": {"secret_env": "CREWS_SECRET"},
                "first_wait": "20ms",
                "longest_wait": "50ms",
            }
        },
        "web": {"port": 0, "requests_per_minute": 1_000_000},
    }
    file = folder / "city.yaml"
    file.write_text(json.dumps(data), "utf-8")  # JSON is YAML
    return file


def cut(folder: Path) -> Path:
    """The recording's days from FIRST on, under its own headings."""
    days = {(FIRST + timedelta(days=n)).isoformat() for n in range(DAYS)}
    with bins.FILE.open(encoding="utf-8", newline="") as lines, (folder / "cut.csv").open("w", newline="") as out:
        rows = csv.DictReader(lines)
        writer = csv.DictWriter(out, rows.fieldnames or [])
        writer.writeheader()
        writer.writerows(row for row in rows if row["timestamp"] in days)
    return folder / "cut.csv"


def imported(folder: Path, file: Path, recording: Path) -> Path:
    words = ["import", recording, "--config", file, "--stream", "bins", "--to", folder / "j"]
    done = CliRunner().invoke(app, list(map(str, words)))
    assert done.exit_code == 0, done.output
    return folder / "j"


def lived(city: RecordedCity, crews: Crews) -> float:
    """Day by day: at nine the crews take what they are told of, at five they say what is done. Returns the end."""
    doing: list[tuple[str, str, date]] = []
    taken = 0
    with httpx.Client(base_url=city.web.url, timeout=60) as client:
        for day in (FIRST + timedelta(days=n) for n in range(DAYS)):
            city.until(hour_of(day, 9))
            city.all_told()
            for case, crew in crews.jobs[taken:]:
                crews.answer(client, case, "accepted")
                doing.append((case, crew, day))
            taken = len(crews.jobs)
            city.until(hour_of(day, 17))
            for job in [each for each in doing if each[2] + timedelta(days=LATE[each[1]]) <= day]:
                crews.answer(client, job[0], "done")
                doing.remove(job)
    city.until(hour_of(day, 18))
    city.all_told()
    return hour_of(day, 18)


@pytest.mark.skipif(not bins.FILE.exists(), reason="needs the recordings in ../shared/data or $GRIDWATCH_DATA")
def test_bins_from_the_reading_to_the_closed_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREWS_SECRET", SECRET)
    monkeypatch.setattr("pipeline.runtime.dispatching.LOOK", 0.02)
    monkeypatch.setattr("pipeline.runtime.sending.IDLE", 0.02)
    recording, crews = cut(tmp_path), Crews()
    with other(crews) as receiver:
        file = bin_city(tmp_path, receiver)
        journal = imported(tmp_path, file, recording)
        entries = entries_of(piece.batch for piece in Journal.read_only(journal).read())
        with RecordedCity(file, entries) as city:
            end = lived(city, crews)
            cases = {row["id"]: row for row in city.rows(sa.select(CASES))}
            steps = city.rows(sa.select(STEPS).order_by(STEPS.c.case_id, STEPS.c.number))
            changes = city.rows(sa.select(CHANGES).order_by(CHANGES.c.number))
            expected = lives(bins.readings(recording), crews_of(recording))
            as_reckoned(cases, steps, changes, expected, end)
            in_order(crews, changes)
            indicators_agree(city, steps, expected, end)


def crews_of(recording: Path) -> dict[str, str]:
    with recording.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return {row["serialNumber"]: "crew-west" if float(row["longitude"]) < MIDDLE else "crew-east" for row in rows}


Rows = Sequence[dict[str, Any]]


def as_reckoned(cases: dict[str, dict[str, Any]], steps: Rows, changes: Rows, expected: list[Life], end: float) -> None:
    """Each case's rounds, who had it, how it stands, its warnings."""
    rounds = [each for life in expected for each in life.rounds]
    closed = sum(each.closed <= end for each in rounds)
    again = len(rounds) - len(expected)
    assert min(closed, again) >= 10, "the recording has enough of both"
    assert len(cases) == len(expected)
    taken = Counter(step["action"] for step in steps)
    assert (taken["file"], taken["reopen"], taken["close"]) == (len(expected), again, closed)
    assert taken["dispatch"] == len(rounds)
    mine = {(case["subject"], day_of(case["opened"] + TICK)): case for case in cases.values()}
    for life in expected:
        case = mine[life.bin, day_of(life.rounds[0].filed)]
        last = life.rounds[-1]
        assert case["responsible"] == life.crew
        assert case["reopenings"] == len(life.rounds) - 1
        assert (case["state"] == "closed") == (last.closed <= end)
        assert case["filed"] == pytest.approx(last.filed, abs=TICK)
        if last.closed <= end:
            assert case["closed"] == pytest.approx(last.closed, abs=TICK)
    told = Counter(change["event"] for change in changes)
    late = [each for life in expected if LATE[life.crew] * DAY > LIMIT for each in life.rounds]
    assert told["warning"] == sum(each.filed + 0.75 * LIMIT <= end for each in late)
    assert told["overdue"] == sum(each.filed + LIMIT <= end for each in late) > 0
    allowed = {"policy": {"file", "dispatch", "verified", "close"}, "outside": {"accept", "handled"}}
    allowed["pipeline"] = {"reopen"}
    assert all(step["action"] in allowed[step["role"]] for step in steps)


def in_order(crews: Crews, changes: Rows) -> None:
    """They were told every change but for what they said themselves, each case's in order; some of them twice."""
    wanted: dict[str, list[tuple[int, str]]] = {}
    for change in changes:
        if change["data"].get("by") != "crews":
            wanted.setdefault(change["case_id"], []).append((change["number"], change["event"]))
    told: dict[str, list[tuple[int, str]]] = {}
    for said in crews.events.values():
        told.setdefault(said["case"]["id"], []).append((said["change"], said["event"]))
    assert told == wanted
    assert crews.heard > len(crews.events)


def indicators_agree(city: RecordedCity, steps: Rows, expected: list[Life], end: float) -> None:
    """The month's figures by unit are those of the readings."""
    start = hour_of(FIRST, 0) - HOUR
    question = Question(start, end, end, ZONE, by=("unit",))
    zone_hours = WorkingTime(WorkingHoursSection(), ZONE, {})
    with reading(city.engine) as connection:
        lines = {line.group[0]: line.counts for line in ask(connection, question)}
        stays = ask_stays(connection, Question(start, end, end, ZONE), zone_hours)
    assert set(lines) == set(LATE)
    for crew, counts in lines.items():
        mine = [life.rounds[-1] for life in expected if life.crew == crew]
        due = [each for each in mine if each.filed + LIMIT < end]
        done = [each for each in due if each.done < end]
        assert counts["reported"] == counts["filed"] == counts["found_machine"] == len(mine)
        assert counts["dispatched_right"] == len(mine)
        assert (counts["due"], counts["handled"]) == (len(due), len(done))
        assert counts["handled_in_time"] == (0 if LATE[crew] * DAY > LIMIT else len(done))
        assert counts["overdue_waiting"] == len(due) - len(done)
        assert counts["closed"] == sum(each.closed < end for each in due)
    moved = Counter(step["from_state"] for step in steps if step["from_state"] != step["to_state"])
    assert {each.state: each.stays for each in stays} == {s: n for s, n in moved.items() if s != "closed"}
