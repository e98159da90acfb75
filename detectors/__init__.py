"""detectors: one file for each question. The dict below is all of ours; packages add theirs by entry points.

`pipeline.registry.detector(name)` finds them all.

    [project.entry-points."gridwatch.detectors"]
    reversing = "my_package:Reversing"
"""

from __future__ import annotations

from detectors.constant_over_trips import ConstantOverTrips
from detectors.contradiction import Contradiction
from detectors.displaced import Displaced
from detectors.fill_forecast import FillForecast
from detectors.impossible_jump import ImpossibleJump
from detectors.load_not_sealed import LoadNotSealed
from detectors.no_go_zone import NoGoZone
from detectors.no_permit import NoPermit
from detectors.not_emptied import NotEmptied
from detectors.occupied import Occupied
from detectors.off_route import OffRoute
from detectors.only_in_zone import OnlyInZone
from detectors.outside_hours import OutsideHours
from detectors.overspeed import Overspeed
from detectors.planned_emptying import PlannedEmptying
from detectors.planned_work import PlannedWork
from detectors.rate_of_change import RateOfChange
from detectors.signal_lost import SignalLost
from detectors.silent import Silent
from detectors.stationary import Stationary
from detectors.stuck import Stuck
from detectors.threshold import Threshold
from detectors.tipping import Tipping
from detectors.trip_not_completed import TripNotCompleted
from pipeline.detector import Detector

DETECTORS: dict[str, type[Detector]] = {
    "constant_over_trips": ConstantOverTrips,
    "contradiction": Contradiction,
    "displaced": Displaced,
    "fill_forecast": FillForecast,
    "impossible_jump": ImpossibleJump,
    "load_not_sealed": LoadNotSealed,
    "no_go_zone": NoGoZone,
    "no_permit": NoPermit,
    "not_emptied": NotEmptied,
    "occupied": Occupied,
    "off_route": OffRoute,
    "only_in_zone": OnlyInZone,
    "outside_hours": OutsideHours,
    "overspeed": Overspeed,
    "planned_emptying": PlannedEmptying,
    "planned_work": PlannedWork,
    "rate_of_change": RateOfChange,
    "signal_lost": SignalLost,
    "silent": Silent,
    "stationary": Stationary,
    "stuck": Stuck,
    "threshold": Threshold,
    "tipping": Tipping,
    "trip_not_completed": TripNotCompleted,
}

__all__ = [
    "DETECTORS",
    "ConstantOverTrips",
    "Contradiction",
    "Displaced",
    "FillForecast",
    "ImpossibleJump",
    "LoadNotSealed",
    "NoGoZone",
    "NoPermit",
    "NotEmptied",
    "Occupied",
    "OffRoute",
    "OnlyInZone",
    "OutsideHours",
    "Overspeed",
    "PlannedEmptying",
    "PlannedWork",
    "RateOfChange",
    "SignalLost",
    "Silent",
    "Stationary",
    "Stuck",
    "Threshold",
    "Tipping",
    "TripNotCompleted",
]
