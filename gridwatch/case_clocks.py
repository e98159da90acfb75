"""case_clocks: by what the times of a case's rows were corrected: what the registers said that were in force then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pipeline.corrections import Correction, corrections
from pipeline.registers import Registers


class CaseClocks(NamedTuple):
    """Of one world: the corrections, and on whom their terminals were from when to when, UTC seconds."""

    corrections: list[Correction]
    mounted: Mapping[str, list[tuple[str, float, float]]]

    @classmethod
    def of(cls, registers: Registers | None) -> CaseClocks:
        """Those of a world; None: nothing is known of it."""
        if registers is None or not len(registers.clocks):
            return cls([], {})
        found = corrections(registers.clocks)
        table, mounted = registers.devices, dict[str, list[tuple[str, float, float]]]()
        terminals = {each.terminal for each in found}
        columns = (table.text("device"), table.text("subject"), table.numbers("valid_from"), table.numbers("valid_to"))
        for device, subject, since, until in zip(*columns, strict=True):
            if device in terminals:
                mounted.setdefault(device, []).append((subject, float(since), float(until)))
        return cls(found, mounted)

    def about(self, case: Mapping[str, Any], subjects: Iterable[str]) -> list[Correction]:
        """Those by which rows of a case were corrected: received from when it began until it was opened. subjects: of
        all its members. case: a row of the table."""
        since, until, wanted = case["started"], case["opened"], {*subjects, case["subject"]}
        return [
            each
            for each in self.corrections
            if each.since <= until and since < each.until and self._on(each.terminal, since, until) & wanted
        ]

    def _on(self, terminal: str, since: float, until: float) -> set[str]:
        """On whom it was; one that no register has is itself the subject."""
        on = {subject for subject, start, end in self.mounted.get(terminal, ()) if start <= until and since < end}
        return on or {terminal}


NOTHING = CaseClocks([], {})
