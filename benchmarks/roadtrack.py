"""roadtrack: are vehicles that stop on real roads found, each once, and nothing else?

Reads the detections of 63 sequences of Chinese expressway cameras (RoadTrack, Apache-2.0, corfyi/RoadTrack): 41 with
stopped vehicles, whose boxes are given picture by picture, 22 of normal traffic. Does what `gridwatch replay FOLDER`
does with configs/examples/mot, and reports precision, recall and delay of events, and every failure.

    python -m benchmarks.roadtrack          prints the page docs/results/roadtrack.md
    python -m benchmarks.roadtrack --write  writes it
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.bins import DATA
from benchmarks.pages import ROOT, command
from connectors.mot import sequences
from gridwatch.mot import ORIGIN
from gridwatch.testing import replay
from replay.outcome import Outcome
from replay.score import Score

FOLDER = DATA / "roadtrack"
PAGE = ROOT / "docs" / "results" / "roadtrack.md"
RULE = "stopped-vehicle"


def measure(folder: Path = FOLDER) -> Outcome:
    """All sequences judged."""
    return replay(folder)


def page(outcome: Outcome) -> str:
    """Markdown."""
    score = outcome.scores[RULE]
    false, hours = _normal(score)
    return f"""\
# Stopped vehicles on real roads

`python -m benchmarks.roadtrack --write` writes this page; `tests/replay/test_real_roads.py` fails where it differs.

63 sequences of about 90 s at 10 pictures a second from expressway cameras in China (RoadTrack, Apache-2.0,
corfyi/RoadTrack), as the boxes that a detector (YOLO11m) found in them: 41 in which vehicles stop or stand (`P`), 22 of
normal traffic (`N`). What is true is given as a box in each picture of each stopped vehicle. It is what
`gridwatch replay FOLDER` says of the folder, judged by `configs/examples/mot`, without pictures and without code.

An event is found when a case's box has an intersection over union of at least 0.5 with the truth in at least a fifth of
the truth's pictures. A case that fits no event is false, a further one for the same event is a duplicate; one that fits
two events at once (the truth begins anew where a vehicle stops again nearby) finds both. All events count, also those
of a few pictures. Delay: from the truth's first picture to the case; where a vehicle stood from the beginning, the
truth begins 4 s after the sequence, and the rule wants 6 s of standing.

| | events | found | cases | false | duplicates | precision | recall | F1 | delay, median | p95 |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
{_row("all", score)}{"".join(_by_camera(outcome))}
In the 22 sequences of normal traffic: {false} false cases in {hours:.2f} hours.

## What fails

Times are seconds from the sequence's start.

{"".join(_failures(score))}
Looked at one by one: what is missed are vehicles that creep and hardly stop, and one that is labelled for seven
pictures and stood for less than the rule wants. What is false is a lorry far off that comes nearer so slowly that it
seems to stand, a creeping vehicle found in a little less than a fifth of its pictures, and something faint that hardly
moves. What is late is mostly truth that begins while the vehicle still rolls, and vehicles that the detector does not
see for seconds.

The parameters (how far is moved, how long is standing) were chosen on these very sequences, so that the table flatters:
expect a little less of other roads. Each has one meaning (`cameras/still.py`, `detectors/stationary.py`), and
neighbouring values do nearly as well.

"""


def _row(name: str, score: Score) -> str:
    cells = [score.labels, score.right, score.cases + len(score.false), len(score.false), score.duplicates]
    shares = [f"{share:.3f}" for share in (score.precision, score.recall, score.f1)]
    delays = [f"{score.delay_at(share):.1f} s" if score.delays else "–" for share in (0.5, 0.95)]
    return f"| {' | '.join([name, *map(str, cells), *shares, *delays])} |\n"


def _by_camera(outcome: Outcome) -> Iterator[str]:
    """A camera's name is the third part of a sequence's: `P.04-12_15_K295_1087` is of K295."""
    score = outcome.scores[RULE]
    of = Counter(_camera(case.subject) for case in outcome.cases)
    events = Counter(_camera(label.subject) for label in outcome.labels)
    missed = Counter(_camera(label.subject) for label in score.missed)
    false = Counter(_camera(case.subject) for case in score.false)
    for camera in sorted(of | events):
        cells = [events[camera], events[camera] - missed[camera], of[camera], false[camera]]
        yield f"| {' | '.join([camera, *map(str, cells)])} | | | | | | |\n"


def _camera(subject: str) -> str:
    return subject.split("_")[2]


def _normal(score: Score) -> tuple[int, float]:
    """False cases in the sequences of normal traffic, and how long those are, hours."""
    hours = sum(each.last / each.rate for each in sequences(FOLDER / "N")) / 3600
    return sum(case.subject.startswith("N.") for case in score.false), hours


def _failures(score: Score) -> Iterator[str]:
    lines = [
        (label.subject, label.started, f"missed, from {_at(label.started)} to {_at(label.ended)} s")
        for label in score.missed
    ]
    lines += [
        (case.subject, case.started, f"false (object {case.part}), from {_at(case.started)} s") for case in score.false
    ]
    for subject, _, what in sorted(lines):
        yield f"- `{subject}`: {what}\n"


def _at(ts: float) -> str:
    return f"{ts - ORIGIN:.1f}"


def main() -> None:
    """The command."""
    command(__doc__, PAGE, [FOLDER], lambda: page(measure()))


if __name__ == "__main__":
    main()
