"""access_kit: a town of two areas and units, and two people who may see the first's alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cases.database import writing
from cases.tables import EVIDENCE, FILTERS, SNOOZES
from tests.console.kit import NOW, Town, _row, case_row

FOREIGN = "fremd"
"""In all that is said of what is another's."""


class Twofold:
    """A town with cases, a filter, and evidence of two areas and units; `li` and `wang` may see the first's alone."""

    def __init__(self, folder: Path) -> None:
        self.town = Town(folder)
        own = {"grid": "5101001", "responsible": "unit-7", "text": "own", "lon": 120.0, "lat": 30.0}
        other: dict[str, Any] = {"grid": "3301001", "responsible": "unit-9", "lon": 120.0, "lat": 30.0}
        other |= dict.fromkeys(("text", "address", "place", "subject"), FOREIGN) | {"number": f"N-{FOREIGN}"}
        self.town.add(case_row("own-case", **own), case_row(f"{FOREIGN}-case", **other))
        with writing(self.town.engine) as connection:
            piece = {"id": "p1", "case_id": f"{FOREIGN}-case", "location": FOREIGN, "source": FOREIGN}
            connection.execute(EVIDENCE.insert(), _row(EVIDENCE) | piece)
            kept = {"id": "f1", "owner": "boss", "name": FOREIGN, "data": {}}
            connection.execute(FILTERS.insert(), _row(FILTERS) | kept)
            off = {"case_id": f"{FOREIGN}-case", "who": "", "until": NOW + 600, "by": "boss", "note": FOREIGN}
            connection.execute(SNOOZES.insert(), _row(SNOOZES) | off)
        roles = ("acceptor", "dispatcher", "operator", "collector", "supervisor")
        self.town.user("li", *roles, areas=("5101",))
        self.town.user("wang", "unit", unit="unit-7")
        self.people = {name: self.town.person(name) for name in ("li", "wang")}
