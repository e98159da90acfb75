"""data: the measured city as the runtime has it: its configuration, and a data folder with a journal.

Streams and rules are those of a city that watches its vehicles and bins; holds of 20 to 30 s, gaps of 5 min.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import structlog

from benchmarks.city import SOURCE, City
from cases.fold import Fold
from pipeline.engine import Engine
from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents, Journal, JournalReader, Snapshots
from pipeline.journal.contents import CONTENTS
from pipeline.names import Names
from pipeline.runtime import state
from pipeline.runtime.compose import VersionPayload, compose, config_bytes, load_version
from pipeline.runtime.config import Configuration
from pipeline.runtime.judge_loop import JudgeLoop
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.opening import JOURNAL, SNAPSHOTS, Opened
from pipeline.version import Version

HOLD = {"for": "30s", "clear": "30s", "gap": "5min"}
RULES: dict[str, dict[str, Any]] = {
    "overspeed": {"detector": "overspeed", "category": "vehicle.overspeed", **HOLD, "for": "20s", "clear": "20s"},
    "no-go": {"detector": "no_go_zone", "category": "vehicle.no_go", **HOLD},
    "off-route": {"detector": "off_route", "category": "vehicle.off_route", **HOLD},
    "silent": {"detector": "silent", "rows": "position", "category": "device.silent"},
    "outside-hours": {"detector": "outside_hours", "category": "vehicle.hours", **HOLD},
    "no-permit": {"detector": "no_permit", "category": "vehicle.permit", **HOLD},
    "not-sealed": {"detector": "load_not_sealed", "category": "08011", **HOLD},
    "body-raised": {
        "detector": "only_in_zone",
        "category": "vehicle.body",
        **HOLD,
        "parameters": {"column": "body", "above": "30 %"},
    },
    "suspicious-stop": {
        "detector": "only_in_zone",
        "category": "vehicle.stop",
        **HOLD,
        "for": "3min",
        "parameters": {"column": "speed", "below": "3 km/h"},
    },
    "overload": {
        "detector": "threshold",
        "category": "vehicle.overload",
        **HOLD,
        "parameters": {"column": "load", "above": "105 %"},
    },
    "jump": {"detector": "impossible_jump", "category": "vehicle.jump", "gap": "5min"},
    "tipping": {"detector": "tipping", "category": "vehicle.tipping", "gap": "5min"},
    "bin-full": {"detector": "threshold", "metric": "fullness", "category": "06042"},
    "bin-silent": {
        "detector": "silent",
        "rows": "reading",
        "metric": "fullness",
        "category": "device.silent",
        "parameters": {"after": "2h"},
    },
}
VEHICLES = ("overspeed", "no-go", "off-route", "silent")
TWELVE = (
    *VEHICLES,
    "outside-hours",
    "no-permit",
    "not-sealed",
    "body-raised",
    "suspicious-stop",
    "overload",
    "jump",
    "tipping",
)
ONE = ("overspeed",)
FIELDS = ("ts", "lon", "lat", "speed", "heading")
"""What is read of a payload."""
BODY = {
    "accuracy": {"path": "acc", "unit": "m"},
    "ignition": {"path": "ign"},
    "load": {"path": "load"},
    "lid": {"path": "lid"},
    "body": {"path": "body"},
}
"""And of one that says what the vehicle's body does."""


def configuration(rules: Iterable[str] = VEHICLES, *, body: bool = False) -> Configuration:
    """What the city's file would say. body: its vehicles' terminals say what their bodies do."""
    content = {
        "city": "benchmark",
        "time_zone": "Asia/Shanghai",
        "sources": {SOURCE: {"type": "mqtt", "host": "127.0.0.1", "client_id": "benchmark", "subscribe": ["#"]}},
        "streams": {
            "gps": {
                "source": SOURCE,
                "topic": "fleet/{device}/gps",
                "codec": "json",
                "rows": "position",
                "subject": "{device}",
                "datum": "WGS-84",
                "gap": "5min",
                "fields": {
                    "ts": {"path": "ts", "unit": "unix_s"},
                    "lon": {"path": "lon"},
                    "lat": {"path": "lat"},
                    "speed": {"path": "speed", "unit": "km/h"},
                    "heading": {"path": "heading", "unit": "deg"},
                    **(BODY if body else {}),
                },
            },
            "bins": {
                "source": SOURCE,
                "topic": "bins/{device}/state",
                "codec": "json",
                "rows": "reading",
                "subject": "{device}",
                "gap": "2h",
                "fields": {"ts": {"path": "t", "unit": "unix_s"}},
                "metrics": {"fullness": {"path": "fill", "unit": "%"}, "temperature": {"path": "temp", "unit": "°C"}},
            },
        },
        "rules": [{"id": rule, **RULES[rule]} for rule in rules],
    }
    return Configuration.model_validate(content)


def versions(city: City, rules: Iterable[str], *, body: bool = False) -> Callable[[bytes, Names], Version]:
    """For an engine: every VERSION entry makes these rules current, whatever it says."""
    chosen = configuration(rules, body=body)
    return lambda _, names: compose(chosen, city.world, names)


def begin(folder: Path, city: City, rules: Iterable[str] = VEHICLES, *, body: bool = False) -> bytes:
    """A data folder's contents; the payload of the VERSION entry that makes them current."""
    contents = Contents(folder / JOURNAL / CONTENTS)
    # As pipeline.runtime.compose.version_payload does it, without compiling a world that nobody looks into.
    stored = config_bytes(configuration(rules, body=body)), city.registers.to_bytes()
    return msgspec.json.encode(VersionPayload(*map(contents.put, stored)))


def write(folder: Path, commits: Iterable[EntryBuffer], version: bytes = b"") -> int:
    """A sealed journal in `folder`, a version before all else; how many entries."""
    first = EntryBuffer()
    first.add(Kind.VERSION, "", "", 0.0, version)
    with Journal.open(folder) as journal:
        journal.commit(first)
        for commit in commits:
            journal.commit(commit)
        journal.seal_rolled()
    with Journal.open(folder, segment_rows=1) as journal:  # so small that the last segment is finished too
        journal.seal_rolled()
        return journal.head


def judge_all(engine: Engine, journal: JournalReader) -> int:
    """Feed it all that it has not seen; how many changes of episodes became known."""
    return sum(len(engine.feed(piece.batch, piece.first)) for piece in journal.read(engine.position))


def save_snapshot(folder: Path) -> int:
    """Judge what the folder's journal has and save a snapshot of that; its position."""
    contents = Contents(folder / JOURNAL / CONTENTS)
    engine = Engine(lambda payload, names: load_version(payload, contents, names))
    judge_all(engine, Journal.read_only(folder / JOURNAL))
    Snapshots(folder / JOURNAL / SNAPSHOTS).save(engine.position, state.save(engine, Fold()))
    return engine.position


def loop_of(data: Opened) -> JudgeLoop:
    """What judges in the runtime; it saves no snapshot meanwhile."""
    log = structlog.get_logger()
    return JudgeLoop(
        data.journal,
        data.engine,
        data.fold,
        data.store,
        data.letters,
        Metrics(),
        log,
        snapshot_every=1e9,
        keep=lambda *_: True,
    )
