"""web_camera: a camera that speaks HTTP, for tests: MJPEG for ever, snapshots or rubbish; with a password if wanted."""

from __future__ import annotations

import base64
import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

RATE = 20.0
"""Pictures a second of /mjpeg."""

Picture = Callable[[int], bytes]


class WebCamera:
    """/mjpeg, /snapshot.jpg, /rubbish and /silence on a free loopback port. picture: the n-th, as JPEG."""

    def __init__(self, picture: Picture, user: str = "", password: str = "") -> None:
        self.ended = threading.Event()
        self.asked = 0
        wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode() if user else None
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                camera.asked += 1
                with contextlib.suppress(OSError):  # who listened has gone
                    self._answer()

            def _answer(self) -> None:
                if wanted is not None and self.headers.get("Authorization") != wanted:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                    self.end_headers()
                elif self.path == "/mjpeg":
                    self._head("multipart/x-mixed-replace; boundary=picture")
                    n = 0
                    while not camera.ended.wait(1 / RATE):
                        one = picture(n)
                        self.wfile.write(b"--picture\r\nContent-Type: image/jpeg\r\n")
                        self.wfile.write(f"Content-Length: {len(one)}\r\n\r\n".encode() + one + b"\r\n")
                        n += 1
                elif self.path == "/snapshot.jpg":
                    self._head("image/jpeg")
                    self.wfile.write(picture(camera.asked))
                elif self.path == "/rubbish":
                    self._head("video/mp4")
                    dice = random.Random(1)
                    while not camera.ended.wait(0.001):
                        self.wfile.write(dice.randbytes(4096))
                elif self.path == "/silence":
                    camera.ended.wait()
                else:
                    self.send_error(404)

            def _head(self, kind: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.end_headers()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{path}"

    def stop(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def web_camera() -> Iterator[Callable[..., WebCamera]]:
    """Makes cameras: `web_camera(picture, user=…, password=…)`."""
    made: list[WebCamera] = []

    def make(picture: Picture, **how: str) -> WebCamera:
        made.append(WebCamera(picture, **how))
        return made[-1]

    yield make
    for camera in made:
        camera.stop()
