"""wvp: a gateway that speaks WVP-PRO's API, for tests: it hands out real streams, and counts what is open.

WVP-PRO itself needs a device that speaks SIP (GB/T 28181), so this simulates its HTTP side as its sources have it: JSON
of `code`, `msg`, `data`, status 200 also for what it refuses, a key in the header `api-key`, channels page by page.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

KEY = "hush-platform"


class Wvp:
    """On a free loopback port. stream: the address that it gives for a channel, with the number of the playing."""

    def __init__(self, stream: Callable[[str, int], str], channels: list[dict[str, Any]] | None = None) -> None:
        self.stream, self.channels = stream, channels or []
        self.open: set[str] = set()
        self.most = 0
        """How many were open at once."""
        self.plays: Counter[str] = Counter()
        self.asked: list[str] = []
        self.refuse: dict[str, tuple[int, str]] = {}
        """Channel: code and message."""
        self.stops = True
        """False: it does not answer to stop."""
        self.slow = threading.Event()
        """Set: play is answered at once; otherwise only then."""
        self.slow.set()
        self._lock = threading.Lock()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                gateway.asked.append(self.path)
                if self.headers.get("api-key") != KEY:
                    self._say({"code": 401, "msg": f"请登录后重新请求 {self.headers.get('api-key')}"}, 401)
                    return
                steps = [unquote(each) for each in parts.path.strip("/").split("/")]
                self._say(*gateway.answer(steps, parse_qs(parts.query)))

            def _say(self, said: Any, status: int = 200) -> None:
                body = json.dumps(said, ensure_ascii=False).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, steps: list[str], query: dict[str, list[str]]) -> tuple[Any, int]:
        """What it says, and the status."""
        match steps:
            case ["api", "play", "start", _, channel]:
                self.slow.wait(60)
                return self._play(channel), 200
            case ["api", "play", "stop", device, channel]:
                if not self.stops:
                    return {"code": 100, "msg": "失败"}, 200
                with self._lock:
                    self.open.discard(channel)
                return {"code": 0, "msg": "成功", "data": {"deviceId": device, "channelId": channel}}, 200
            case ["api", "alive", _]:  # not WVP's: other platforms end what nobody tells them is looked at
                return {"code": 0}, 200
            case ["api", "device", "query", "devices", _, "channels"]:
                page, count = int(query["page"][0]), int(query["count"][0])
                rows = self.channels[(page - 1) * count : page * count]
                return {"code": 0, "msg": "成功", "data": {"total": len(self.channels), "list": rows}}, 200
        return {"code": 404, "msg": "not found"}, 404

    def _play(self, channel: str) -> dict[str, Any]:
        if channel in self.refuse:
            code, why = self.refuse[channel]
            return {"code": code, "msg": why, "data": None}
        with self._lock:
            self.open.add(channel)
            self.most = max(self.most, len(self.open))
            self.plays[channel] += 1
            url = self.stream(channel, self.plays[channel])
        return {"code": 0, "msg": "成功", "data": {"app": "rtp", "stream": channel, "rtsp": url, "flv": None}}

    def stop(self) -> None:
        self.slow.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def wvp() -> Iterator[Callable[..., Wvp]]:
    """Makes gateways: `wvp(stream, channels)`."""
    made: list[Wvp] = []

    def make(stream: Callable[[str, int], str] = lambda *_: "rtsp://127.0.0.1:9/x", **how: Any) -> Wvp:
        made.append(Wvp(stream, **how))
        return made[-1]

    yield make
    for each in made:
        each.stop()
