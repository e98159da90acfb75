"""web_following: a console that runs goes by its configuration: the section `web` read again, the rest as it comes into
force.

A section with faults is refused, whole: what was before goes on. What a server can only be given when it starts
(`AT_START` in gridwatch/web_section.py) is named in the log, and stays as it was.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridwatch.web_section import at_next_start, load_usable
from gridwatch.web_settings import beside_of, settings_of
from pipeline.faults import Fault, Faulty

if TYPE_CHECKING:
    from fastapi import FastAPI

    from console.city import City
    from console.settings import WebSection
    from pipeline.runtime.config import Configuration


class WebFollowing:
    """`ask` from anywhere, signals too; `look` from one thread. log: a structlog logger."""

    def __init__(
        self,
        app: FastAPI,
        file: Path,
        section: WebSection,
        configuration: Callable[[], Configuration],
        log: Any,
        environment: Mapping[str, str],
        trust: Callable[[WebSection], None],
    ) -> None:
        """section: with which the app began. configuration: what is in force of the rest. trust: takes over whom a
        section believes about whose request they bring."""
        self.began = section
        self._app, self._file, self._log, self._environment, self._trust = app, file, log, environment, trust
        self._section, self._configuration, self._followed = section, configuration, configuration()
        self._asked = threading.Event()

    def ask(self) -> None:
        """Let the section be read again soon."""
        self._asked.set()

    def look(self) -> None:
        """Read the section where that was asked; go by it, and by the configuration in force. Raises StoreTrouble,
        StoreBroken: then it is tried again at the next look."""
        configuration, asked = self._configuration(), self._asked.is_set()
        if not asked and configuration is self._followed:
            return
        self._asked.clear()
        try:
            self._settle(self._read() if asked else self._section, configuration)
        except (Faulty, OSError) as error:
            for fault in error.faults if isinstance(error, Faulty) else [error]:
                self._log.error(str(fault))
            self._log.error("the console stays as it was", file=str(self._file))
            self._followed = configuration
        except Exception:
            if asked:
                self._asked.set()
            raise

    def _read(self) -> WebSection:
        section = load_usable(self._file, self._environment)
        for key in at_next_start(self.began, section):
            self._log.warning(f"'{key}' is different; it counts from the next start on")
        return self._section if section is None else section

    def _settle(self, section: WebSection, configuration: Configuration) -> None:
        """Raises Faulty, StoreTrouble, StoreBroken."""
        from console.app import settle

        city: City = self._app.state.city
        other = configuration is not self._followed
        beside = beside_of(self._file, configuration, city.engine, city.beside) if other else None
        try:
            settle(self._app, settings_of(self._file, section, configuration), beside)
        except ValueError as error:
            raise Faulty([Fault(str(self._file), 0, "web", str(error))]) from None
        self._trust(section)
        before, self._section, self._followed = self._section, section, configuration
        changed = [name for name in type(section).model_fields if getattr(section, name) != getattr(before, name)]
        if changed:
            self._log.info("the console goes by what was read again", changed=", ".join(changed))
