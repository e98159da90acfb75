"""registry: what a configuration can name, in plain sight: a room's dict, and what plug-ins bring.

A room shows its own things in a dict (`detectors.DETECTORS`); an installed package adds more through entry points of
the room's group (`gridwatch.detectors`), whose name is the name in the configuration. A plug-in can't take a name
that is taken. The room's dict is found by its name, as a plug-in is, so that pipeline depends on no room.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from pipeline.detector import Detector
from pipeline.faults import did_you_mean

Kind = TypeVar("Kind")
Made = TypeVar("Made")

ALL = "*"
"""In place of a name: nothing of any package can be had."""


class NotRegistered(LookupError):
    """No such name; the message says which is nearest."""


class Registry:
    """Things of one kind by name: those of the dict that `own` names ('room:DICT'), and the entry points of `group`."""

    def __init__(self, what: str, own: str, group: str) -> None:
        self.what, self.group = what, group
        self._room = EntryPoint(own, own, group)
        self._own: dict[str, Any] | None = None
        self._loaded: dict[str, Any] = {}

    @property
    def own(self) -> dict[str, Any]:
        """The room's own dict."""
        if self._own is None:
            self._own = self._room.load()
        return self._own

    def plugins(self) -> dict[str, EntryPoint]:
        """The entry points of installed packages by name. ValueError where two things have one name."""
        found: dict[str, EntryPoint] = {}
        for point in sorted(entry_points(group=self.group), key=lambda p: (p.name, p.value)):
            other = found.get(point.name)
            taken = self._room.value if point.name in self.own else other.value if other else point.value
            if taken != point.value:  # the same package can be on the path twice; that is one plug-in
                raise ValueError(f"two {self.what}s are named '{point.name}': in {taken} and {point.value}")
            found[point.name] = point
        return found

    def names(self) -> list[str]:
        """All names, sorted; plug-ins are not loaded for it."""
        return sorted({*self.own, *self.plugins()})

    def get(self, name: str) -> Any:
        """The thing of that name. NotRegistered if there is none; whatever its import raises if a plug-in is broken."""
        if name in self.own:
            return self.own[name]
        if name not in self._loaded:
            point = self.plugins().get(name)
            if point is None:
                known = self.names()
                others = (
                    f"; there are: {', '.join(known)}. Is the package that brings it installed in this environment?"
                )
                hint = did_you_mean(name, known) or others
                raise NotRegistered(f"no {self.what} '{name}'{hint}")
            self._loaded[name] = point.load()
        return self._loaded[name]

    def kind(self, name: str, base: type[Kind]) -> type[Kind]:
        """The class of that name. Raises as `get` does; TypeError where what has the name is no `base`."""
        found = self.get(name)
        if not (isinstance(found, type) and issubclass(found, base)):
            raise TypeError(f"expected a {base.__name__} under '{name}' in the group {self.group}, got {found!r}")
        return found

    def of_packages(
        self, base: type[Kind], make: Callable[[str, type[Kind]], Made | None]
    ) -> tuple[dict[str, Made], dict[str, str]]:
        """What `make` makes of each plug-in's class by name (None: left out), and by name why others can't be had.

        For what a configuration must know before it is read: a package that can't be loaded takes nothing else with it.
        """
        found: dict[str, Made] = {}
        broken: dict[str, str] = {}
        try:
            names = list(self.plugins())
        except ValueError as error:  # two have one name: nobody can say which is meant, nor of what else
            return {}, {ALL: str(error)}
        for name in names:
            try:
                made = make(name, self.kind(name, base))
            except Exception as error:  # noqa: BLE001  a package that can't be loaded must not stop a city without it
                broken[name] = f"{type(error).__name__}: {error}"
            else:
                if made is not None:
                    found[name] = made
        return found, broken


DETECTORS = Registry("detector", "detectors:DETECTORS", "gridwatch.detectors")


def detectors() -> list[str]:
    """The names of all detectors, ours and those of installed packages, sorted."""
    return DETECTORS.names()


def detector(name: str) -> type[Detector]:
    """The detector of that name. NotRegistered: no detector 'overspede'; did you mean 'overspeed'?

    TypeError where a plug-in's entry point is no detector.
    """
    return DETECTORS.kind(name, Detector)
