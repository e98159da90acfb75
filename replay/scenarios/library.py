"""library: the scenarios by name.

A scenario is a day with wrongs of every kind under conditions, for all rules at once. Two add something to the day:
`near` has whatever comes just under each threshold without being wrong, `edge` has it at the edges of zones. Each of
the others changes one condition, so that a miss says what it is due to; only the last two put things together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from replay.simulator.conditions import CLEAR, ORDINARY, Conditions


@dataclass(frozen=True, slots=True)
class Limits:
    """What every rule must reach in a scenario."""

    recall: float
    precision: float = 0.0
    false_per_1000h: float = float("inf")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One of the library."""

    name: str
    about: str
    """in a line"""
    conditions: Conditions
    near: bool = False
    """things come just under each threshold"""
    edge: bool = False
    """things happen at the edges of zones"""
    limits: Limits | None = None


_DEAD = replace(CLEAR, dark=True)
_CLOCKS = replace(CLEAR, skewed=0.25)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("plain", "wrongs of every kind, heard clearly", CLEAR, limits=Limits(1.0, precision=1.0)),
    Scenario("near", "just under every threshold too", CLEAR, near=True),
    Scenario("edge", "at the edges of zones too", CLEAR, edge=True),
    Scenario("gnss-3m", "GNSS as in the open: 3 m", replace(CLEAR, sigma=3.0)),
    Scenario("gnss-10m", "GNSS in a built-up area: 10 m", replace(CLEAR, sigma=10.0)),
    Scenario("gnss-30m", "GNSS at its worst: 30 m, all the time", replace(CLEAR, sigma=30.0)),
    Scenario("canyon", "bursts of 10 to 30 m in street canyons", replace(CLEAR, sigma=3.0, canyons=True)),
    Scenario("outliers", "a fix in 200 is up to 2.5 km off", replace(CLEAR, sigma=3.0, outliers=1 / 2_000)),
    Scenario(
        "frozen",
        "receivers repeat a fix for up to 40 s, where something is wrong too",
        replace(CLEAR, sigma=3.0, freezes=1 / 1_500, spares=False),
    ),
    Scenario("dead-zones", "tunnels without network: stored there, uploaded later", _DEAD),
    Scenario("repeated", "one message in five comes twice", replace(CLEAR, repeats=0.2)),
    Scenario("reordered", "one message in ten is overtaken by later ones", replace(CLEAR, held=0.1, held_for=30.0)),
    Scenario("lost", "one message in fifty never arrives", replace(CLEAR, lost=0.02)),
    Scenario("clock-ahead", "a quarter of the devices' clocks are two minutes ahead", replace(_CLOCKS, skew=120.0)),
    Scenario("clock-behind", "a quarter of the devices' clocks are two minutes behind", replace(_CLOCKS, skew=-120.0)),
    Scenario(
        "gnss-10m-dead-zones",
        "10 m noise and dead zones: what the rules must bear",
        replace(_DEAD, sigma=10.0),
        limits=Limits(0.98, false_per_1000h=1.0),
    ),
    Scenario(
        "everything",
        "10 m, canyons, outliers, frozen fixes, dead zones, repeats, at once, with what is near a threshold",
        replace(ORDINARY, sigma=10.0, repeats=0.05, held=0.02, lost=0.002),
        near=True,
        edge=True,
    ),
)
"""In the order in which tables show them."""

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
