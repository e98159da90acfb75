from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from cases.database import writing
from cases.tables import CASES, CHANGES
from console import live_hub
from console.access import sees
from console.city import Beside
from console.live_cases import Following
from console.live_hub import Hub
from tests.console.kit import NOW, Town, case_row
from tests.console.live_kit import Page

Opened = Callable[..., Awaitable[Page]]


class LiveTown:
    """A town whose changes are followed when the test says so."""

    def __init__(self, folder: Path) -> None:
        self.hub = Hub()
        self.town = Town(folder)
        self.town.app.state.city = _with(self.town.app.state.city, self.hub)
        self.said: list[str] = []
        self.following = Following(self.town.engine, self.hub, sees, self.said.append)
        self.following.look()

    def change(self, case: str, event: str, **values: Any) -> None:
        """What the desk does: a case is another now, and whoever follows is told."""
        with writing(self.town.engine) as connection:
            if case:
                connection.execute(CASES.update().where(CASES.c.id == case).values(**values or {"revision": 2}))
            connection.execute(CHANGES.insert(), {"case_id": case, "event": event, "at": NOW, "data": {}})

    def pages(self, work: Callable[[Opened], Coroutine[Any, Any, None]]) -> None:
        """Run the work with pages that it opens; all leave in the end."""

        async def whole() -> None:
            opened: list[Page] = []

            async def page(token: str = "ACCEPTOR", last: str = "") -> Page:
                opened.append(Page(self.town.app, token, last))
                await opened[-1].until(lambda: opened[-1].events or opened[-1].status >= 400)
                return opened[-1]

            try:
                await work(page)
            finally:
                for each in opened:
                    await each.leave()
            assert len(self.hub) == 0

        asyncio.run(whole())


def _has(page: Page, topic: str, many: int) -> bool:
    return len(page.of(topic)) >= many


def _with(city: Any, hub: Hub) -> Any:
    from dataclasses import replace

    return replace(city, beside=Beside(live=hub))


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveTown]:
    live = LiveTown(tmp_path)
    live.town.add(
        case_row("a", category="06042", grid="310101001", text="满了"),
        case_row("b", responsible="unit-7"),
        case_row("c", responsible="unit-8", helpers=["unit-7"]),
        case_row("d", responsible="unit-9"),
    )
    yield live
    live.following.stop()
    live.town.engine.dispose()


def test_a_case_comes_as_it_stands_once_for_all_that_happened_to_it(live: LiveTown) -> None:
    async def work(page: Opened) -> None:
        one = await page()
        live.change("a", "opened")
        live.change("a", "file", state="filed", revision=3)
        assert live.following.look() == 2
        await one.until(lambda: one.of("cases"))
        [told] = one.of("cases")
        [case] = told["cases"]
        assert (case["id"], case["state"], case["revision"], case["text"]) == ("a", "filed", 3, "满了")
        assert (case["event"], case["events"], case["change"]) == ("file", ["opened", "file"], 2)
        assert case["opened"] == "2026-05-28T20:26:40Z"
        assert told["gone"] == []
        assert one.events[-1][2] == "2"

    live.pages(work)


def test_a_unit_hears_of_its_own_cases_alone_and_of_those_it_loses(live: LiveTown) -> None:
    async def work(page: Opened) -> None:
        boss, unit = await page("BOSS"), await page("UNIT")
        for id in "abcd":
            live.change(id, "updated")
        live.following.look()
        live.change("b", "return", responsible="unit-9")
        live.change("", "shelve")
        live.following.look()
        await unit.until(lambda: unit.of("city"))
        await boss.until(lambda: boss.of("city"))
        assert [[case["id"] for case in told["cases"]] for told in boss.of("cases")] == [["a", "b", "c", "d"], ["b"]]
        assert [([case["id"] for case in told["cases"]], told["gone"]) for told in unit.of("cases")] == [
            (["b", "c"], []),
            ([], ["b"]),
        ]
        assert boss.of("city") == [{"event": "shelve", "at": "2026-05-28T20:26:40Z", "change": 6}]

    live.pages(work)


