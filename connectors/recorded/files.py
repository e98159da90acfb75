"""files: a recorded file as bytes or lines, whatever it was packed and written in.

Reads plain and gzip files (told apart by their content, not by their name), in blocks, so that a file of any length
holds a block in memory. What is damaged ends the reading where it is and is told once, with the line that was reached:
what came before it is good. Text is UTF-8, with or without a byte order mark; UTF-16 where its mark says so (what
PowerShell's `>` writes); GB 18030, which has GBK and GB 2312 in it, where it is none of these.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.faults import Fault

BLOCK = 1 << 20
LONGEST = 16 << 20
"""A record of more bytes is a fault: whatever wrote it, it is no report of a device."""
_MAGIC = b"\x1f\x8b"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Line(NamedTuple):
    """One line or value of a file: where it begins, counted from 1, and its bytes without the end of the line."""

    number: int
    text: bytes


class RecordedFile:
    """One file of a recording; it may be read any number of times."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)
        with path.open("rb") as file:
            self.packed = file.read(2) == _MAGIC
        self.suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
        self.damage = ""
        """What ended the last reading early; '' for nothing."""
        self._encoding = ""

    def blocks(self) -> Iterator[bytes]:
        """The file's bytes, unpacked. Ends early, with `damage` set, where it is damaged."""
        self.damage = ""
        if not self.packed:
            with self.path.open("rb") as file:
                while block := file.read(BLOCK):
                    yield block
            return
        with gzip.open(self.path) as file:
            try:
                while block := file.read1(BLOCK):
                    yield block
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                cut = "it is cut off" if isinstance(error, EOFError) else f"it is damaged ({error})"
                self.damage = f"expected a whole gzip file, {cut}; what follows is not read"

    def head(self, size: int = 65_536) -> bytes:
        """Its first bytes, as UTF-8 where it can be known."""
        found = b""
        for block in self.blocks():
            found += block
            if len(found) >= size:
                break
        found = found[:size]
        mark = next((name for mark, name in _MARKS if found.startswith(mark)), None)
        return found if mark is None else found[: size & ~1].decode(mark, "ignore").encode()

    @property
    def encoding(self) -> str:
        """What its text is written in; the whole file is looked at, once."""
        if not self._encoding:
            self._encoding = self._find_encoding()
        return self._encoding

    def _find_encoding(self) -> str:
        decoder = codecs.getincrementaldecoder("utf-8")()
        for number, block in enumerate(self.blocks()):
            if number == 0:
                for mark, name in _MARKS:
                    if block.startswith(mark):
                        return name
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return "gb18030"
        return "utf-8"

    def utf8(self) -> Iterator[bytes]:
        """The file's text as UTF-8, without a byte order mark."""
        if self.encoding == "utf-8":
            yield from self.blocks()
            return
        decoder = codecs.getincrementaldecoder(self.encoding)(errors="replace")
        for block in self.blocks():
            yield decoder.decode(block).encode()
        yield decoder.decode(b"", final=True).encode()

    def lines(self, raw: bool = False) -> Iterator[Line | Fault]:
        """Its lines that are not blank, and what ended the reading early. raw: as they are, if not UTF-16, so that a
        payload in them stays what it was."""
        number, rest, broken = 1, b"", False
        for block in self._unmarked() if raw and self.encoding != "utf-16" else self.utf8():
            *whole, rest = (rest + block).split(b"\n")
            for text in whole:
                if broken:
                    broken = False
                elif not text.isspace() and text:
                    yield Line(number, text.removesuffix(b"\r"))
                number += 1
            if broken or len(rest) > LONGEST:
                if not broken:
                    yield self.fault(number, f"expected a line of at most {LONGEST >> 20} MB")
                rest, broken = b"", True
        if rest.strip() and not broken:
            # The last line of a file that was cut off is half a line.
            yield self.fault(number, self.damage) if self.damage else Line(number, rest.removesuffix(b"\r"))
        elif self.damage:
            yield self.fault(number, self.damage)

    def _unmarked(self) -> Iterator[bytes]:
        for number, block in enumerate(self.blocks()):
            yield block.removeprefix(codecs.BOM_UTF8) if number == 0 else block

    def text(self) -> io.TextIOWrapper:
        """Its text as a stream with line ends as they are, for the csv module."""
        return io.TextIOWrapper(io.BufferedReader(_Stream(self._whole_lines())), "utf-8", "replace", newline="")

    def _whole_lines(self) -> Iterator[bytes]:
        """Its text as UTF-8, without the half line that a file has at its end which was cut off."""
        rest = b""
        for block in self.utf8():
            text = rest + block
            end = text.rfind(b"\n") + 1 if len(text) <= LONGEST else len(text)
            yield text[:end]
            rest = text[end:]
        if not self.damage:
            yield rest

    def fault(self, line: int, message: str, path: str = "") -> Fault:
        return Fault(self.name, line, path, message)


class _Stream(io.RawIOBase):
    """Blocks as a stream."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            try:
                self._rest = memoryview(next(self._blocks))
            except StopIteration:
                return 0
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
