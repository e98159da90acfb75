"""found: cases as they were found: what a desk adds (a number, a state) no replay has."""

from __future__ import annotations

import json

OF_A_DESK = {"number", "channel", "state", "members", "responsible", "due"}


def found_only(lines: str) -> str:
    """JSON lines of `gridwatch cases list`, as `gridwatch replay` gives them."""
    objects = [json.loads(line) for line in lines.splitlines()]
    kept = [{key: value for key, value in each.items() if key not in OF_A_DESK} for each in objects]
    return "".join(json.dumps(each, ensure_ascii=False, allow_nan=False) + "\n" for each in kept)