def test_fifty_pages_hear_the_same_encoded_once(live: LiveTown, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    before = live_hub.encoded

    def counted(topic: str, data: Any, number: int | None = None) -> bytes:
        written.append(topic)
        return before(topic, data, number)

    monkeypatch.setattr(live_hub, "encoded", counted)
    monkeypatch.setattr(live_hub, "EACH", 50)

    async def work(page: Opened) -> None:
        everybody = [await page() for _ in range(50)]
        for n in range(20):
            live.change("a", "updated", revision=2 + n)
            live.following.look()
        for one in everybody:
            await one.until(partial(_has, one, "cases", 20))
            assert [told["cases"][0]["revision"] for told in one.of("cases")] == list(range(2, 22))
        assert written.count("cases") == 20

    live.pages(work)


def test_a_page_that_comes_back_gets_what_it_missed(live: LiveTown) -> None:
    async def work(page: Opened) -> None:
        for n in range(5):
            live.change("a", "updated", revision=10 + n)
            live.following.look()
        back = await page(last="3")
        await back.until(lambda: len(back.of("cases")) == 2)
        assert [number for topic, _, number in back.events if topic == "cases"] == ["4", "5"]
        assert not back.of("reset")

    live.pages(work)


@pytest.mark.parametrize(
    ("last", "topics"),
    [
        pytest.param("", ["hello"], id="new"),
        pytest.param("3", ["hello"], id="nothing_missed"),
        pytest.param("0", ["hello", "cases"], id="all_missed"),
        pytest.param("9", ["hello", "reset"], id="from_another_store"),
        pytest.param("-1", ["hello"], id="no_number"),
        pytest.param("²", ["hello"], id="no_digit"),
    ],
)
def test_what_a_page_is_told_first(live: LiveTown, last: str, topics: list[str]) -> None:
    for _ in range(3):
        live.change("a", "updated")
    live.following.look()

    async def work(page: Opened) -> None:
        one = await page(last=last)
        await one.until(lambda: len(one.events) >= len(topics))
        assert [topic for topic, _, _ in one.events] == topics
        assert one.of("hello") == [{"number": 3}]

    live.pages(work)


def test_who_missed_too_much_begins_anew(live: LiveTown) -> None:
    for n in range(live_hub.QUEUE):
        live.hub.happened("cases", lambda _: {"cases": [], "gone": ["x"]}, n + 1)

    async def work(page: Opened) -> None:
        one = await page(last="1")
        await one.until(lambda: one.of("reset"))
        assert not one.of("cases")

    live.pages(work)


def test_a_page_that_reads_nothing_is_ended_and_holds_nobody_up(live: LiveTown) -> None:
    async def work(page: Opened) -> None:
        slow, quick = await page(), await page("BOSS")
        slow.reads.clear()
        for n in range(live_hub.QUEUE + 50):
            live.hub.publish("n", n)
            await quick.until(partial(_has, quick, "n", n + 1))
        slow.reads.set()
        async with asyncio.timeout(10):
            await slow.task
        assert len(slow.of("n")) < live_hub.QUEUE

    live.pages(work)


def test_other_parts_publish_to_whom_they_choose(live: LiveTown) -> None:
    async def work(page: Opened) -> None:
        boss, unit = await page("BOSS"), await page("UNIT")
        live.hub.publish("health", {"lag": 1}, to=lambda who: "supervisor" in who.roles, keep=True)
        live.hub.publish("presence", {"case": "a"})
        later = await page("BOSS")
        for one in (boss, unit):
            await one.until(partial(_has, one, "presence", 1))
        await later.until(lambda: later.of("health"))
        assert (boss.of("health"), unit.of("health")) == ([{"lag": 1}], [])
        assert later.of("presence") == []

    live.pages(work)


def test_streams_end_with_the_hub(live: LiveTown) -> None:
    async def work(page: Opened) -> None:
        one = await page()
        live.hub.close()
        async with asyncio.timeout(10):
            await one.task
        assert (await page()).status == 429

    live.pages(work)


def test_one_person_has_only_so_many_streams(live: LiveTown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_hub, "EACH", 2)

    async def work(page: Opened) -> None:
        assert [(await page()).status for _ in range(3)] == [200, 200, 429]
        assert (await page("BOSS")).status == 200

    live.pages(work)


@pytest.mark.parametrize(
    ("token", "status"),
    [pytest.param("APP", 403, id="no_role"), pytest.param("COLLECTOR", 200, id="collector")],
)
def test_who_may_listen(live: LiveTown, token: str, status: int) -> None:
    async def work(page: Opened) -> None:
        assert (await page(token)).status == status

    live.pages(work)


def test_nothing_is_live_where_no_city_runs(town: Town) -> None:
    assert town.client("BOSS").get("/api/live").status_code == 503


def test_trouble_with_the_store_is_told_once_and_over_when_it_is(live: LiveTown) -> None:
    with live.town.engine.begin() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(CHANGES)).scalar_one() == 0
    live.following.start()
    live.change("a", "updated")

    async def work(page: Opened) -> None:
        one = await page(last="0")
        await one.until(lambda: one.of("cases"))

    live.pages(work)
    live.following.stop()
    assert live.said == []
