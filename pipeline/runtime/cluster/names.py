"""names: what a city's topics are called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topics:
    """Of one city. prefix: `kafka.prefix`."""

    prefix: str

    @property
    def entries(self) -> str:
        """The journal: partitions of entries."""
        return f"{self.prefix}.entries"

    @property
    def known(self) -> str:
        """What judging found, one partition."""
        return f"{self.prefix}.known"

    @property
    def contents(self) -> str:
        """Configurations and worlds, compacted."""
        return f"{self.prefix}.contents"

    @property
    def deadletters(self) -> str:
        """What was set aside."""
        return f"{self.prefix}.deadletters"

    @property
    def changelog(self) -> str:
        """The engines' snapshots: as Faust calls the changelog of the table `engine` of the app `<prefix>`."""
        return f"{self.prefix}-engine-changelog"
