"""influx_faults: a way to a real InfluxDB on which requests fail as they are told to, one after the other."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FULL = 500
"""What a server says whose disk is full."""


class Faults:
    """`with Faults(url) as way`: `way.url` leads there; `way.coming` has the status of the next answers to writes."""

    def __init__(self, to: str) -> None:
        self.coming: deque[int] = deque()
        self.hold = threading.Event()
        """Answers wait until it is set: a slow server."""
        self.hold.set()
        way = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                way.hold.wait(20)
                if way.coming and "write" in self.path:
                    said = b'{"code":"internal error","message":"engine: write: no space left on device"}'
                    self._answer(way.coming.popleft(), said)
                    return
                headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                request = urllib.request.Request(to + self.path, body, headers, method="POST")
                try:
                    with urllib.request.urlopen(request, timeout=10) as answer:
                        self._answer(answer.status, answer.read())
                except urllib.error.HTTPError as error:
                    self._answer(error.code, error.read())

            def _answer(self, status: int, body: bytes) -> None:
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:  # who asked did not wait for it
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Faults:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hold.set()
        self._server.shutdown()
        self._server.server_close()
