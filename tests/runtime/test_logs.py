"""Lines of the log: for machines and for people, once for each trouble, and never a reason to stop."""

from __future__ import annotations

import errno
import io
import json

import pytest

from cases.database import StoreBusy, StoreDown
from pipeline.runtime.logs import Lines, Trouble, logger
from tests.runtime.kit import Lines as ListOfLines


def test_json_where_a_machine_reads() -> None:
    out = io.StringIO()
    logger(out).warning("the disk\nis full", source="fleet")
    assert out.getvalue().count("\n") == 1
    line = json.loads(out.getvalue())
    assert (line["event"], line["level"], line["source"]) == ("the disk\nis full", "warning", "fleet")
    assert line["timestamp"].endswith("Z")


def test_plain_where_a_person_reads() -> None:
    out = io.StringIO()
    logger(out, readable=True).error("no room", source="fleet")
    assert "no room" in out.getvalue()
    assert not out.getvalue().startswith("{")


@pytest.mark.parametrize("readable", [True, False])
def test_an_error_keeps_its_traceback(readable: bool) -> None:
    out = io.StringIO()
    try:
        raise ZeroDivisionError("a defect")
    except ZeroDivisionError:
        logger(out, readable=readable).exception("ended")
    assert "ZeroDivisionError" in out.getvalue()


class FullDisk(io.StringIO):
    """A stream that has no room."""

    def write(self, text: str, /) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_loses_lines_and_stops_nothing() -> None:
    lines = Lines(FullDisk())
    lines.write("one\n")
    lines.flush()
    lines.write("two\n")
    assert lines.lost == 2
    logger(FullDisk()).error("no room")


def test_a_trouble_is_said_when_it_begins_changes_and_ends() -> None:
    log = ListOfLines()
    trouble = Trouble(log, "saving")
    for error in ("full (8 kB are free)", "full (0 bytes are free)", "broken"):
        trouble.failed(OSError(error))
    trouble.worked()
    trouble.worked()
    assert log.lines == [
        ("error", "saving: full (8 kB are free)"),
        ("error", "saving: broken"),
        ("info", "saving: it works again"),
    ]


def test_a_database_that_ends_is_away_and_starts_is_one_trouble() -> None:
    log = ListOfLines()
    trouble = Trouble(log, "saving")
    for error in (StoreDown("connection refused"), StoreDown("it is starting up"), StoreBusy("in use")):
        trouble.failed(error)
    assert log.lines == [("error", "saving: connection refused"), ("error", "saving: in use")]


def test_a_line_goes_out_whole() -> None:
    out = io.StringIO()
    lines = Lines(out)
    lines.write("half of")
    assert out.getvalue() == ""
    lines.write(" a line\n")
    assert out.getvalue() == "half of a line\n"
