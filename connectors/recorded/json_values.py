"""json_values: the JSON values of a file, one by one: JSON lines, and files that are one list.

Reads lines (jsonlines.org), a list of any length (what most HTTP interfaces answer; several one after another too), and
objects that were printed over several lines. A value is yielded as the bytes that it is: whether it is JSON is found
out by whoever decodes it, so that one bad value costs itself alone. A list is cut at its brackets, a block at a time,
and never held as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from connectors.recorded.files import LONGEST, Line, RecordedFile
from pipeline.faults import Fault

_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+([\[\]{}])', re.DOTALL)
"""Up to the next bracket that is not in a text."""
_BETWEEN = b" \t\r\n,"


def json_values(file: RecordedFile, lists: bool = False, raw: bool = False) -> Iterator[Line | Fault]:
    """The values of a file. lists: a list is a value, not many of them. raw: what is not UTF-8 are the bytes that
    they are."""
    head = file.head().removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"[") and (not lists or head[1:].lstrip().startswith(b"[")):
        return _cut(file, 1)
    if head.split(b"\n", 1)[0].strip() == b"{":
        return _cut(file, 0)
    return file.lines(raw)


def _cut(file: RecordedFile, depth: int) -> Iterator[Line | Fault]:
    """The values that are inside `depth` brackets."""
    buffer = b""  # what is not done with
    opened = at = begin = end = 0  # scanned up to `at`; where a value begins; where the one before it ended
    line, counted = 1, 0  # the line that `counted` is in

    def lines(to: int) -> int:
        nonlocal line, counted
        line, counted = line + buffer.count(b"\n", counted, to), to
        return line

    for block in file.utf8():
        buffer += block
        while found := _BRACKET.match(buffer, at):
            at = found.end()
            opens = found[1] in b"[{"
            opened = max(opened + (1 if opens else -1), 0)
            if opens and opened == depth + 1:
                begin = at - 1
            if opened <= depth or begin == at - 1:
                if not opens and opened == depth:
                    yield Line(lines(begin), buffer[begin:at])
                elif between := buffer[end : at - 1].strip(_BETWEEN):
                    got = repr(between[:40].decode("utf-8", "replace"))
                    yield file.fault(lines(at - 1), f"expected JSON objects and commas, got {got}")
                end = at
        used = begin if opened > depth else end
        lines(used)
        buffer, at, begin, end, counted = buffer[used:], at - used, 0, 0, 0
        if len(buffer) > LONGEST:
            yield file.fault(line, f"expected a JSON value of at most {LONGEST >> 20} MB; what follows is not read")
            return
    if file.damage or opened or buffer.strip(_BETWEEN):
        yield file.fault(line, file.damage or "expected more: a bracket or a text is never closed")
