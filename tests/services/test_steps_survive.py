"""People work on cases over HTTP and through the inbox while the city is ended by SIGKILL again and again.

What anybody was told was taken is in the history, once and in the order in which they said it; what was refused is not;
and the store is what its journal gives in an empty one.
"""

from __future__ import annotations

import io
import os
import random
import shutil
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from cases.database import open_database, reading
from cases.database_errors import StoreTrouble
from cases.inbox import INBOX
from cases.store import FILE
from cases.tables import ANSWERS, CASES, STEPS, TIMERS
from pipeline.runtime.logs import logger
from pipeline.runtime.opening import JOURNAL, SNAPSHOTS
from pipeline.runtime.settling import settle
from tests.histories import rows, same, sound
from tests.services.journaled import said_steps
from tests.services.mosquitto import Mosquitto, free_port, own_mosquitto
from tests.services.people import Clerk, Person
from tests.services.postgres import postgres, postgres_url
from tests.services.process import Run
from tests.services.publisher import Publisher
from tests.services.test_crash import say, start, subscribe
from tests.services.traffic import Traffic
from tests.services.wait import until

__all__ = ["own_mosquitto", "postgres", "postgres_url", "start"]

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.timeout(300)]

PEOPLE = 5
SEED = int(os.environ.get("GRIDWATCH_TEST_SEED", "20260301"))
DESK = """\
web:
  port: {port}
  requests_per_minute: 1000000
  tokens:
{tokens}
{store}categories: {{standard: none, default_limit: 3s}}
deadlines:
  file_within: 2s
  escalation: [{{after: 500ms, do: urge}}, {{after: 1s, do: pass_up}}, {{after: 1500ms, do: notify, role: supervisor}}]
policies:
  handling:
    - {{when: {{rules: [bin-full]}}, file: true, verify: pipeline, close: true}}
    - {{when: {{rules: [no-go]}}, check: true, file: true, over: close}}
fusion:
  reopens: 10min
  rules: [{{id: same, same: subject, within: 10s, reopens: 10min}}]
"""


@pytest.fixture(params=[pytest.param(5, id="sqlite"), pytest.param(3, id="postgres")])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path | str, int]:
    """Where the store is, and how often the city is killed."""
    sqlite = request.node.callspec.id == "sqlite"
    return tmp_path / "city" / "data" / FILE if sqlite else request.getfixturevalue("postgres_url"), request.param


