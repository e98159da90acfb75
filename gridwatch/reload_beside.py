"""reload_beside: the configuration read again from the console: looked at first, as `gridwatch check` does, with every
fault told, and what would have to wait for the next start; then asked for, as SIGHUP does."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gridwatch.problems import Problem
from pipeline.faults import Fault, Faulty

if TYPE_CHECKING:
    from console.admin_reload import FaultOut, ReloadOut
    from console.settings import WebSection


class ReloadBeside:
    """`console.admin_reload.Reloading` of a running city. Any thread; one look at a time, which takes seconds."""

    def __init__(
        self,
        file: Path,
        ask: Callable[[], None],
        began: Callable[[], WebSection | None] = lambda: None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """ask: lets all that runs read the file again soon. began: the section `web` with which the console began;
        None: it is not known."""
        self._file, self._ask, self._began, self._environment = file, ask, began, environment
        self._lock = threading.Lock()

    def check(self) -> ReloadOut:
        """What is wrong with the files now."""
        from console.admin_reload import ReloadOut
        from gridwatch.web_section import at_next_start, load_usable
        from pipeline.runtime.compose import load_city

        faults: list[Fault] = []
        restart: list[str] = []
        warnings: Sequence[Fault] = ()
        with self._lock:
            try:
                warnings = load_city(self._file).warnings
            except Faulty as faulty:
                faults += faulty.faults
            except OSError as error:
                faults.append(Fault(str(self._file), 0, "", f"can't be read: {error.strerror}"))
            wrong = beside_faults(self._file, self._environment)
            began = self._began()
            if began is not None and not wrong:
                restart = at_next_start(began, load_usable(self._file, self._environment))
            faults += wrong
        return ReloadOut(taken=not faults, faults=_out(sorted(set(faults))), warnings=_out(warnings), restart=restart)

    def reload(self) -> ReloadOut:
        """Asks only where there is no fault."""
        found = self.check()
        if found.taken:
            self._ask()
        return found


def beside_faults(file: Path, environment: Mapping[str, str] = os.environ) -> list[Fault]:
    """What is wrong with what in a city's file is read by others than the city: its cameras, its console."""
    from gridwatch.camera_section import read_cameras
    from gridwatch.web_section import load_usable

    faults: list[Fault] = []
    for look in (lambda: read_cameras(file), lambda: load_usable(file, environment)):
        try:
            look()
        except Faulty as faulty:
            faults += faulty.faults
        except (Problem, OSError):  # what is not installed is told by who needs it; the city tells of a file not there
            continue
    return faults


def _out(faults: Sequence[Fault]) -> list[FaultOut]:
    from console.admin_reload import FaultOut

    return [FaultOut(file=Path(each.file).name, line=each.line, key=each.path, problem=each.message) for each in faults]
