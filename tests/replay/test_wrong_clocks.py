"""Wrong clocks in a simulated city: what rules find with them, and with the corrections that are estimated."""

from __future__ import annotations

from pathlib import Path

from benchmarks.wrong_clocks import SHARE, SKEWS, Found, measured
from replay.scenarios.families import SMALL


def test_corrected_clocks_find_what_right_ones_do(tmp_path: Path) -> None:
    skews = {name: SKEWS[name] for name in ("right", "8 h ahead", "1,024 weeks behind")}
    right, *others = measured(tmp_path, SMALL["fleet"], 2.0, skews)
    assert (right.terminals, right.aside, right.found, right.false) == (0, 0, right.labels, 0)
    assert right.labels >= 20
    wrong: list[Found] = [each for each in others if not each.corrected]
    assert len(wrong) == 2
    assert wrong[0].aside > 1_000  # 1,024 weeks ago no vehicle was in the registers: rows of then are of nobody known
    for each in wrong:  # nobody watches them
        assert each.terminals > 0
        assert each.found < right.labels * (1 - SHARE / 2)
    for each in others:
        if each.corrected:
            assert (each.aside, each.found, each.false) == (0, right.found, 0)
