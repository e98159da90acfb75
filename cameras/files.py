"""files: the files that settings name, taken from where the configuration lies, as those of its registers are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

Settings = TypeVar("Settings", bound=BaseModel)


def resolved(settings: Settings, base: Path) -> Settings:
    """The same settings; each `Path` in them, however deep, is one from `base` on where it is relative."""
    fields = type(settings).model_fields
    return settings.model_copy(update={name: _resolved(getattr(settings, name), base) for name in fields})


def _resolved(value: Any, base: Path) -> Any:
    if isinstance(value, Path):
        return base / value.expanduser()
    if isinstance(value, BaseModel):
        return resolved(value, base)
    if type(value) in (tuple, list):
        return type(value)(_resolved(each, base) for each in value)
    if isinstance(value, Mapping):
        return {key: _resolved(each, base) for key, each in value.items()}
    return value
