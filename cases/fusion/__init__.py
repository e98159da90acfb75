"""fusion: one happening, one case, whoever and whatever tells of it (docs/concepts/fusion.md)."""

from cases.fusion.fusion import Fusion
from cases.fusion.settings import FusionSettings
from cases.fusion.words import (
    Changed,
    Happening,
    Held,
    Live,
    Member,
    Memory,
    Outcome,
    Passed,
    Scope,
    Shelving,
    Storm,
    Suppression,
)

__all__ = [
    "Changed",
    "Fusion",
    "FusionSettings",
    "Happening",
    "Held",
    "Live",
    "Member",
    "Memory",
    "Outcome",
    "Passed",
    "Scope",
    "Shelving",
    "Storm",
    "Suppression",
]
