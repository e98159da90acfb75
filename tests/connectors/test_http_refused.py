"""What an HTTP source does not take: whoever has no token, whatever is too much, too slow, or nothing at all."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from tests.connectors.fakes import MemoryJournal
from tests.connectors.http_kit import ACME, BEARER, SLOW, Door, door, journal, taken
from tests.services.wait import until

__all__ = ["door", "journal"]


@pytest.mark.parametrize(
    "path, body, headers, status, told",
    [
        pytest.param("/acme/x", b"{}", {"Authorization": ""}, 401, "Authorization: Bearer", id="no-token"),
        pytest.param("/acme/x", b"{}", {"Authorization": f"Bearer {ACME}x"}, 401, "with the token", id="another-token"),
        pytest.param("/acme/x", b"{}", {"Authorization": "Basic ???"}, 401, "with the token", id="no-password"),
        pytest.param(f"/acme/x?token={ACME}", b"{}", {"Authorization": ""}, 401, "header", id="token-in-the-address"),
        pytest.param("/crews/osmand", b"{}", {}, 403, "may send to acme/#", id="anothers-topic"),
        pytest.param("/", b"{}", {}, 404, "a topic as the path", id="no-topic"),
        pytest.param("/acme/%2B", b"{}", {}, 404, "a topic as the path", id="a-wildcard"),
        pytest.param("/acme/x", b"", {}, 400, "there is nothing in it", id="empty"),
        pytest.param("/acme/x", b"[]", {}, 400, "there is nothing in it", id="no-items"),
        pytest.param("/acme/x", b"[{}", {}, 400, "not JSON", id="cut-off"),
        pytest.param("/acme/x", b"\xff", {}, 400, "not JSON", id="no-text"),
        pytest.param("/acme/x", b"[" * 300, {}, 400, "nested deeper than 100", id="deep"),
        pytest.param(
            "/acme/x", b"{}\n{", {"Content-Type": "application/x-ndjson"}, 400, "line 2 is not JSON", id="line"
        ),
        pytest.param("/acme/x", b"[1,2,3,4,5,6]", {}, 413, "more than 5 deliveries", id="too-many"),
        pytest.param(
            "/acme/x", b"a\n" * 7, {"Content-Type": "text/csv"}, 413, "more than 5 lines", id="too-many-lines"
        ),
        pytest.param("/acme/x", b"x" * 2001, {}, 413, "more than 2000 bytes", id="too-large"),
        pytest.param("/acme/x", b"{}", {"Content-Encoding": "gzip"}, 400, "not gzip", id="no-gzip"),
        pytest.param("/acme/x", b"{}", {"Content-Encoding": "br"}, 415, "send gzip", id="another-encoding"),
        pytest.param(
            "/acme/x", gzip.compress(b"{}")[:-4], {"Content-Encoding": "gzip"}, 400, "cut off", id="half-a-gzip"
        ),
        pytest.param(
            "/acme/x", gzip.compress(b" " * 10**6), {"Content-Encoding": "gzip"}, 413, "2000 bytes", id="a-bomb"
        ),
        pytest.param("/acme/x", b"{}", {"Idempotency-Key": "k" * 201}, 400, "at most 200", id="a-long-key"),
    ],
)
def test_what_is_refused(
    door: Door, journal: MemoryJournal, path: str, body: bytes, headers: dict[str, str], status: int, told: str
) -> None:
    answer = door.post(path, body, headers=headers)
    assert (answer.status_code, told in answer.json()["error"]) == (status, True), answer.text
    assert taken(journal) == []
    assert ACME not in door.log.text()
    assert f"was answered {status}" in door.receiver.status.last_error
    assert door.post().status_code == 202, "the next one is taken"


def test_a_body_without_a_length_is_bounded_too(door: Door, journal: MemoryJournal) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 1000

    try:
        answer = httpx.post(door.url + "/acme/x", content=chunks(), headers=BEARER)
    except httpx.TransportError:
        pass  # it was answered and closed while we were still sending
    else:
        assert answer.status_code == 413
    assert taken(journal) == []


def test_other_methods(door: Door) -> None:
    answer = httpx.put(door.url + "/acme/x", content=b"{}", headers=BEARER)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, GET")


def test_too_many_requests(door: Door) -> None:
    headers = {"Authorization": f"Bearer {SLOW}"}
    answers = [door.post("/slow/x", headers=headers) for _ in range(4)]
    assert [answer.status_code for answer in answers][:3] == [202, 202, 429]
    assert int(answers[2].headers["retry-after"]) >= 1
    assert door.post().status_code == 202, "others are not held up"


def test_too_much_at_once(journal: MemoryJournal) -> None:
    door = Door(journal, held="1500 B")
    journal.hold.clear()
    first = threading.Thread(target=door.post, args=("/acme/x", b'"' + b"x" * 1000 + b'"'))
    first.start()
    until(lambda: door.receiver.status.in_flight, "the first")
    answer = door.post("/acme/x", b'"' + b"x" * 1000 + b'"')
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    journal.hold.set()
    first.join()
    door.receiver.stop()
    assert len(taken(journal)) == 1


def said(door: Door, content: bytes) -> bytes:
    """What comes back for these bytes, at once or when the source has had enough."""
    with socket.create_connection(("127.0.0.1", door.receiver.port), timeout=20) as connection:
        connection.sendall(content)
        return connection.recv(1000)


def test_slow_peers_are_let_go(journal: MemoryJournal) -> None:
    door = Door(journal, timeout="200ms")
    start = f"POST /acme/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ACME}\r\n"
    assert said(door, start.encode()) == b"", "half a header: the connection is closed"
    assert b"408" in said(door, start.encode() + b"Content-Length: 9\r\n\r\n{")
    assert said(door, b"\x16\x03\x01 no HTTP\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert door.post().status_code == 202
    door.receiver.stop()
