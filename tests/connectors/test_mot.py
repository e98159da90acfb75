"""MOT folders: sequences in any layout, lines in any form, and a word about all that was not said or not read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from connectors import mot
from connectors.mot_lines import read_objects
from pipeline.faults import Fault

LINE = "1,-1,10,20,30,40,0.5,2,-1,-1\n"


def lay(root: Path, *files: str, text: str = LINE) -> Path:
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


@pytest.mark.parametrize(
    "files, names, labelled",
    [
        pytest.param(["a/det/det.txt", "a/gt/gt.txt", "b/det/det.txt"], ["a", "b"], [True, False], id="motchallenge"),
        pytest.param(
            ["P/s1/data/det/yolo.txt", "P/s1/data/gt/gt.txt", "N/s2/data/det/yolo.txt", "N/s2/data/gt.txt"],
            ["N/s2", "P/s1"],
            [True, True],
            id="roadtrack",
        ),
        pytest.param(["a/det.txt", "a/gt.txt"], ["a"], [True], id="bare"),
        pytest.param(["det/det.txt", "gt/gt.txt"], ["cam"], [True], id="the-folder-itself"),
        pytest.param(["data/det/yolo.txt"], ["cam"], [False], id="the-folder-itself-with-data-between"),
        pytest.param(["a/det/yolo.txt", "a/det.txt"], ["a"], [False], id="one-and-not-two"),
        pytest.param(["deep/er/and/a/det/det.txt"], ["deep/er/and/a"], [False], id="at-any-depth"),
        pytest.param(["a/notes.txt", "a/gt/gt.txt"], [], [], id="none"),
    ],
)
def test_where_sequences_are(tmp_path: Path, files: list[str], names: list[str], labelled: list[bool]) -> None:
    found = mot.sequences(lay(tmp_path / "cam", *files))
    assert [one.name for one in found] == names
    assert [one.truth is not None for one in found] == labelled
    assert [one.faults for one in found] == [()] * len(found)


def test_a_single_file_is_a_sequence_without_labels(tmp_path: Path) -> None:
    lay(tmp_path, "gate-3.txt")
    (only,) = mot.sequences(tmp_path / "gate-3.txt")
    assert (only.name, only.truth, len(only.found.frame)) == ("gate-3", None, 1)


def test_a_folder_named_data_is_called_after_the_one_above(tmp_path: Path) -> None:
    (only,) = mot.sequences(lay(tmp_path / "cam" / "data", "det/det.txt"))
    assert only.name == "cam"


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing is there"):
        mot.sequences(tmp_path / "nowhere")


def test_of_several_detectors_one_is_taken_and_named(tmp_path: Path) -> None:
    lay(tmp_path, "a/det/frcnn.txt", "a/det/yolo.txt")
    (only,) = mot.sequences(tmp_path)
    message = "taken, the first by name; beside it there is yolo.txt: name the one that is meant"
    assert only.faults == (Fault("a/det/frcnn.txt", 0, "", message),)
    (only,) = mot.sequences(tmp_path, detections="yolo*")
    assert only.faults == ()


# ---- size and rate ---------------------------------------------------------------------------------------------------


INFO = "[Sequence]\nname=a\nframeRate=25\nimWidth=100\nimHeight=200\nseqLength=7\n"


@pytest.mark.parametrize(
    "info, given, rate, size, last",
    [
        pytest.param(INFO, {}, (25, "seqinfo.ini"), ((100, 200), "seqinfo.ini"), 7, id="said"),
        pytest.param(
            INFO, {"rate": 5.0, "size": (1.0, 1.0)}, (25, "seqinfo.ini"), ((100, 200), "seqinfo.ini"), 7, id="said-wins"
        ),
        pytest.param("", {"rate": 5.0, "size": (80.0, 90.0)}, (5, "given"), ((80, 90), "given"), 1, id="given"),
        pytest.param("", {}, (10, "assumed"), ((40, 60), "boxes"), 1, id="neither"),
        pytest.param("[Sequence]\nframeRate=25\n", {}, (25, "seqinfo.ini"), ((40, 60), "boxes"), 1, id="rate-alone"),
    ],
)
@pytest.mark.parametrize("base", ["a", "a/data"])
def test_size_and_rate(
    tmp_path: Path,
    base: str,
    info: str,
    given: dict[str, float | tuple[float, float]],
    rate: tuple[float, str],
    size: tuple[tuple[float, float], str],
    last: int,
) -> None:
    lay(tmp_path, f"{base}/det/det.txt")
    if info:
        (tmp_path / "a" / "seqinfo.ini").write_text(info)
    (only,) = mot.sequences(tmp_path, **given)  # type: ignore[arg-type]
    assert (only.rate, only.rate_from) == rate
    assert (only.size, only.size_from) == size
    assert only.last == last


@pytest.mark.parametrize(
    "info, fault",
    [
        pytest.param("frameRate=25\n", "expected '[Sequence]' and 'key=value'", id="no-section"),
        pytest.param("[Sequence]\nframeRate=fast\n", "expected a number above 0", id="no-number"),
        pytest.param("[Sequence]\nframeRate=0\n", "expected a number above 0", id="nothing"),
    ],
)
def test_a_bad_seqinfo_is_told_and_left(tmp_path: Path, info: str, fault: str) -> None:
    lay(tmp_path, "a/det/det.txt")
    (tmp_path / "a" / "seqinfo.ini").write_text(info)
    (only,) = mot.sequences(tmp_path)
    assert [(one.file, one.message) for one in only.faults] == [("a/seqinfo.ini", fault)]
    assert only.rate_from == "assumed"


def test_a_sequence_without_boxes_has_a_size(tmp_path: Path) -> None:
    lay(tmp_path, "a/det/det.txt", text="1,-1,-1,-1,-1,-1,-1,-1,-1,-1\n2,-1,-1,-1,-1,-1,-1\n")
    (only,) = mot.sequences(tmp_path)
    assert (only.size, only.last, only.faults) == ((1.0, 1.0), 2, ())
    assert [len(picture.boxes) for picture in only.pictures()] == [0, 0]


# ---- lines -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line, row",
    [
        pytest.param("3,17,1,2,3,4,0.9,2,-1,-1", (3, 17, [1, 2, 3, 4], 0.9, 2), id="ten"),
        pytest.param("3,-1,1,2,3,4,0.9", (3, -1, [1, 2, 3, 4], 0.9, -1), id="seven"),
        pytest.param("3.0,-1.0,1.5,2,3,4,1,7.0", (3, -1, [1.5, 2, 3, 4], 1, 7), id="floats"),
        pytest.param("3 -1 1 2 3 4 0.9 2", (3, -1, [1, 2, 3, 4], 0.9, 2), id="blanks"),
        pytest.param(" 3, -1, 1, 2, 3, 4, 0.9, 2,\r", (3, -1, [1, 2, 3, 4], 0.9, 2), id="comma-at-the-end"),
        pytest.param("3,-1,-20,-5,30,40,0.9", (3, -1, [-20, -5, 30, 40], 0.9, -1), id="beyond-the-edge"),
    ],
)
def test_lines_that_can_be_read(tmp_path: Path, line: str, row: tuple[int, int, list[float], float, int]) -> None:
    file = tmp_path / "det.txt"
    file.write_bytes(b"\xef\xbb\xbf\r\n" + line.encode() + b"\r\n\r\n")
    faults: list[Fault] = []
    found = read_objects(file, tmp_path, faults)
    assert faults == []
    assert (found.frame[0], found.track[0], found.box[0].tolist(), found.score[0], found.kind[0]) == row
    assert found.last == row[0]


@pytest.mark.parametrize(
    "line, message",
    [
        pytest.param("1,-1,1,2,3", "expected 7 to 10 numbers (frame,track,x,y,w,h,score,class), got 5", id="short"),
        pytest.param(
            LINE.strip() + ",0", "expected 7 to 10 numbers (frame,track,x,y,w,h,score,class), got 11", id="long"
        ),
        pytest.param("1,-1,x,2,3,4,1", "expected numbers (frame,track,x,y,w,h,score,class)", id="words"),
        pytest.param("1,-1,nan,2,3,4,1", "expected finite numbers", id="nan"),
        pytest.param("0,-1,1,2,3,4,1", "expected the picture's number, 1 to 10,000,000", id="before-the-first"),
        pytest.param("1e9,-1,1,2,3,4,1", "expected the picture's number, 1 to 10,000,000", id="far-too-late"),
        pytest.param("1.5,-1,1,2,3,4,1", "expected the picture's number, 1 to 10,000,000", id="between-two"),
        pytest.param("1,1.5,1,2,3,4,1", "expected whole numbers for the track and the class", id="half-a-track"),
        pytest.param("1,1e300,1,2,3,4,1", "expected whole numbers for the track and the class", id="a-vast-track"),
        pytest.param("1,-1,1,2,0,4,1", "expected a box with a width and a height above 0", id="no-width"),
        pytest.param("1,-1,1,2,3,-1,1", "expected a box with a width and a height above 0", id="no-height"),
    ],
)
def test_lines_that_can_not_are_named(tmp_path: Path, line: str, message: str) -> None:
    lay(tmp_path, "a/det/det.txt", text=f"{LINE}{line}\n{LINE}")
    (only,) = mot.sequences(tmp_path)
    assert only.faults == (Fault("a/det/det.txt", 2, "", message),)
    assert len(only.found.frame) == 2


def test_scores_that_are_no_shares_are_unknown(tmp_path: Path) -> None:
    lay(tmp_path, "a/det/det.txt", text="1,-1,1,2,3,4,37.5\n2,-1,1,2,3,4,0.5\n")
    (only,) = mot.sequences(tmp_path)
    assert np.isnan(only.found.score).all()
    assert [fault.message for fault in only.faults] == [
        "its scores go beyond 1, so they are no shares: taken as unknown"
    ]


def test_truth_that_does_not_count_is_left_out(tmp_path: Path) -> None:
    lay(tmp_path, "a/det/det.txt")
    lay(tmp_path, "a/gt/gt.txt", text="1,4,1,2,3,4,0,2,1\n1,5,1,2,3,4,1,1,1\n2,5,1,2,3,4,1,1,1\n")
    (only,) = mot.sequences(tmp_path)
    assert only.truth is not None
    assert only.truth.track.tolist() == [5, 5]
    assert only.truth.of(5).frame.tolist() == [1, 2]
    assert only.faults == ()


# ---- pictures --------------------------------------------------------------------------------------------------------


def test_pictures_are_all_there_in_order_as_shares(tmp_path: Path) -> None:
    text = "3,8,50,0,50,100,0.5,7\n1,9,0,0,25,50,0.25,2\n3,-1,0,0,10,10,-1,99\n"
    lay(tmp_path, "a/det/det.txt", text=text)
    (only,) = mot.sequences(tmp_path, rate=4.0, size=(100.0, 200.0))
    one, two, three = only.pictures(origin=100.0)
    assert (one.ts, two.ts, three.ts) == (100.0, 100.25, 100.5)
    assert (one.boxes.tolist(), one.labels, one.tracks) == ([[0, 0, 0.25, 0.25]], ["car"], None)
    assert (two.boxes.shape, two.labels) == ((0, 4), [])
    assert three.labels == ["truck", "object"]
    assert three.boxes.tolist() == [[0.5, 0, 0.5, 0.5], [0, 0, 0.1, 0.05]]
    assert three.scores[0] == 0.5
    assert np.isnan(three.scores[1])


def test_classes_and_tracks_of_the_file_on_request(tmp_path: Path) -> None:
    lay(tmp_path, "a/det/det.txt", text="1,8,0,0,25,50,0.25,2\n1,-1,0,0,25,50,0.25,3\n")
    (only,) = mot.sequences(tmp_path)
    (picture,) = only.pictures(classes={2: "van"}, trust_tracks=True)
    assert picture.labels == ["van", "object"]
    assert picture.tracks is not None
    assert picture.tracks.tolist() == [8, -1]
