"""logs: what happens, one line each: JSON where a machine reads, plain columns where a person does.

A line says what happened, to what, and what to do; never the value of a secret: whoever logs gives names (of sources,
files, variables of the environment), not settings. A line that can't be written (a full disk) is counted and lost:
judging must not stop for it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, ClassVar, TextIO, cast

import structlog


class Lines:
    """A text stream whose failures are counted, not raised. A line goes out whole: others write there, too."""

    everywhere: ClassVar[int] = 0
    """How many the whole process has lost."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.lost = 0
        self._begun = ""

    def write(self, text: str) -> int:
        """Write, or count it as lost. What has no end of line yet waits for it."""
        whole, self._begun = self._begun + text, ""
        if not whole.endswith("\n"):
            self._begun = whole
            return len(text)
        try:
            self.stream.write(whole)
        except (OSError, ValueError):
            self._lose()
            return 0
        return len(text)

    def flush(self) -> None:
        """Flush, or count it as lost."""
        try:
            self.stream.flush()
        except (OSError, ValueError):
            self._lose()

    def _lose(self) -> None:
        self.lost += 1
        Lines.everywhere += 1


def logger(to: Path | TextIO | None = None, readable: bool | None = None) -> Any:
    """A structlog logger. to: a file to append to, or a stream; none: stderr. readable: None where it is a terminal."""
    stream: TextIO
    if isinstance(to, Path):
        stream = to.open("a", encoding="utf-8")  # closed with the process: whoever still runs may still say something
    else:
        stream = to or sys.stderr
    if readable is None:
        readable = stream.isatty()
    stamp: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if readable else "iso", utc=not readable),
    ]
    if readable:
        stamp.append(structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=0, sort_keys=False))
    else:
        stamp += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    return structlog.wrap_logger(
        structlog.PrintLogger(cast(TextIO, Lines(stream))),
        processors=stamp,
        wrapper_class=structlog.make_filtering_bound_logger("info"),
    )


class Trouble:
    """Something that fails now and then and is tried again: said when it begins, changes and ends, not each time.

    An error with a `trouble` is the same trouble as any other with that text, whatever it says.
    """

    def __init__(self, log: Any, what: str) -> None:
        self._log, self.what = log, what
        self.last = ""

    def failed(self, error: Exception) -> None:
        """It failed (again)."""
        # How much room there is, or how often it was tried, makes no other trouble of it.
        same = getattr(error, "trouble", "") or re.sub(r"\d[\d.,]*( [kMG]?B\b| bytes?\b)?", "#", str(error))
        if same != self.last:
            self.last = same
            self._log.error(f"{self.what}: {error}", trying_again=True)

    def worked(self) -> None:
        """It worked."""
        if self.last:
            self.last = ""
            self._log.info(f"{self.what}: it works again")
