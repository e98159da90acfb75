"""testing: rules and recordings in tests, with or without pytest: which episodes come of these rows, how right are
the cases of that recording?

    from gridwatch.testing import drive, replay

    def test_a_truck_that_is_too_fast():
        fast = {"id": "fast", "detector": "overspeed", "for": "20s"}
        rows = [{"subject": "truck-1", "ts": ts, "lon": 121.4, "lat": 31.2, "speed": 72.0} for ts in range(0, 60, 10)]
        (episode,) = drive([fast], rows, speed_limits={"default": 60.0})
        assert (episode.started, episode.confirmed, episode.measure) == (0.0, 20.0, 12.0)

    def test_the_rules_on_a_recorded_day():
        outcome = replay("recordings/2026-03-01", config="city.yaml")
        assert outcome.scores["overspeed"].recall >= 0.95

The engine is the one that runs live. docs/guides/testing-rules.md shows all of it, and what the pytest plug-in adds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridwatch.testing.decoding import Decoded, decode
from pipeline.detector import Detector
from pipeline.rows import KINDS, Rows
from pipeline.version import Rule

if TYPE_CHECKING:
    from pipeline.episode import Episode
    from pipeline.runtime.compose import City
    from pipeline.world import World
    from replay.outcome import Outcome

__all__ = ["AnyRule", "Decoded", "decode", "drive", "replay", "rule"]

AnyRule = str | Mapping[str, Any] | Detector | Rule
"""A rule's id in the city's configuration; a rule as a configuration writes it; a detector, wrong at once; a rule."""


def drive(
    rules: Sequence[AnyRule],
    rows: Iterable[Mapping[str, float | str]],
    *,
    city: str | Path | None = None,
    world: World | None = None,
    speed_limits: Mapping[str, float] | None = None,
    until: float | None = None,
) -> list[Episode]:
    """The episodes that stand after some rows, sorted by (started, id); what goes on has `ended` NaN.

    rows: one mapping a row, all of one kind, in the order in which they arrive: `subject` and `ts` (UTC seconds), then
    for positions lon, lat (WGS-84 degrees), speed (km/h) …; for readings metric and value; for sightings track, label
    …; for presences zone, count …: the columns of pipeline/rows.py. `received` is ts where it is not said. city: a
    configuration; its rules can be named by id, its registers are the world. world: one made by hand instead;
    speed_limits: km/h by class, for a world of nothing else. until: UTC seconds of a last tick, for what silence after
    the last row means. Raises ValueError where the rules or rows are none, Faulty where the configuration has faults.
    """
    from pipeline.registers import Registers
    from pipeline.world import World
    from replay.driving import drive as run
    from replay.driving import table

    records = list(rows)
    kind = _kind(records)
    made = None if city is None else _city(city)
    if world is None:
        registers = (
            made.registers
            if made
            else Registers(speed_limits={name: float(v) for name, v in (speed_limits or {}).items()})
        )
        world = World(registers)
    return run([_rule(rule, made) for rule in rules], table(kind, records, world.names), world, until=until)


def replay(
    folder: str | Path,
    *,
    config: str | Path | None = None,
    labels: str | Path | None = None,
    faults: str | None = None,
    seed: int = 1,
) -> Outcome:
    """What comes of a recording: `.cases`, and `.scores` by rule where it has labels.

    config: judge by this configuration instead of what the recording says was in force. labels: a file of labels
    instead of its own. faults: injected, such as "drop=5%, repeat=10%"; seed: of their dice. Raises as the command.
    """
    from gridwatch.recordings import open_recording

    opened = open_recording(Path(folder), _path(config), _path(labels))
    if faults is not None:
        opened = opened.with_faults(faults, seed)
    return opened.judge()


def rule(section: Mapping[str, Any]) -> Rule:
    """A rule as a configuration writes it: id, detector, for, clear, parameters … Raises pydantic's ValidationError."""
    from pipeline.runtime.compose import make_rule
    from pipeline.runtime.sections import RuleSection

    return make_rule(RuleSection.model_validate(dict(section)))


def _rule(given: AnyRule, city: City | None) -> Rule:
    if isinstance(given, Rule):
        return given
    if isinstance(given, Detector):
        return Rule(type(given).__name__, given)
    if isinstance(given, Mapping):
        return rule(given)
    from pipeline.faults import did_you_mean
    from pipeline.runtime.compose import make_rule

    if city is None:
        raise ValueError(f"rule '{given}': name the configuration that has it: drive(…, city='city.yaml')")
    sections = {section.id: section for section in city.configuration.rules}
    if given not in sections:
        raise ValueError(f"{city.file} has no rule '{given}'{did_you_mean(given, sections)}")
    return make_rule(sections[given])


def _kind(records: Sequence[Mapping[str, float | str]]) -> type[Rows]:
    """Of what kind records are, by the columns that only one kind has."""
    if not records:
        raise ValueError("expected rows, got none")
    common = set(Rows.own())
    telling = {"position": "lon", "reading": "metric", "sighting": "track", "presence": "count"}
    for name, column in telling.items():
        if column in records[0]:
            own = set(KINDS[name].own()) - common
            mixed = next((n for n, each in enumerate(records) if column not in each), None)
            if mixed is not None:
                raise ValueError(f"row {mixed} has no '{column}': expected rows of one kind, {name}s ({sorted(own)})")
            return KINDS[name]
    raise ValueError(f"row 0: expected one of the columns {', '.join(telling.values())}, by which its kind is known")


def _city(file: str | Path) -> City:
    from gridwatch.problems import city_file
    from pipeline.runtime.compose import load_city

    return load_city(city_file(Path(file)))


def _path(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)
