"""kit: a city for the web API's tests: an office that does as it is told, a store with a few cases, tokens."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from cases.database import open_database, writing
from cases.intake.settings import IntakeSection
from cases.life import ACTIONS, allowed
from cases.migrations import migrate
from cases.tables import CASES, REPORTS
from cases.words import Answer, Report, Step
from console.app import create_app
from console.city import Beside
from console.people import add_user
from console.people_passwords import Passwords
from console.settings import Settings, WebSection

NOW = 1_780_000_000.0
"""2026-05-28 20:26:40 UTC."""
SECRETS = {
    name: f"secret-of-{name.lower()}-0123456789" for name in ("BOSS", "ACCEPTOR", "COLLECTOR", "UNIT", "APP", "HOTLINE")
}
SIGNED = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
"""Of a target that signs (Standard Webhooks)."""
TOKENS: list[dict[str, Any]] = [
    {"name": "boss", "token_env": "BOSS", "roles": ["supervisor"]},
    {"name": "acceptor-1", "token_env": "ACCEPTOR", "roles": ["acceptor", "dispatcher"]},
    {"name": "collector-1", "token_env": "COLLECTOR", "roles": ["collector"]},
    {"name": "sweepers", "token_env": "UNIT", "roles": ["unit"], "unit": "unit-7"},
    {"name": "app", "token_env": "APP", "channel": "wechat"},
    {"name": "12345", "token_env": "HOTLINE", "hotlines": ["12345"]},
]
OPEN311: dict[str, Any] = {
    "contact": "api@city.example",
    "key_service": "https://city.example/keys",
    "jurisdiction": "city.example",
    "services": [
        {
            "code": "06042",
            "name": "垃圾箱满溢",
            "description": "A bin runs over",
            "group": "环卫",
            "keywords": ["bin", "满"],
        },
        {
            "code": "pothole",
            "name": "Pothole & <cracks>",
            "category": "06013",
            "notice": "Within 3 days",
            "attributes": [
                {"code": "DEPTH", "description": "How deep?", "datatype": "number", "required": True, "help": "cm"},
                {
                    "code": "LANES",
                    "description": "Which lanes?",
                    "datatype": "multivaluelist",
                    "values": [{"key": "l", "name": "left"}, {"key": "r", "name": "right"}],
                },
                {"code": "SEEN", "description": "When seen?", "datatype": "datetime"},
            ],
        },
    ],
}
INTAKE: dict[str, Any] = {
    "alike": [["06042", "bin.full"]],
    "hotlines": {
        "12345": {
            "each": "$",
            "datum": "GCJ-02",
            "fields": {
                "number": {"path": "工单编号"},
                "category": {"path": "type.name", "words": {"垃圾": "06042"}, "otherwise": "06000"},
                "text": {"path": "诉求内容"},
                "address": {"path": "addr"},
                "lon": {"path": "xy.0"},
                "lat": {"path": "xy.1"},
                "at": {"path": "time", "unit": "local"},
            },
            "contact": {"name": "who", "phone": "tel"},
        }
    },
}


PASSWORD = "a long enough secret 42"
PASSWORDS = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
"""As real ones, but quick."""


class FakeOffice:
    """Remembers what is said; refuses steps that the state does not allow; keeps what it takes in the tables."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.said: list[Step | Report] = []
        self.answers: dict[str, Answer] = {}
        self.fails: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def say(self, said: Step | Report, *, patience: float = 5.0) -> Answer:
        with self._lock:
            self.said.append(said)
            self.fails()
            if said.id not in self.answers:
                self.answers[said.id] = self._step(said) if isinstance(said, Step) else self._report(said)
            return self.answers[said.id]

    def _step(self, step: Step) -> Answer:
        if not step.case:  # about the city
            return Answer(id=step.id, case="", taken=True)
        with writing(self.engine) as connection:
            row = connection.execute(sa.select(CASES).where(CASES.c.id == step.case)).mappings().one()
            action = ACTIONS[step.action]
            if row["state"] not in action.sources:
                may = allowed(row["state"], step.role)
                return Answer(id=step.id, case=step.case, taken=False, why="it is not the time for it", allowed=may)
            values: dict[str, Any] = {"revision": row["revision"] + 1, "changed": step.at}
            if action.to:
                values["state"] = str(action.to)
            connection.execute(CASES.update().where(CASES.c.id == step.case).values(values))
        return Answer(id=step.id, case=step.case, taken=True)

    def _report(self, report: Report) -> Answer:
        with writing(self.engine) as connection:
            case = report.joins
            if not case:
                case = f"case-of-{report.id[:8]}"
                connection.execute(CASES.insert(), case_row(case, category=report.category, text=report.text))
            own = {column.name for column in REPORTS.columns} & set(Report.__struct_fields__)
            values = {name: getattr(report, name) for name in own} | {"photos": list(report.photos), "case_id": case}
            connection.execute(REPORTS.insert(), _row(REPORTS) | values)
        return Answer(id=report.id, case=case, taken=True)


