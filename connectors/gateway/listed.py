"""listed: who may come in, from a file that is read again when it changes, or from a variable of the environment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Generic, TypeVar

Found = TypeVar("Found")


class Listed(ABC, Generic[Found]):
    """The list that a section names. Raises OSError, ValueError; the message says where, never a value."""

    def __init__(self, key: str, file: Path | None, variable: str | None, environment: Mapping[str, str]) -> None:
        """key: the section's, for the file's name."""
        self._key, self._file = key, file
        self._seen: tuple[int, int] | None = None
        if file is not None:
            self.changed()
        elif variable is not None:
            if variable not in environment:
                raise ValueError(f"{key}_env: the environment variable '{variable}' is not set; set it")
            self.take(self.read(environment[variable].encode(), variable))

    @abstractmethod
    def read(self, data: bytes, where: str) -> Found:
        """What a file's bytes, or a variable's, say. where: which it is."""

    @abstractmethod
    def take(self, found: Found) -> None:
        """That is the list from now on."""

    @abstractmethod
    def allows(self, who: str) -> bool:
        """Whether one who is in may stay."""

    @abstractmethod
    def __len__(self) -> int:
        """How many are listed."""

    def changed(self) -> bool:
        """Read the file where it is another than last time; True: it is, and the list is what it says. Where it can't
        be read, or has a fault, the list stays as it was, and it is tried again when the file changes again."""
        if self._file is None:
            return False
        try:
            found = self._file.stat()
        except FileNotFoundError:
            if self._seen == (0, 0):
                return False
            self._seen = (0, 0)
            raise FileNotFoundError(f"{self._key}: there is no file {self._file}") from None
        if self._seen == (found.st_mtime_ns, found.st_size):
            return False
        self._seen = (found.st_mtime_ns, found.st_size)
        self.take(self.read(self._file.read_bytes(), self._file.name))
        return True
