"""demo_cameras: the demo city's cameras: first what they look at is drawn, then they look at it, as live cameras do.

The clips are drawn by a process of their own into `clips` beside the configuration, where they stay for the next time.
The cameras' processes and their publisher are those of `gridwatch run`; what they see goes to the demo's own broker.
Whatever becomes of them, the demo goes on, and says why it has no cameras.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from gridwatch.problems import Problem
from pipeline.faults import Faulty

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from gridwatch.camera_section import CameraFile
    from gridwatch.cameras_running import CamerasRunning

CLIPS = "clips"
"""The folder of the clips, beside the configuration."""
NEEDS = ("av", "cv2")
"""What draws and what looks; the extra `cameras` brings it."""
_ENDS_WITHIN = 5.0
"""Seconds that the process which draws may take to end."""


class DemoCameras:
    """`start`, `look` now and then, `stop`, from one thread.

    config: the demo's own copy. port: of its broker. Answers in `said` what there is to say, '' for nothing.
    """

    def __init__(self, config: Path, port: int, seed: int) -> None:
        self.said = ""
        self._config, self._port, self._seed = config, port, seed
        self._drawing: subprocess.Popen[bytes] | None = None
        self._running: CamerasRunning | None = None
        self._registry: CollectorRegistry | None = None
        self._names: list[str] = []
        self._log: TextIO | None = None

    @property
    def looking(self) -> int:
        """How many cameras look at their pictures now."""
        if self._registry is None:
            return 0
        asked = [{"camera": name, "state": "up"} for name in self._names]
        return sum(self._registry.get_sample_value("gridwatch_camera_state", each) == 1 for each in asked)

    def start(self) -> None:
        """Begin to draw, where the configuration has cameras; returns at once."""
        lacks = [name for name in NEEDS if find_spec(name) is None]
        if lacks:
            self._without(f"they need {lacks[0]}: pip install 'gridwatch[cameras]'")
            return
        try:
            if not self._file().cameras:
                return
        except (Problem, Faulty) as error:
            self._without(" ".join(str(error).split()))
            return
        folder = self._config.parent / CLIPS
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "drawing.log").open("wb") as log:
            self._drawing = subprocess.Popen(
                [sys.executable, "-m", "replay.simulator.pictures", str(folder), str(self._seed)],
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the demo, which ends it
            )

    def look(self) -> None:
        """Begin to look where all is drawn; then, by zones that are drawn in the console."""
        if self._running is not None:
            with suppress(Problem):  # the demo goes on
                self._running.look()
        if self._drawing is None or self._drawing.poll() is None:
            return
        code, self._drawing = self._drawing.returncode, None
        if code:
            self._without(f"their pictures could not be drawn; see {self._config.parent / CLIPS / 'drawing.log'}")
            return
        try:
            self._begin()
        except ImportError as error:
            self._without(f"they need {error.name}: pip install 'gridwatch[cameras]'")
        except (Problem, Faulty, ValueError, OSError) as error:
            self._without(" ".join(str(error).split()))

    def stop(self) -> None:
        """All processes end."""
        if self._drawing is not None:
            self._drawing.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._drawing.wait(_ENDS_WITHIN)
            self._drawing = None
        if self._running is not None:
            self._running.stop()
        if self._log is not None:
            self._log.close()

    def _begin(self) -> None:
        from prometheus_client import CollectorRegistry

        from gridwatch.cameras_running import CamerasRunning
        from pipeline.runtime.logs import logger
        from pipeline.runtime.reloads import Reloads

        registry = CollectorRegistry()
        self._log = (self._config.parent / CLIPS / "cameras.log").open("a", encoding="utf-8")
        running = CamerasRunning(self._file, logger(self._log), registry, Reloads(registry))
        running.start()
        self._running, self._registry, self._names = running, registry, sorted(running.file.cameras)
        self.said = f"{len(self._names)} cameras look"

    def _file(self) -> CameraFile:
        """The configuration's cameras, which send to the demo's broker."""
        from cameras.publish import Broker
        from gridwatch.camera_section import read_cameras

        spool = self._config.parent / CLIPS / "spool"
        broker = Broker(
            host="127.0.0.1", port=self._port, client_id="gridwatch-demo-cameras", protocol="3.1.1", spool=spool
        )
        return replace(read_cameras(self._config), publish=broker)

    def _without(self, why: str) -> None:
        self.said = f"No cameras: {why}"