def _row(table: sa.Table) -> dict[str, Any]:
    """With something in each column that needs it."""
    row: dict[str, Any] = {}
    for column in table.columns:
        kind = column.type.python_type if not isinstance(column.type, sa.JSON) else list
        row[column.name] = None if column.nullable else {str: "", int: 0, bool: False, float: NOW, list: []}[kind]
    return row


def case_row(id: str, **different: Any) -> dict[str, Any]:
    """A case's row with something everywhere."""
    numbers = {"id": id, "number": f"N-{id}", "state": "reported", "revision": 1, "channel": "hand"}
    own = numbers | {"opened": NOW, "changed": NOW, "started": NOW, "level": "community"}
    return _row(CASES) | own | different


@cache
def fresh_store() -> bytes:
    """The file of a store with its tables and nothing in them: made once, since that takes longer than most tests."""
    with TemporaryDirectory() as folder:
        engine = open_database(Path(folder) / "cases.sqlite")
        migrate(engine)
        engine.dispose()
        return (Path(folder) / "cases.sqlite").read_bytes()


class Town:
    """A city, its office, and a client for each token."""

    def __init__(
        self,
        folder: Path,
        *,
        tokens: bool | list[dict[str, Any]] = True,
        public: bool = False,
        hearing: Any = None,
        engine: sa.Engine | None = None,
        beside: Beside | None = None,
        **web: Any,
    ) -> None:
        """tokens: true: all of `TOKENS`. engine: a store with its tables; None: one of its own. web: of the section."""
        if engine is None:
            (folder / "cases.sqlite").write_bytes(fresh_store())
        self.engine = engine or open_database(folder / "cases.sqlite")
        self.office = FakeOffice(self.engine)
        self.now = NOW
        section = {"tokens": TOKENS if tokens is True else tokens or [], "open311": OPEN311 | {"public": public}, **web}
        self.settings = Settings(
            WebSection.model_validate(section), folder / "kept", IntakeSection.model_validate(INTAKE)
        )
        self.app = create_app(
            self.office,
            self.engine,
            self.settings,
            SECRETS | {"TARGET": "t" * 32, "SIGNED": SIGNED},
            lambda: self.now,
            hearing,
            beside,
            PASSWORDS,
        )

    def client(self, token: str = "") -> TestClient:
        headers = {"Authorization": f"Bearer {SECRETS[token]}"} if token else {}
        return TestClient(self.app, "http://city.example", headers=headers)

    def user(self, name: str, *roles: str, **more: Any) -> str:
        """Somebody who can log in by `PASSWORD`; their id."""
        with writing(self.engine) as connection:
            more = {"password": PASSWORDS.hashed(PASSWORD), "must_change": False, **more}
            return add_user(connection, name=name, roles=roles, now=self.now, by="", **more)

    def person(self, name: str, url: str = "http://city.example") -> TestClient:
        """The browser of a user who has logged in."""
        client = TestClient(self.app, url)
        said = client.post("/api/login", json={"name": name, "password": PASSWORD})
        client.headers["X-CSRF-Token"] = said.json()["csrf"]
        return client

    def add(self, *rows: dict[str, Any]) -> None:
        with writing(self.engine) as connection:
            connection.execute(CASES.insert(), list(rows))
