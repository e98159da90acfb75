"""Streams end with what let them begin: a session, a person's roles and areas, a token."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from console.access import Access
from console.city import Beside
from console.live_hub import Hub
from console.live_still import end_outdated
from console.settings import TokenSection
from tests.console.kit import PASSWORD, SECRETS, Town
from tests.console.live_kit import Page


class Listened:
    """A town with somebody who listens, `li`, and somebody who administers it."""

    def __init__(self, folder: Path) -> None:
        self.hub = Hub()
        self.town = Town(folder, beside=Beside(live=self.hub))
        self.user = self.town.user("li", "collector", areas=("5101",))
        self.town.user("chief", "administrator")
        self.li, self.chief = self.town.person("li"), self.town.person("chief")

    def ended(self, headers: dict[str, str], happens: Callable[[], object]) -> bool:
        """Whether a stream that was open before it happened is over after a look."""

        async def whole() -> bool:
            page, other = Page(self.town.app, "", headers=headers), Page(self.town.app, "BOSS")
            for each in (page, other):
                await each.until(lambda each=each: each.events)  # type: ignore[misc]
            assert end_outdated(self.town.app.state.city, self.hub) == 0
            await asyncio.to_thread(happens)
            gone = end_outdated(self.town.app.state.city, self.hub)
            if gone:
                async with asyncio.timeout(10):
                    await page.task
            assert (page.task.done(), other.task.done()) == (bool(gone), False)
            for each in (page, other):
                await each.leave()
            return bool(gone)

        return asyncio.run(whole())


@pytest.fixture
def listened(tmp_path: Path) -> Iterator[Listened]:
    listened = Listened(tmp_path)
    yield listened
    listened.town.engine.dispose()


def _cookie(client: TestClient) -> dict[str, str]:
    return {"cookie": f"gridwatch={client.cookies['gridwatch']}"}


def _session(chief: TestClient) -> str:
    found = {each["name"]: each["id"] for each in chief.get("/api/admin/sessions").json()}
    return f"/api/admin/sessions/{found['li']}"


def _later(town: Town, seconds: float) -> None:
    town.now += seconds


@pytest.mark.parametrize(
    "change, over",
    [
        pytest.param({"roles": ["acceptor"]}, True, id="other-roles"),
        pytest.param({"areas": ["5102"]}, True, id="another-area"),
        pytest.param({"unit": "unit-7"}, True, id="another-unit"),
        pytest.param({"disabled": True}, True, id="disabled"),
        pytest.param({"shown": "李"}, False, id="shown-otherwise"),
        pytest.param({"areas": ["5101"]}, False, id="the-same-area"),
    ],
)
def test_a_stream_ends_where_its_person_is_another(listened: Listened, change: dict[str, object], over: bool) -> None:
    url = f"/api/admin/users/{listened.user}"
    assert listened.ended(_cookie(listened.li), lambda: listened.chief.patch(url, json=change)) is over


@pytest.mark.parametrize(
    "happens, over",
    [
        pytest.param(lambda on: on.chief.delete(_session(on.chief)), True, id="ended-by-an-administrator"),
        pytest.param(lambda on: on.li.post("/api/logout"), True, id="logged-out"),
        pytest.param(lambda on: on.chief.post(f"/api/admin/users/{on.user}/password"), True, id="another-password"),
        pytest.param(
            lambda on: on.li.post("/api/me/password", json={"old": PASSWORD, "new": PASSWORD + "!"}),
            False,
            id="own-here",
        ),
        pytest.param(
            lambda on: on.town.person("li").post("/api/me/password", json={"old": PASSWORD, "new": PASSWORD + "!"}),
            True,
            id="own-elsewhere",
        ),
        pytest.param(lambda on: _later(on.town, 9 * 3600), True, id="too-long-idle"),
        pytest.param(lambda on: _later(on.town, 60), False, id="a-minute-later"),
        pytest.param(lambda on: on.town.person("li"), False, id="logged-in-elsewhere-too"),
    ],
)
def test_a_stream_ends_with_its_session(listened: Listened, happens: Callable[[Listened], object], over: bool) -> None:
    assert listened.ended(_cookie(listened.li), lambda: happens(listened)) is over


def test_a_stream_ends_with_a_token_made_in_the_console(listened: Listened) -> None:
    made = listened.chief.post("/api/admin/tokens", json={"name": "wall", "roles": ["operator"]}).json()
    headers = {"authorization": f"Bearer {made['secret']}"}
    url = f"/api/admin/tokens/{made['token']['id']}"
    assert listened.ended(headers, lambda: listened.chief.delete(url))


@pytest.mark.parametrize(
    "tokens, over",
    [
        pytest.param([], True, id="taken-out"),
        pytest.param([{"roles": ["supervisor"], "areas": ["51"]}], True, id="another-area"),
        pytest.param([{"roles": ["supervisor"]}], False, id="as-it-was"),
    ],
)
def test_a_stream_ends_with_a_token_of_the_configuration(
    listened: Listened, tokens: list[dict[str, object]], over: bool
) -> None:
    acceptor = {"name": "acceptor-1", "token_env": "ACCEPTOR", "roles": ["acceptor"]}
    boss = TokenSection.model_validate({"name": "boss", "token_env": "BOSS", "roles": ["supervisor"]})
    state = listened.town.app.state

    def put(some: list[dict[str, object]]) -> None:
        named = [TokenSection.model_validate(acceptor | each) for each in some]
        state.city = replace(state.city, access=Access([boss, *named], SECRETS))

    put([{"roles": ["supervisor"]}])
    assert listened.ended({"authorization": f"Bearer {SECRETS['ACCEPTOR']}"}, lambda: put(tokens)) is over


def test_nobody_listens_nobody_is_looked_up(listened: Listened) -> None:
    listened.town.engine.dispose()
    assert end_outdated(replace(listened.town.app.state.city, engine=None), listened.hub) == 0
