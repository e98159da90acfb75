"""The section `fusion:`: rules that it names exist, what it says is part of a version, and it is kept as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.faults import Faulty
from pipeline.names import Names
from pipeline.registers import Registers
from pipeline.runtime.compose import compose, config_bytes, read_config
from pipeline.runtime.config import load, snapshot
from pipeline.world import World
from tests.runtime.test_config import GOOD

FUSION = """\
fusion:
  groups: [[a, b]]
  rules:
    - {id: same-subject, same: subject, rules: [%s]}
    - id: both
      all: [{rules: [source_down]}, {rules: [%s], alone: wait}]
      near: 50 m
      within: 5min
      becomes: x
  storms:
    - {id: many, rules: [%s, "speed*"], area: 1 km, more_than: 20, within: 10min}
"""


def _file(tmp_path: Path, more: str) -> Path:
    file = tmp_path / "city.yaml"
    file.write_text(GOOD + more, "utf-8")
    return file


def test_a_rule_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Faulty) as caught:
        load(_file(tmp_path, FUSION % ("overspeeed", "overspeed", "none-such")))
    found = [str(fault).split("city.yaml:")[1].split("  ", 1)[1].strip() for fault in caught.value.faults]
    assert found == [
        "fusion.rules.0.rules.0   no rule 'overspeeed'; did you mean 'overspeed'?",
        "fusion.storms.0.rules.0   no rule 'none-such'; there are: overspeed, bin-full, silent-truck, source_down",
    ]


def test_it_is_kept_with_a_version(tmp_path: Path) -> None:
    given = load(_file(tmp_path, FUSION % (("overspeed",) * 3)))
    assert given.fusion is not None
    assert read_config(config_bytes(given)).fusion == given.fusion
    assert compose(given, World(Registers()), Names()).fusion == given.fusion


def test_without_it_a_version_is_what_it_was(tmp_path: Path) -> None:
    given = load(_file(tmp_path, ""))
    assert given.fusion is None
    assert "fusion" not in snapshot(given)