def test_no_kill_undoes_what_a_person_did(
    tmp_path: Path,
    place: tuple[Path | str, int],
    own_mosquitto: Callable[..., Mosquitto],
    start: Callable[[Path], Run],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where, kills = place
    broker, port, name = own_mosquitto(), free_port(), f"c-{uuid.uuid4().hex[:8]}"
    traffic = Traffic(name, began=float(int(time.time())) - 6 * 3600, seed=SEED, trucks=30, bins=12)
    city = traffic.write(tmp_path / "city", broker.port, name)
    secrets = {f"person-{n}": f"secret-of-person-{n}-0123456789" for n in range(PEOPLE)}
    for n, secret in enumerate(secrets.values()):
        monkeypatch.setenv(f"GRIDWATCH_TEST_PERSON_{n}", secret)
    tokens = "\n".join(
        f"    - {{name: person-{n}, token_env: GRIDWATCH_TEST_PERSON_{n}, roles: [supervisor, collector]}}"
        for n in range(PEOPLE)
    )
    section = f"store: {{url: '{where}'}}\n" if isinstance(where, str) else ""
    with city.open("a") as more:
        more.write(DESK.format(port=port, tokens=tokens, store=section))
    subscribe(broker.port, name, name)

    people = [Person(lambda: f"http://127.0.0.1:{port}", who, secret, SEED) for who, secret in secrets.items()]
    clerk = Clerk(city.parent / "data", people[0], SEED)
    publisher = Publisher(broker.port, traffic.messages(), 600.0)
    for each in (publisher, *people, clerk):
        each.start()
    kill_again_and_again(city, start, kills, people)
    last = start(city)
    served(last)
    clerk.finish()
    for person in people:
        person.finish()
    publisher.finish(traffic.last())
    until(lambda: not any((city.parent / "data" / INBOX).iterdir()), "the inbox to be taken in")
    engine = open_database(where, read_only=True)
    until(lambda: settled(engine, clerk), "all to be judged, and no deadline to be ahead", seconds=90, every=0.2)
    last.stop()
    # What the end of the sources has made known may have opened a case: its deadlines come, too, before it is compared.
    until(lambda: settled_again(city.parent / "data", where, engine), "no deadline to be ahead", every=0.5)

    said = {step.id: step for person in people for step in person.said}
    counts = Counter((step.taken, step.times > 1) for step in said.values())
    say(f"{len(said)} steps over HTTP, {len(clerk.said)} through the inbox; (taken, repeated): {dict(counts)}")
    assert counts[True, True] + counts[False, True], "nothing had to be repeated, so nothing was tried"
    nothing_was_undone(engine, people, clerk)
    sound(engine)
    events = Counter(step["action"] for step in rows(engine, STEPS))
    say(f"{len(rows(engine, CASES))} cases; {dict(events)}")
    journaled = said_steps(city.parent / "data" / JOURNAL)
    say(f"{journaled.total() - len(journaled)} stand in the journal more than once")

    again = tmp_path / "again"
    again.mkdir()
    shutil.copytree(city.parent / "data" / JOURNAL, again / JOURNAL, ignore=shutil.ignore_patterns(SNAPSHOTS))
    assert settle(again, again / FILE, logger(io.StringIO())) == 0
    fresh = open_database(again / FILE, read_only=True)
    same(engine, fresh)
    for store in (engine, fresh):
        store.dispose()


def served(run: Run) -> None:
    """Wait until it says where its web API is."""

    def there() -> bool:
        run.lives()
        return "web API: http" in run.said

    until(there, "the web API", seconds=60)


def kill_again_and_again(city: Path, start: Callable[[Path], Run], kills: int, people: list[Person]) -> None:
    """Most of them while somebody waits for an answer, every fourth in its start or when it judges what is left."""
    dice = random.Random(SEED)
    say(f"seed {SEED}")
    for kill in range(kills):
        run = start(city)
        if kill % 4 == 3:
            wait = dice.uniform(0.5, 3.0)
        else:
            served(run)
            wait = dice.uniform(0.3, 3.0)
        threading.Event().wait(wait)  # the moment is the point
        if kill % 4 != 3:
            until(lambda: any(person.asking for person in people), "somebody to say something", every=0.001)
        run.kill()
        say(f"killed after {wait:.2f} s")


def settled(engine: sa.Engine, clerk: Clerk) -> bool:
    """The last truck's case is there, everybody is answered, and nothing is to happen by itself any more."""
    try:
        with reading(engine) as connection:
            last = connection.execute(sa.select(CASES.c.id).where(CASES.c.subject == "LAST")).first()
            timers = connection.execute(sa.select(sa.func.count()).select_from(TIMERS)).scalar_one()
            answers = set(connection.execute(sa.select(ANSWERS.c.id)).scalars())
    except StoreTrouble:
        return False
    return last is not None and timers == 0 and {step.id for step in clerk.said} <= answers


def settled_again(data: Path, where: Path | str, engine: sa.Engine) -> bool:
    """Time has passed for what does not run any more, and nothing is to happen by itself."""
    settle(data, where, logger(io.StringIO()))
    return not rows(engine, TIMERS)


def nothing_was_undone(engine: sa.Engine, people: list[Person], clerk: Clerk) -> None:
    """What they were told is what the store says, in the order in which each of them said it."""
    steps = {step["id"]: step for step in rows(engine, STEPS)}
    answers = {answer["id"]: answer for answer in rows(engine, ANSWERS)}
    for person in people:
        told_taken = [step for step in person.said if step.taken]
        assert [step for step in told_taken if step.id not in steps] == [], "undone"
        assert [step for step in person.said if not step.taken and step.id in steps] == [], "done though refused"
        assert all(answers[step.id]["taken"] is step.taken for step in person.said)
        kept = [steps[step.id] for step in told_taken]
        assert all(row["by"] == person.name for row in kept)
        assert [row["at"] for row in kept] == sorted(row["at"] for row in kept)
        for case in {row["case_id"] for row in kept}:
            numbers = [row["number"] for row in kept if row["case_id"] == case]
            assert numbers == sorted(set(numbers)), "in another order than they were said"
        assert {id for id, row in steps.items() if row["by"] == person.name} == {step.id for step in told_taken}
    assert {step.id for step in clerk.said} == {id for id in answers if id in {step.id for step in clerk.said}}
    taken = {step.id for step in clerk.said if answers[step.id]["taken"]}
    assert {id for id, row in steps.items() if row["by"] == "clerk"} == taken
