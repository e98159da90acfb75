"""registers_beside: what a running city says of its registers to the console, and how a change comes into force: as by
SIGHUP, the configuration is read again, and with it the registers that the store keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cases.registers.importing import World
    from pipeline.runtime.at_work import CityAtWork


class RegistersBeside:
    """As `console.registers_shelf.RunningRegisters`."""

    def __init__(self, city: CityAtWork) -> None:
        self._city = city

    def world(self) -> World:
        """The section in force, and what its files' names are relative to."""
        from cases.registers.importing import World

        return World(self._city.city.configuration.registers, self._city.file.resolve().parent)

    def calendar(self) -> Mapping[date, str]:
        """As it is in force."""
        return self._city.city.registers.calendar

    def reload(self) -> None:
        """Soon: whatever was written before it was asked for is read."""
        self._city.ask_reload()
