"""rules_written: the parameters of a rule, written into the file of a configuration, and nothing else of it touched.

Every comment and every line stays as people wrote it: only the values are replaced where they stand, and what is new
gets a line of its own below the detector's. What is written in a way that this can't be sure of is refused: the file
that comes out is read again, and must say what it said before but for these values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pipeline.faults import Faulty
from pipeline.runtime.document import parse_document

HOLD = ("for", "clear", "gap", "assume")
"""Parameters that stand in the rule itself; the detector's are under `parameters`."""
_WORDS = r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[A-Za-z_][\w-]*"
_PLAIN = re.compile(rf"-?\d+(\.\d+)? ?[A-Za-z%°/µ³²]+|{_WORDS}", re.IGNORECASE)


class NotWritable(ValueError):
    """The file is not written in a way that this can change; the message says so."""


def with_parameters(text: str, rule: str, values: Mapping[str, Any]) -> str:
    """The text of a configuration with other parameters of a rule. values: by name, as a configuration gives them;
    None: not set. Raises NotWritable."""
    by_hand = "it is written in a way that only people can change: edit the file, and reload"
    try:
        document = parse_document(text, "")
        wanted = parse_document(text, "").data
        item = next(each for each in wanted["rules"] if each["id"] == rule)
        node = _rule(YAML(typ="safe", pure=True).compose(text), rule)
        changes = _changes(node, values)
    except (Faulty, StopIteration, KeyError, TypeError):
        raise NotWritable(f"the rule '{rule}' is not in the file as it was; it has been changed meanwhile") from None
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    for name, value in values.items():
        if name in HOLD:
            item[name] = value
        else:
            item["parameters"] = {**(item.get("parameters") or {}), name: value}
    try:
        after = parse_document(text, "")
    except Faulty:
        raise NotWritable(by_hand) from None
    if document.faults or after.faults or after.data != wanted:
        raise NotWritable(by_hand)
    return text


def _rule(root: Node | None, rule: str) -> MappingNode:
    rules = None if root is None else _value(root, "rules")
    if not isinstance(rules, SequenceNode):
        raise KeyError(rule)
    for each in rules.value:
        name = _value(each, "id")
        if isinstance(name, ScalarNode) and name.value == rule:
            return each  # type: ignore[no-any-return]
    raise KeyError(rule)


def _value(node: Node, key: str) -> Node | None:
    if not isinstance(node, MappingNode):
        raise TypeError(key)
    return next((value for name, value in node.value if name.value == key), None)


def _changes(rule: MappingNode, values: Mapping[str, Any]) -> list[tuple[int, int, str]]:
    """(start, end, text) of what is to be replaced."""
    found: list[tuple[int, int, str]] = []
    own = {name: value for name, value in values.items() if name in HOLD}
    given = {name: value for name, value in values.items() if name not in HOLD}
    parameters = _value(rule, "parameters")
    if given and (not isinstance(parameters, MappingNode) or not parameters.value):
        whole = f"{{{', '.join(f'{name}: {written(value)}' for name, value in given.items())}}}"
        if parameters is not None:
            found.append((parameters.start_mark.index, parameters.end_mark.index, whole))
        else:
            found.append(_added(rule, {"parameters": whole}))
    elif given and isinstance(parameters, MappingNode):
        found += _set(parameters, given)
    return found + _set(rule, own)


def _set(node: MappingNode, values: Mapping[str, Any]) -> list[tuple[int, int, str]]:
    found, new = [], {}
    for name, value in values.items():
        there = _value(node, name)
        if there is None:
            new[name] = written(value)
        else:
            found.append((there.start_mark.index, there.end_mark.index, written(value)))
    return found + ([_added(node, new)] if new else [])


def _added(node: MappingNode, new: Mapping[str, str]) -> tuple[int, int, str]:
    """Where keys come that are not there yet, and how."""
    if node.flow_style:
        last = node.value[-1][1].end_mark.index
        return last, last, "".join(f", {name}: {text}" for name, text in new.items())
    key = next((key for key, _ in node.value if key.value == "detector"), None)
    indent = " " * node.value[0][0].start_mark.column
    lines = [f"{name}: {text}" for name, text in new.items()]
    if key is None:
        first = node.value[0][0].start_mark.index
        return first, first, "".join(f"{line}\n{indent}" for line in lines)
    buffer = key.start_mark.buffer or ""
    start = key.start_mark.index
    end = next((n for n in range(start, len(buffer)) if buffer[n] in "\r\n\0"), len(buffer))
    return end, end, "".join(f"\n{indent}{line}" for line in lines)


def written(value: Any) -> str:
    """A value as YAML on one line, wherever it stands."""
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(written, value))}]"
    return json.dumps(value)
