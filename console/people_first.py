"""people_first: the first password of a city that nobody watches start: in a file of its data folder for its owner.

At a terminal it is shown once. A service or a container has nobody who reads along, and what it prints stays in logs;
so there it is a file, which the log names. The file goes with that password: once it is changed or another is given.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from console.people import FIRST, key_of

FILE = "first-password.txt"


def keep_first(folder: Path, password: str) -> Path:
    """Write it; its file. folder: the city's data. Raises OSError."""
    file = folder / FILE
    folder.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)  # whatever it is, nobody who has it open reads this one
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w", encoding="ascii") as out:
        os.fchmod(out.fileno(), 0o600)
        out.write(f"{password}\n")
    return file


def forget_first(folder: Path | None, name: str) -> None:
    """The user of this name has another password now. folder: the city's data; None: it is not known."""
    if folder is not None and key_of(name) == FIRST:
        with suppress(OSError):  # a folder that can't be written any more: what is in the file opens nothing
            (folder / FILE).unlink(missing_ok=True)
