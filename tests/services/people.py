"""people: who work on cases while their city is killed: what they say, and what they were told became of it.

Each says one thing after the other over HTTP, with a key of its own, and repeats it with the same key until there is an
answer. A clerk says things through the inbox of the city's folder, as commands on its machine do.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from cases.inbox import drop
from cases.intake.numbers import said_id
from cases.words import Step

NOT_THESE = {"merge", "split", "undo", "verdict", "attach", "correct", "refuse", "call"}
"""What needs more than this test has."""
_AGAIN = {202, 503}


class Said(NamedTuple):
    """One step. id: as the desk knows it. times: how often it had to be said. seconds: from the first time to the
    answer."""

    id: str
    case: str
    action: str
    taken: bool
    times: int
    seconds: float


class Person(threading.Thread):
    """Says things until `enough` is set; `error` where something was not as it should be."""

    def __init__(self, url: Callable[[], str], name: str, secret: str, seed: int, pause: float = 0.02) -> None:
        """url: where the web API is now."""
        super().__init__(name=name, daemon=True)
        self.enough = threading.Event()
        self.said: list[Said] = []
        self.cases: list[str] = []
        """Those that were on the list when they looked last."""
        self.error: BaseException | None = None
        self.asking = False
        """They have said something and wait for the answer."""
        self._url, self._dice, self._pause = url, random.Random(f"{seed} {name}"), pause
        self._headers = {"Authorization": f"Bearer {secret}"}

    def run(self) -> None:
        try:
            with httpx.Client(headers=self._headers, timeout=20, trust_env=False) as client:
                while not self.enough.is_set():
                    self._work(client)
                    self.enough.wait(self._pause)
        except BaseException as error:  # noqa: BLE001  the test raises it where it can be seen
            self.error = error

    def finish(self) -> None:
        """What they are at is brought to an end; raises what went wrong."""
        self.enough.set()
        self.join(60)
        assert not self.is_alive(), f"{self.name} still waits for an answer"
        if self.error is not None:
            raise self.error

    def _work(self, client: httpx.Client) -> None:
        ended = self._dice.random() < 0.1
        page = self._get(client, "/api/cases", {"limit": 6, **({"ended": True} if ended else {})})
        if page is None or not page["cases"]:
            return
        self.cases = [each["id"] for each in page["cases"]]
        case = self._get(client, f"/api/cases/{self._dice.choice(self.cases)}", {})
        allowed = [] if case is None else sorted(set(case["allowed"]) - NOT_THESE)
        if case is None or not allowed:
            return
        action = self._dice.choice([*allowed, "file", "close"])
        body = {"action": action, "note": "so it is", "data": self._data(case)}
        if self._dice.random() < 0.5:
            body["revision"] = case["case"]["revision"]
        self._say(client, case["case"]["id"], body)

    def _data(self, case: dict[str, Any]) -> dict[str, Any]:
        """What any action may need."""
        waiting = [each["id"] for each in case["approvals"] if not each["answer"]]
        what = self._dice.choice(["suspend", "extend", "pass_up", "close_unverified"])
        data = {"unit": self._dice.choice(["u1", "u2"]), "officer": "o", "found": True, "what": what}
        return data | {"until": time.time() + 4, "approval": self._dice.choice([*waiting, "none"])}

    def _get(self, client: httpx.Client, path: str, query: dict[str, Any]) -> Any:
        """None where the city is away."""
        try:
            got = client.get(self._url() + path, params=query)
        except httpx.TransportError:
            return None
        if got.status_code == 503:
            return None
        assert got.status_code == 200, got.text
        return got.json()

    def _say(self, client: httpx.Client, case: str, body: dict[str, Any]) -> None:
        key, times, began = uuid.uuid4().hex, 0, time.monotonic()
        while True:
            times += 1
            try:
                headers = {"Idempotency-Key": key}
                self.asking = True
                got = client.post(f"{self._url()}/api/cases/{case}/steps", json=body, headers=headers)
                self.asking = False
            except httpx.TransportError:
                threading.Event().wait(0.1)
                continue
            if got.status_code in _AGAIN:
                threading.Event().wait(0.1)
                continue
            assert got.status_code in (200, 409), got.text
            id = said_id("step", self.name, case, body["action"], key)
            assert got.status_code == 409 or got.json()["id"] == id
            seconds = time.monotonic() - began
            self.said.append(Said(id, case, body["action"], got.status_code == 200, times, seconds))
            return


class Clerk(threading.Thread):
    """Drops urges and notes into the inbox, about cases that a person has seen."""

    def __init__(self, data: Path, person: Person, seed: int) -> None:
        super().__init__(name="clerk", daemon=True)
        self.enough = threading.Event()
        self.said: list[Step] = []
        self._data, self._person, self._dice = data, person, random.Random(seed)

    def run(self) -> None:
        while not self.enough.wait(0.1):
            if self._person.cases:
                step = Step(
                    id=str(uuid.uuid4()),
                    case=self._dice.choice(self._person.cases),
                    action=self._dice.choice(["urge", "comment", "file"]),
                    by="clerk",
                    role="supervisor",
                    at=time.time(),
                    note="again",
                )
                drop(self._data, step)
                self.said.append(step)

    def finish(self) -> None:
        self.enough.set()
        self.join(10)
