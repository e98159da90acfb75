"""working: the process in which some cameras are at work: started by cameras/supervisor.py, and by nothing else.

    python -m cameras.working DESCRIPTOR PARENT

It reads its `Job` from a pipe and then says there what its cameras say: messages as `topic, newline, payload`, lines
for the log with an empty topic, and beats as empty messages; a topic that ends with PLACE is a word to the doorman of
the camera's platform. What comes later are `word, newline, camera, newline, text`: DROP, or what a doorman says
(cameras/platforms/door.py).
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection

from cameras.confine import confine
from cameras.evidence.settings import EvidenceSettings
from cameras.latest_settings import LatestSettings
from cameras.platforms.door import Doors
from cameras.settings import CameraSettings
from cameras.watcher import Watcher

DROP = "drop"
"""To a process: let go of a camera."""
PLACE = "place"
"""The last level of a topic: a word to the doorman of a camera's platform, which goes no further."""


@dataclass(frozen=True)
class Job:
    """What a process is to do."""

    cameras: Mapping[str, CameraSettings]
    watchers: Mapping[str, Mapping[str, Watcher]]
    """Of each camera, by name."""
    at_once: int
    evidence: EvidenceSettings | None = None
    frames: LatestSettings | None = None


def work(pipe: Connection) -> None:
    """Until SIGTERM, or until nobody is there to hear it."""
    job: Job = pickle.loads(pipe.recv_bytes())  # noqa: S301 it is our parent's
    import cv2

    from cameras.worker import Worker

    cv2.setNumThreads(1)  # there are as many processes as there are cores to fill
    one = threading.Lock()

    def send(message: bytes) -> None:
        try:
            with one:
                pipe.send_bytes(message)
        except OSError:
            os._exit(1)

    of_platforms = [name for name, each in job.cameras.items() if each.platform is not None]
    doors = Doors(of_platforms, lambda camera, word: send(f"cameras/{camera}/{PLACE}\n".encode() + word))
    worker = Worker(
        job.cameras,
        job.watchers,
        lambda topic, payload: send(topic.encode() + b"\n" + payload),
        lambda said: send(b"\n" + said.encode()),
        lambda: send(b""),
        at_once=job.at_once,
        evidence=job.evidence,
        frames=job.frames,
        doors=doors,
    )
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the supervisor too, which asks us to end
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    threading.Thread(target=_listen, args=(pipe, worker.drop, doors.hear), name="supervisor", daemon=True).start()
    worker.run()
    os._exit(0)  # readers may be in FFmpeg still, which has seconds to spare


def _listen(pipe: Connection, drop: Callable[[str], object], hear: Callable[[str, str, str], object]) -> None:
    while True:
        try:
            word, camera, text = pipe.recv_bytes().decode().split("\n", 2)
        except (EOFError, OSError):
            os._exit(1)
        if word == DROP:
            drop(camera)
        else:
            hear(camera, word, text)


if __name__ == "__main__":
    confine(int(sys.argv[2]))
    work(Connection(int(sys.argv[1])))
