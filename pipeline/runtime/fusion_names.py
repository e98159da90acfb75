"""fusion_names: do the rules that `fusion:` names exist? One that is misspelt would never fuse anything, silently."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from pipeline.faults import Fault, did_you_mean
from pipeline.runtime.document import Document, KeyPath


def fusion_faults(document: Document, rules: Collection[str]) -> Iterator[Fault]:
    """Each name without '*' that is none of `rules`, in `fusion.rules`, their parts and `fusion.storms`."""
    for path in _places(document):
        names = document.at((*path, "rules"))
        for n, name in enumerate(names if isinstance(names, list) else []):
            if isinstance(name, str) and "*" not in name and name not in rules:
                hint = did_you_mean(name, rules) or f"; there are: {', '.join(rules) or 'none'}"
                yield document.fault((*path, "rules", n), f"no rule '{name}'{hint}")


def _places(document: Document) -> Iterator[KeyPath]:
    for section in ("rules", "storms"):
        for i, rule in _numbered(document.at(("fusion", section))):
            yield "fusion", section, i
            if isinstance(rule, dict):
                for k, _ in _numbered(rule.get("all")):
                    yield "fusion", section, i, "all", k


def _numbered(value: Any) -> Iterator[tuple[int, Any]]:
    return iter(enumerate(value if isinstance(value, list) else []))
