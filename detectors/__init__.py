"""detectors: one file for each question. The dict below is all of ours; packages add theirs by entry points.

`pipeline.registry.detector(name)` finds them all.

    [project.entry-points."gridwatch.detectors"]
    reversing = "my_package:Reversing"
"""

from __future__ import annotations

from detectors.contradiction import Contradiction
from detectors.load_not_sealed import LoadNotSealed
from detectors.no_go_zone import NoGoZone
from detectors.no_permit import NoPermit
from detectors.off_route import OffRoute
from detectors.only_in_zone import OnlyInZone
from detectors.outside_hours import OutsideHours
from detectors.overspeed import Overspeed
from detectors.signal_lost import SignalLost
from detectors.silent import Silent
from detectors.threshold import Threshold
from pipeline.detector import Detector

DETECTORS: dict[str, type[Detector]] = {
    "contradiction": Contradiction,
    "load_not_sealed": LoadNotSealed,
    "no_go_zone": NoGoZone,
    "no_permit": NoPermit,
    "off_route": OffRoute,
    "only_in_zone": OnlyInZone,
    "outside_hours": OutsideHours,
    "overspeed": Overspeed,
    "signal_lost": SignalLost,
    "silent": Silent,
    "threshold": Threshold,
}

__all__ = [
    "DETECTORS",
    "Contradiction",
    "LoadNotSealed",
    "NoGoZone",
    "NoPermit",
    "OffRoute",
    "OnlyInZone",
    "OutsideHours",
    "Overspeed",
    "SignalLost",
    "Silent",
    "Threshold",
]
