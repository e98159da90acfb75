"""Evidence of cases: what belongs to which, and files that are kept by what is in them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.evidence_files import EARLY, Files, Happening, Seen, belonging, belongs, intact

TRACK = Seen("gate-3", 1_764_000_000_001, "pavement", 1000.0)


#                 started  ended   captured
#   zone             |------|
#   EARLY        <-->
@pytest.mark.parametrize(
    "member, yes",
    [
        pytest.param(Happening("gate-3", "1764000000001", 5000.0, 6000.0), True, id="its-track-whenever"),
        pytest.param(Happening("gate-3", "1764000000002", 900.0, math.nan), False, id="another-track"),
        pytest.param(Happening("gate-4", "1764000000001", 900.0, math.nan), False, id="another-camera"),
        pytest.param(Happening("gate-3", "pavement", 900.0, math.nan), True, id="its-zone-while-it-goes-on"),
        pytest.param(Happening("gate-3", "pavement", 900.0, 999.0), False, id="its-zone-after-the-end"),
        pytest.param(Happening("gate-3", "pavement", 1000.0 + EARLY, 2000.0), True, id="just-before-the-rule-knew"),
        pytest.param(Happening("gate-3", "pavement", 1001.0 + EARLY, 2000.0), False, id="too-long-before"),
        pytest.param(Happening("gate-3", "road", 900.0, math.nan), False, id="another-zone"),
        pytest.param(Happening("gate-3", "", 900.0, math.nan), False, id="about-the-camera-itself"),
    ],
)
def test_what_belongs(member: Happening, yes: bool) -> None:
    assert belongs(TRACK, member) is yes


def test_of_a_case_with_several_members_all_evidence_by_time() -> None:
    later, other = TRACK._replace(captured=2000.0), TRACK._replace(track=9, zone="road", captured=1500.0)
    stranger = TRACK._replace(camera="gate-9")
    members = [Happening("gate-3", "9", 0.0, 1.0), Happening("gate-3", str(TRACK.track), 0.0, 1.0)]
    assert belonging([later, stranger, other, TRACK], members) == [TRACK, other, later]


@settings(deadline=None, max_examples=30)
@given(data=st.binary(max_size=200))
def test_a_file_is_kept_once_and_read_back(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("files")
    files = Files(folder)
    kept = files.put(data, ".jpg")
    assert files.put(data, ".jpg") == kept
    assert files.read(kept.location) == data
    assert intact(kept.location, data)
    assert not intact(kept.location, data + b"x")
    assert len([each for each in folder.rglob("*") if each.is_file()]) == 1
    assert files.remove(kept.location)
    assert not files.remove(kept.location)
    assert files.read(kept.location) is None


@pytest.mark.parametrize("location", ["../city.yaml", "/etc/passwd", "3f/../../x", "3f/4f", "", "ab/" + "a" * 64])
def test_no_location_leads_out(location: str, tmp_path: Path) -> None:
    for ask in (Files(tmp_path).read, Files(tmp_path).remove):
        with pytest.raises(ValueError, match="expected where a case's file is kept"):
            ask(location)
