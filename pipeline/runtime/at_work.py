"""at_work: a city that is at work, as whatever runs beside it knows it: the console, dispatch, notifications, reports.

`runtime: embedded` judges in the same process; `runtime: cluster` in others, and this one reads what they file and says
what people do. What is asked of either is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from cases.store import Store
from pipeline.latest import Latest
from pipeline.runtime.compose import City
from pipeline.runtime.metrics import Server
from pipeline.runtime.office import CityOffice
from pipeline.runtime.terminal_clocks import TerminalClocks


class CityAtWork(Protocol):
    """One that has been started. From any thread."""

    file: Path
    different: Mapping[str, Any] | None
    """What is otherwise than in the file."""
    server: Server | None
    """Where the metrics are; None: nowhere."""
    terminal_clocks: TerminalClocks
    """Which terminals' clocks are wrong."""
    office: CityOffice | None
    """Where steps and reports are said; None: it was stopped before it had begun."""

    @property
    def city(self) -> City:
        """The configuration that is in force."""
        ...

    @property
    def cases(self) -> Store:
        """What was found. To be read; its engine also writes what is not the desk's."""
        ...

    @property
    def latest(self) -> Latest | None:
        """Where everything was last; None: nobody wanted to know."""
        ...

    @property
    def rows(self) -> int:
        """How many rows have come so far."""
        ...

    @property
    def lag(self) -> int:
        """How much is committed and not yet judged."""
        ...

    def ask_reload(self) -> None:
        """Let the configuration be read again soon."""
        ...
