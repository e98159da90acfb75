"""recordings: what the cluster's tests judge: scenarios of the rule book, with rules that make one case of several."""

from __future__ import annotations

from pathlib import Path

from gridwatch.cli.simulate import configured
from gridwatch.recordings import Opened, open_recording
from pipeline.journal import Journal
from pipeline.journal.contents import CONTENTS, Contents
from pipeline.runtime.compose import load_city, version_payload
from replay.recording import JOURNAL
from replay.scenarios.families import SMALL, START
from replay.scenarios.library import BY_NAME
from replay.scenarios.recording import entries

FUSION = """
fusion:
  groups: [[vehicle.tipping, vehicle.body_raised]]
  reopens: 2h
  rules:
    - {id: same-subject, same: subject, within: 30min}
    - {id: same-place, same: place, near: 300 m, within: 20min}
    - id: fly-tipping
      all:
        - {categories: [vehicle.suspicious_stop]}
        - {categories: [vehicle.off_route], alone: wait}
      near: 500 m
      within: 10min
      becomes: vehicle.tipping
  storms:
    - {id: overspeeding, rules: [overspeed], area: all, more_than: 4, within: 10min, quiet: 30min}
"""


def recorded(folder: Path, scenario: str, family: str = "fleet", seed: int = 1, hours: float | None = None) -> Opened:
    """A recording in `folder`, whose configuration fuses across subjects. hours: None, as long as the family's."""
    small = SMALL[family]
    made = small.city(BY_NAME[scenario], seed)
    configured(folder, made.town())
    file = folder / "city.yaml"
    file.write_text(file.read_text("utf-8") + FUSION, "utf-8")
    city = load_city(file)
    (source,) = city.configuration.sources
    with Journal.open(folder / JOURNAL) as journal:
        payload = version_payload(city.configuration, city.world, Contents(folder / JOURNAL / CONTENTS))
        for buffer in entries(made, START, (hours or small.hours) * 3600.0, source, payload):
            journal.commit(buffer)
    return open_recording(folder)
