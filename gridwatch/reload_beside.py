"""reload_beside: the configuration read again from the console: looked at first, as `gridwatch check` does, with every
fault told, and what would have to wait for the next start; then asked for, as SIGHUP does."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

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
        from gridwatch.camera_section import load_both
        from gridwatch.web_section import at_next_start, load_usable

        faults: list[Fault] = []
        restart: list[str] = []
        warnings: Sequence[Fault] = ()
        with self._lock:
            try:
                _, city = load_both(self._file)
                warnings = () if city is None else city.warnings
            except Faulty as faulty:
                faults += faulty.faults
            except OSError as error:
                faults.append(Fault(str(self._file), 0, "", f"can't be read: {error.strerror}"))
            try:
                web, began = load_usable(self._file, self._environment), self._began()
                restart = [] if began is None else at_next_start(began, web)
            except (Faulty, OSError) as error:
                faults += error.faults if isinstance(error, Faulty) else []
        return ReloadOut(taken=not faults, faults=_out(sorted(set(faults))), warnings=_out(warnings), restart=restart)

    def reload(self) -> ReloadOut:
        """Asks only where there is no fault."""
        found = self.check()
        if found.taken:
            self._ask()
        return found


def _out(faults: Sequence[Fault]) -> list[FaultOut]:
    from console.admin_reload import FaultOut

    return [FaultOut(file=Path(each.file).name, line=each.line, key=each.path, problem=each.message) for each in faults]
