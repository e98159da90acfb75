"""What the tests of the receiver of platforms share: one at work on a port of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.jt809.gateway import Jt809Receiver
from connectors.jt809.settings import Jt809Source
from tests.connectors.fakes import ListLog, MemoryJournal
from tests.connectors.jt809.simulated import CIPHER, PASSWORD, PLATFORM, USER
from tests.services.wait import until

COLUMNS = "platform,user,password,m1,ia1,ic1,addresses\n"
KEYS = f"{CIPHER.m1},{CIPHER.ia1},{CIPHER.ic1}"
LIST = f"{COLUMNS}{PLATFORM},{USER},{PASSWORD},{KEYS},127.0.0.0/8\n7,7,k7Qx-3f,,,,\n8,8,p2Vd,,,,203.0.113.7\n"
Start = Callable[..., Jt809Receiver]


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
def gateway(journal: MemoryJournal, tmp_path: Path) -> Iterator[Start]:
    made: list[Jt809Receiver] = []
    (tmp_path / "platforms.csv").write_text(LIST, "utf-8")

    def begin(**more: Any) -> Jt809Receiver:
        section = {"type": "jt809", "port": 0, "platforms": "platforms.csv"} | more
        receiver = Jt809Receiver(
            "fleet",
            Jt809Source.model_validate(section),
            journal.commit,
            0.1,
            log=ListLog(),
            retry=0.05,
            folder=tmp_path,
        )
        made.append(receiver)
        receiver.start()
        until(lambda: receiver.status.connected_since is not None, "it to listen", every=0.005)
        return receiver

    yield begin
    for receiver in made:
        journal.hold.set()
        receiver.stop()
