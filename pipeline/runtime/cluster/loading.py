"""loading: versions of their payloads, for the engines of several partitions: each world is compiled once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from pipeline.journal import Contents
from pipeline.names import Names
from pipeline.runtime.allocator import give_back
from pipeline.runtime.compose import compose, read_version
from pipeline.runtime.config import Configuration
from pipeline.version import Version
from pipeline.world import World

KEPT = 3
"""Versions: the one in force, the one before, and one that comes."""


class Versions:
    """`pipeline.engine.LoadVersion` for any number of engines."""

    def __init__(self, contents: Contents, fetch: Callable[[bytes], object] = lambda _: None) -> None:
        """fetch: sees to it that the contents of a payload are there."""
        self._contents, self._fetch = contents, fetch
        self._known: OrderedDict[bytes, tuple[Configuration, World]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, payload: bytes, names: Names) -> Version:
        """Raises JournalError where a content is gone, Faulty."""
        with self._lock:
            known = self._known.get(payload)
            if known is None:
                self._fetch(payload)
                configuration, registers = read_version(payload, self._contents)
                known = self._known[payload] = configuration, World(registers)
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
                give_back()
            self._known.move_to_end(payload)
        return compose(*known, names)
