"""rtsp: a real RTSP server for tests, by GStreamer, on a free loopback port, ended by its process id.

`rtsp_server` makes servers that a test may kill, start again and stop for a while. What they serve is a GStreamer
pipeline: a moving ball as H.264 by default, or a file.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.services.mosquitto import free_port
from tests.services.need import missing
from tests.services.wait import until

SYSTEM_PYTHON = "/usr/bin/python3"
PACKAGES = "gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-base gstreamer1.0-plugins-good"
PACKAGES += " gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly"
_CHECK = (
    "import gi; gi.require_version('Gst', '1.0'); gi.require_version('GstRtspServer', '1.0');"
    " from gi.repository import Gst, GstRtspServer; Gst.init(None);"
    " assert all(Gst.ElementFactory.find(e) for e in ('x264enc', 'rtph264pay', 'videotestsrc', 'qtdemux'))"
)


def ball(width: int = 320, height: int = 180, fps: int = 25, keyframes: int = 12) -> str:
    """A pipeline: a ball that moves, live. keyframes: one in so many pictures."""
    return (
        "( videotestsrc is-live=true pattern=ball background-color=0xff707478"
        f" ! video/x-raw,width={width},height={height},framerate={fps}/1"
        f" ! x264enc tune=zerolatency speed-preset=ultrafast threads=1 key-int-max={keyframes}"
        " ! rtph264pay name=pay0 pt=96 config-interval=1 )"
    )


def of_file(path: Path) -> str:
    """A pipeline: an MP4 with H.264, once."""
    return f"( filesrc location={path} ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=1 )"


@cache
def available() -> bool:
    """Whether the system's Python has GStreamer's RTSP server."""
    if not Path(SYSTEM_PYTHON).exists():
        return False
    done = subprocess.run([SYSTEM_PYTHON, "-c", _CHECK], capture_output=True, timeout=60, check=False)
    return done.returncode == 0


class RtspServer:
    """A server of our own. launch: the pipeline. user, password: what it asks for."""

    def __init__(self, folder: Path, launch: str | None = None, user: str = "", password: str = "") -> None:
        if not available():
            missing("GStreamer's RTSP server", f"apt-get install {PACKAGES} (as root)")
        self._launch = launch or ball()
        self._log = folder / "rtsp.log"
        self._environment = {**os.environ, "RTSP_USER": user, "RTSP_PASSWORD": password}
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/cam"

    def start(self) -> None:
        """Start it and wait until it listens."""
        script = Path(__file__).with_name("rtsp_server.py")
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [SYSTEM_PYTHON, str(script), str(self.port), self._launch],
                stdout=log,
                stderr=log,
                env=self._environment,
            )
        until(self._listens, f"the RTSP server on port {self.port}; see {self._log}")

    def _listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self._log.read_text()
        return "ready" in self._log.read_text()

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(60)
            self.process = None

    def freeze(self) -> None:
        """It goes on existing, and does nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


@pytest.fixture
def rtsp_server(tmp_path: Path) -> Iterator[Callable[..., RtspServer]]:
    """Makes servers: `rtsp_server(launch=…, user=…, password=…)`."""
    made: list[RtspServer] = []

    def make(**how: str) -> RtspServer:
        folder = tmp_path / f"rtsp-{len(made)}"
        folder.mkdir()
        server = RtspServer(folder, **how)
        made.append(server)
        return server

    yield make
    for server in made:
        server.kill()
