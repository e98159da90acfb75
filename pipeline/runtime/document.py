"""document: a YAML file as plain data, with the line that each key stands in.

Reads one YAML 1.2 document (ruamel.yaml's composer, so that nothing is constructed but text, numbers, true, false,
null, lists and mappings). Reports what YAML itself would let pass or would report one at a time: keys that are there
twice, keys that are not text, tags, anchors that contain themselves. Values never get into a message, because any of
them may be a secret.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pipeline.faults import Fault, Faulty

KeyPath = tuple[str | int, ...]
"""Where in a document: keys of mappings and places in lists, from the top."""

_TAG = "tag:yaml.org,2002:"
_QUOTED = re.compile(r"(?<=\s)'[^\s']*\w[^\s']*'")
"""What a YAML parser's message quotes out of the file, but for single signs."""


def dotted(path: Iterable[str | int]) -> str:
    """A path as people write it: `rules.2.for`."""
    return ".".join(str(step) for step in path)


@dataclass(slots=True)
class Document:
    """A YAML file, read."""

    file: str
    """The file's name as it was given, for faults."""
    data: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    """The line of each key and of each list item, counted from 1."""
    written: dict[KeyPath, str] = field(default_factory=dict)
    """Numbers as they were written ('06042'), which their value no longer shows."""
    faults: list[Fault] = field(default_factory=list)

    def line(self, path: KeyPath) -> int:
        """The line of what is at `path`, or of the nearest thing around it that is there; 0 for the whole file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def fault(self, path: KeyPath, message: str) -> Fault:
        """A fault at `path`."""
        return Fault(self.file, self.line(path), dotted(path), message)

    def at(self, path: KeyPath) -> Any:
        """What is at `path`; None where nothing is."""
        value = self.data
        for step in path:
            there = step in value if isinstance(value, dict) else isinstance(value, list) and step in range(len(value))
            if not there:
                return None
            value = value[step]
        return value


def read_document(file: Path) -> Document:
    """The document in `file`. What it says twice or can't say is in its `faults`.

    Raises Faulty where there is nothing to go on with: no file, not UTF-8, not YAML.
    """
    name = str(file)
    try:
        text = file.read_text("utf-8-sig")
    except FileNotFoundError:
        raise Faulty([Fault(name, 0, "", "no such file; `gridwatch init CITY` writes one to start from")]) from None
    except IsADirectoryError:
        raise Faulty([Fault(name, 0, "", "expected a file, got a folder; name the city.yaml in it")]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Faulty([Fault(name, line, "", "expected text in UTF-8; save the file as UTF-8")]) from None
    except OSError as error:
        raise Faulty([Fault(name, 0, "", f"can't be read: {error.strerror}")]) from None
    return parse_document(text, name)


def parse_document(text: str, name: str) -> Document:
    """The same, from text."""
    document = Document(name)
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 0
        raise Faulty([Fault(name, line, "", _syntax(error))]) from None
    except YAMLError as error:
        position = getattr(error, "position", 0)
        line = text[:position].count("\n") + 1
        raise Faulty([Fault(name, line, "", "expected text; there is a control character in it")]) from None
    if node is None:
        document.data = {}
    else:
        document.data = _walk(document, node, (), ())
    return document


def _syntax(error: MarkedYAMLError) -> str:
    problem = str(error.problem or "not YAML")
    if "undefined alias" in problem:
        return "expected YAML; '*name' means an anchor '&name', and there is none (quote text that begins with *)"
    if "\\t" in problem:
        return "expected YAML; indent with spaces, not with tabs"
    if "mapping values are not allowed" in problem:
        return "expected YAML; a text with ': ' in it needs quotes, or the line is indented too far"
    if "another document" in problem:
        return "expected one YAML document, got a second one after '---'"
    if "unexpected end of stream" in problem:
        return "expected YAML; a quote or bracket that opens before here is never closed"
    problem = _QUOTED.sub("a word", problem)
    return f"expected YAML; {problem}" + (f" {error.context}" if error.context else "")


def _walk(document: Document, node: Node, path: KeyPath, around: tuple[int, ...]) -> Any:
    """The node's plain value. around: the ids of the nodes that it is in."""
    document.lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in around:
        document.faults.append(document.fault(path, "expected a value, got an alias of something that contains it"))
        return None
    around = (*around, id(node))
    if isinstance(node, MappingNode):
        return _mapping(document, node, path, around)
    if isinstance(node, SequenceNode):
        return [_walk(document, item, (*path, i), around) for i, item in enumerate(node.value)]
    if isinstance(node, ScalarNode):
        return _scalar(document, node, path)
    raise TypeError(f"expected a mapping, a sequence or a scalar, got {type(node).__name__}")


def _mapping(document: Document, node: MappingNode, path: KeyPath, around: tuple[int, ...]) -> dict[str, Any]:
    own: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if key_node.tag == _TAG + "merge":
            value = _walk(document, value_node, path, around)
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, dict):
                    merged = {**part, **merged}
                else:
                    document.faults.append(document.fault(path, "expected an alias of a mapping after '<<:'"))
            continue
        if not isinstance(key_node, ScalarNode):
            document.faults.append(Fault(document.file, line, dotted(path), "expected text as a key"))
            continue
        key = str(key_node.value)
        here = (*path, key)
        if key in own:
            first = document.lines[here]
            document.faults.append(Fault(document.file, line, dotted(here), f"the same key is in line {first} already"))
            continue
        document.lines[here] = line
        own[key] = _walk(document, value_node, here, around)
    return {**merged, **own}


def _scalar(document: Document, node: ScalarNode, path: KeyPath) -> Any:
    text, tag = str(node.value), str(node.tag)
    kind = tag.removeprefix(_TAG)
    if kind == tag and tag != "!":
        document.faults.append(
            document.fault(path, "expected a plain value, got a YAML tag (a word that begins with '!')")
        )
        return None
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind in ("int", "float"):
        document.written[path] = text
        number = _number(text, kind)
        if number is None:
            document.faults.append(document.fault(path, "expected a finite number"))
        return number
    return text


def _number(text: str, kind: str) -> int | float | None:
    plain = text.replace("_", "")
    if kind == "int":
        sign, digits = (-1, plain[1:]) if plain.startswith("-") else (1, plain.lstrip("+"))
        base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2], 10)
        return sign * int(digits[2:] if base != 10 else digits, base)
    value = math.inf if plain[-4:].lower() in (".inf", ".nan") else float(plain)
    return value if math.isfinite(value) else None
