"""labels: what was really wrong in the made-up city, whom it was about and how long it lasted.

A label is the truth, not an intention: it is computed from where a vehicle really was and how full a bin really was,
before noise, dead zones and report intervals. The limits below are those of the rules in configs/demo/city.yaml (a
test compares them), so that a rule which works well finds each label, a little later, and nothing else.
"""

from __future__ import annotations

OVERSPEED, NO_GO, OFF_ROUTE = "overspeed", "no-go", "off-route"
OUTSIDE_HOURS, NO_PERMIT = "outside-hours", "no-permit"
NOT_SEALED, BODY_RAISED, TIPPING, OVERLOAD = "not-sealed", "body-raised", "tipping", "overload"
SUSPICIOUS_STOP, TRIP_NOT_COMPLETED = "suspicious-stop", "trip-not-completed"
SIGNAL_LOST, JUMP = "signal-lost", "jump"
SENSOR_CONSTANT, SENSOR_CONTRADICTION = "sensor-constant", "sensor-contradiction"
NOT_SWEPT, NOT_PATROLLED = "not-swept", "not-patrolled"
BIN_FULL = "bin-full"

FOR = {
    OVERSPEED: 20.0,
    NO_GO: 8.0,
    OFF_ROUTE: 30.0,
    OUTSIDE_HOURS: 20.0,
    NO_PERMIT: 20.0,
    NOT_SEALED: 45.0,
    BODY_RAISED: 15.0,
    TIPPING: 10.0,
    SUSPICIOUS_STOP: 120.0,
    TRIP_NOT_COMPLETED: 20.0,
    OVERLOAD: 30.0,
    JUMP: 10.0,
    SENSOR_CONTRADICTION: 45.0,
}
"""How long each must go on to be a case, seconds: the rules' `for`. A demo is watched for minutes: where a city would
let a lorry stand for a quarter of an hour, this one allows two minutes."""

MOVING = 5.0
"""km/h"""
STANDING = 3.0
LOADED, EMPTY = 0.20, 0.10
CARRIES, GONE = 0.50, 0.20
LID_OPEN, LID_CLOSED = 0.10, 0.05
RAISED, TIPPING_RAISED = 0.30, 0.50
FALL = 0.30
OVERLOADED, NOT_OVERLOADED = 1.10, 1.00
CONTRADICTED = 10.0
"""km/h with the ignition off"""
JUMP_METRES = 200.0
LOST_AFTER = 300.0
"""seconds without a word from a vehicle under way"""
TRIPS = 3
"""trips on which a sensor says the same"""

CITY_LIMIT = 60.0
"""km/h, of muck trucks in all of the city"""
SPEED_TOLERANCE = 0.10
OFF_ROUTE_METRES = 500.0
