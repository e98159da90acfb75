"""others: the other side over HTTP, for tests: hears everything, answers as it is told, can be killed and come back."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import msgspec

from cases.outbox.content import content
from connectors.dispatch.message import Message
from tests.cases.outbox.told import T0, case_row


class Request(NamedTuple):
    """What came."""

    method: str
    path: str
    """With the query."""
    headers: dict[str, str]
    """Names in small letters."""
    body: bytes


class Reply(NamedTuple):
    """What goes back; status 0: the connection is closed without a word."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}


Answers = Callable[[Request], Reply]


class Other:
    """A server on a loopback port. port 0: any that is free; tls: it speaks HTTPS."""

    def __init__(self, answers: Answers, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self._open: set[socket.socket] = set()
        other = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, body)
                other.requests.append(request)
                reply = answers(request)
                if reply.status == 0:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in {"content-length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                with suppress(OSError):  # who asked has gone
                    self.end_headers()
                    self.wfile.write(reply.body)

            def do_GET(self) -> None:
                self._any()

            def do_POST(self) -> None:
                self._any()

            def setup(self) -> None:
                super().setup()
                other._open.add(self.connection)

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self.url = f"http{'' if tls is None else 's'}://127.0.0.1:{self.port}"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """It is gone, and so are all connections."""
        self._server.shutdown()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._thread.join()


@contextmanager
def other(answers: Answers = lambda _: Reply(), port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[Other]:
    """One at work."""
    at_work = Other(answers, port, tls)
    try:
        yield at_work
    finally:
        at_work.close()


def message(case: str = "5e0e3c9d-2f0a-5b7e-9b0a-000000000001", event: str = "dispatch", **values: object) -> Message:
    """As the outbox makes it. values: of the case."""
    plain = {"text": "满溢 over its rim", "address": "文三路 1", "due": T0 + 14400, "responsible": "sanitation"}
    row = case_row(case, **{**plain, **values})
    said = {"state": "dispatched", "revision": 3, "role": "dispatcher", "note": "", "step": {"unit": "sanitation"}}
    change = {"number": 7, "case_id": case, "event": event, "at": T0 + 60, "data": said}
    id = "8d9a6b4e-31f0-5d52-8e6c-5a1f0c1d2e3f"
    return Message(id=id, case=case, event=event, at=T0 + 60, content=content(change, row))


def begun(one: Message) -> Message:
    """The same, given again."""
    return msgspec.structs.replace(one, again=True, first_tried=T0)
