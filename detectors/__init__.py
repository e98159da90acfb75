"""detectors: one file for each question. The dict below is all of ours; packages add theirs by entry points.

`pipeline.registry.detector(name)` finds them all.

    [project.entry-points."gridwatch.detectors"]
    reversing = "my_package:Reversing"
"""

from __future__ import annotations

from detectors.contradiction import Contradiction
from detectors.displaced import Displaced
from detectors.fill_forecast import FillForecast
from detectors.load_not_sealed import LoadNotSealed
from detectors.no_go_zone import NoGoZone
from detectors.no_permit import NoPermit
from detectors.not_emptied import NotEmptied
from detectors.off_route import OffRoute
from detectors.only_in_zone import OnlyInZone
from detectors.outside_hours import OutsideHours
from detectors.overspeed import Overspeed
from detectors.rate_of_change import RateOfChange
from detectors.signal_lost import SignalLost
from detectors.silent import Silent
from detectors.stuck import Stuck
from detectors.threshold import Threshold
from pipeline.detector import Detector

DETECTORS: dict[str, type[Detector]] = {
    "contradiction": Contradiction,
    "displaced": Displaced,
    "fill_forecast": FillForecast,
    "load_not_sealed": LoadNotSealed,
    "no_go_zone": NoGoZone,
    "no_permit": NoPermit,
    "not_emptied": NotEmptied,
    "off_route": OffRoute,
    "only_in_zone": OnlyInZone,
    "outside_hours": OutsideHours,
    "overspeed": Overspeed,
    "rate_of_change": RateOfChange,
    "signal_lost": SignalLost,
    "silent": Silent,
    "stuck": Stuck,
    "threshold": Threshold,
}

__all__ = [
    "DETECTORS",
    "Contradiction",
    "Displaced",
    "FillForecast",
    "LoadNotSealed",
    "NoGoZone",
    "NoPermit",
    "NotEmptied",
    "OffRoute",
    "OnlyInZone",
    "OutsideHours",
    "Overspeed",
    "RateOfChange",
    "SignalLost",
    "Silent",
    "Stuck",
    "Threshold",
]
