"""What the tests of the gateway share: one at work on a port of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.jt808.gateway import Jt808Receiver
from connectors.jt808.settings import Jt808Source
from tests.connectors.fakes import ListLog, MemoryJournal
from tests.services.wait import until

LIST = "terminal,token,terminal_id\n13912345678,s3cret-a,T000001\n013912345679,s3cret-b,\n13912345680,,\n"
Start = Callable[..., Jt808Receiver]


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
def log() -> ListLog:
    return ListLog()


@pytest.fixture
def gateway(journal: MemoryJournal, log: ListLog, tmp_path: Path) -> Iterator[Start]:
    made: list[Jt808Receiver] = []
    (tmp_path / "terminals.csv").write_text(LIST, "utf-8")

    def begin(listens: bool = True, **more: Any) -> Jt808Receiver:
        section = {"type": "jt808", "port": 0, "terminals": "terminals.csv"} | more
        receiver = Jt808Receiver(
            "trucks", Jt808Source.model_validate(section), journal.commit, 0.1, log=log, retry=0.05, folder=tmp_path
        )
        made.append(receiver)
        receiver.start()
        if listens:
            until(lambda: receiver.status.connected_since is not None, "it to listen", every=0.005)
        return receiver

    yield begin
    for receiver in made:
        journal.hold.set()
        receiver.stop()
