"""registers_kit: a city whose registers can be changed: the configuration keeps them in the store, or in files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from cases.registers.importing import World
from console.city import Beside
from pipeline.register_section import RegisterFiles
from tests.console.kit import Town

STORED = ("vehicles", "devices", "bins", "zones", "routes", "roads", "permits", "manifests", "plans", "calendar")


class Running:
    """What a running city says; counts how often it was told to take what has changed."""

    def __init__(self, folder: Path, **section: Any) -> None:
        self.section = RegisterFiles.model_validate({**dict.fromkeys(STORED, "store"), **section})
        self.folder = folder
        self.days: Mapping[date, str] = {date(2026, 10, 1): "holiday", date(2026, 10, 10): "workday"}
        self.reloads = 0

    def world(self) -> World:
        return World(self.section, self.folder)

    def calendar(self) -> Mapping[date, str]:
        return self.days

    def reload(self) -> None:
        self.reloads += 1


def registered(folder: Path, **section: Any) -> tuple[Town, Running]:
    """A city with such registers."""
    running = Running(folder, **section)
    return Town(folder, beside=Beside(registers=running)), running
