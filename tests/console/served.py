"""served: the demo city with a month of cases and its console, for whoever wants to look at the pages.

    python -m tests.console.served --port 8400 [--folder DIR] [--cameras] [--map '{type: xyz, url: "http://…"}']

Prints a link that logs in, then `ready`; ends with Ctrl-C or SIGTERM. The pages are those of console/web/dist, or of
$GRIDWATCH_PAGES.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import cv2
from ruamel.yaml import YAML

from cases.inbox import drop
from gridwatch.cli.demo import working_copy
from gridwatch.cli.demo_cameras import DemoCameras
from gridwatch.cli.demo_city import DemoCity
from gridwatch.web_section import load_web
from replay.broker import DemoBroker
from replay.simulator import City
from replay.simulator.pictures import clips
from replay.simulator.publish import Publisher
from replay.simulator.registers import write_day
from tests.browser.history import STORM, fill, gust, shelving
from tests.services.wait import until


class Served:
    """A demo city that runs. link: to log in, once; each call makes another one."""

    def __init__(self, city: DemoCity, folder: Path) -> None:
        self.city, self.folder = city, folder

    @property
    def link(self) -> str:
        return self.city.link

    @property
    def url(self) -> str:
        """Where its pages are."""
        return self.link.split("/login", 1)[0]

    @contextmanager
    def drawn_on(self, base_map: Mapping[str, Any]) -> Iterator[None]:
        """Its configuration has another `web.map`, and has been read again, until the end of the `with`; soon after
        that it has the one of before."""
        server = self.city._beside._web
        assert server is not None
        assert server.rounds is not None
        config, following = self.folder / "city.yaml", server.rounds.following
        before = config.read_text("utf-8")
        _write_web(config, {"map": dict(base_map)})
        wanted = load_web(config)
        following.ask()
        until(lambda: wanted is not None and following._section.map == wanted.map, "the base map to be in force")
        try:
            yield
        finally:
            config.write_text(before, "utf-8")
            following.ask()


@contextmanager
def served(
    folder: Path,
    *,
    seed: int = 1,
    cameras: bool = False,
    log: Any = None,
    port: int = 0,
    web: Mapping[str, Any] | None = None,
) -> Iterator[Served]:
    """The demo city in a folder of its own, until the end of the `with`. cameras: also its cameras, which cost a core.
    port: of the console; 0: any. web: in place of keys of the section `web`."""
    config = working_copy(folder)
    if web:
        _write_web(config, web)
    now = time.time()
    city = City.demo(seed)
    write_day(config.parent, city.town(), now)
    data = folder / "var"

    def prepare(_: Any, store: Any) -> None:
        fill(store.engine, data, now, pictures())

    with ExitStack() as stack:
        broker = stack.enter_context(DemoBroker())
        different = {
            "sources": {"city": {"host": "127.0.0.1", "port": broker.port}},
            "metrics": None,
            "registers": {"clocks": "store"},
            "fusion": {"storms": [STORM]},
        }
        running = DemoCity(config, different, log=log, prepare=prepare, port=port)
        running.start()
        stack.callback(running.stop)
        assert broker.wait_for_subscriber(60.0)
        stack.enter_context(Publisher(city.run, "127.0.0.1", broker.port))
        stack.enter_context(Publisher(gust, "127.0.0.1", broker.port, client_id="gust"))
        drop(data, shelving(now))
        if cameras:
            looking = DemoCameras(config, broker.port, seed)
            stack.callback(looking.stop)
            looking.start()
            stack.enter_context(_minded(looking))
        yield Served(running, folder)


@contextmanager
def _minded(cameras: DemoCameras) -> Iterator[None]:
    """They begin to look once all is drawn, and follow zones that are drawn in the console."""
    ended = threading.Event()

    def mind() -> None:
        while not ended.wait(0.5):
            cameras.look()

    thread = threading.Thread(target=mind, name="cameras", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _write_web(config: Path, web: Mapping[str, Any]) -> None:
    yaml = YAML()
    data = yaml.load(config)
    data["web"] = {**data["web"], **web}
    yaml.dump(data, config)


def pictures() -> list[bytes]:
    """What the demo's cameras may have seen, as JPEG."""
    found = []
    for clip in clips().values():
        for second in (3.0, clip.seconds / 2):
            picture = next(clip.pictures(second, second + 1.0))
            found.append(cv2.imencode(".jpg", picture)[1].tobytes())
    return found


def main(arguments: Sequence[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.console.served")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--cameras", action="store_true", help="let its cameras look, too")
    parser.add_argument("--map", default="", help="the base map, as `web.map` of a configuration")
    given = parser.parse_args(arguments)
    web = {"map": YAML(typ="safe").load(given.map)} if given.map else None
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        city = stack.enter_context(served(folder, cameras=given.cameras, port=given.port, web=web))
        sys.stdout.write(f"{city.link}\nready\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
