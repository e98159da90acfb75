"""detectors: one file for each question. The dict below is all of ours; packages add theirs by entry points.

`pipeline.registry.detector(name)` finds them all.

    [project.entry-points."gridwatch.detectors"]
    reversing = "my_package:Reversing"
"""

from __future__ import annotations

from detectors.no_go_zone import NoGoZone
from detectors.off_route import OffRoute
from detectors.overspeed import Overspeed
from detectors.silent import Silent
from detectors.threshold import Threshold
from pipeline.detector import Detector

DETECTORS: dict[str, type[Detector]] = {
    "no_go_zone": NoGoZone,
    "off_route": OffRoute,
    "overspeed": Overspeed,
    "silent": Silent,
    "threshold": Threshold,
}

__all__ = ["DETECTORS", "NoGoZone", "OffRoute", "Overspeed", "Silent", "Threshold"]
