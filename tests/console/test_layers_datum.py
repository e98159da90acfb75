from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from pipeline.geo import Datum, from_wgs84

VALUES = Path(__file__).parents[2] / "console/web/src/map/datum.values.json"
PLACES = [
    (116.404, 39.915),
    (121.4737, 31.2304),
    (104.0657, 30.6595),
    (87.6168, 43.8256),
    (110.3312, 20.0317),
    (126.5349, 45.8038),
    (2.3522, 48.8566),
    (-0.1276, 51.5072),
]


def test_the_page_shifts_places_as_the_pipeline_does() -> None:
    """console/web/src/map/datum.test.ts holds the page's functions against these values."""
    here = [
        [list(place), *([float(each) for each in from_wgs84(*place, datum)] for datum in (Datum.GCJ02, Datum.BD09))]
        for place in PLACES
    ]
    assert np.allclose(json.loads(VALUES.read_text()), here, rtol=0, atol=1e-10)
