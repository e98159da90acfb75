"""explain: what pydantic found, as faults in plain English with file and line.

Reads pydantic's errors and the document that they are about. Reports one Fault each. A path in the fault is the path
in the YAML file (pydantic's own has the names of union members in it). In the sections of
`SECRET` no value is ever repeated, whoever wrote the message: what was found there is cut out of it.
"""

from __future__ import annotations

import itertools
import re
import types
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipeline.faults import Fault, did_you_mean
from pipeline.runtime.document import Document, KeyPath

SECRET = ("sources", "kafka", "publish", "evidence", "store", "web")
"""The sections whose values are never repeated."""


def faults_of(
    error: ValidationError,
    document: Document,
    model: Any,
    prefix: KeyPath = (),
    unknown: Mapping[KeyPath, str] = MappingProxyType({}),
) -> list[Fault]:
    """All that `error` says. model: what was validated; prefix: where in the document that is; unknown: what to say
    of some unknown keys, where more is known than the model does."""
    faults = []
    for detail in error.errors(include_url=False):
        path = _path(detail, document.at(prefix))
        secret = (prefix + path)[:1] in {(name,) for name in SECRET}
        message = unknown.get(path) if detail["type"] == "extra_forbidden" else None
        message = message or _message(detail, document, prefix + path, known_keys(model, path[:-1]), secret)
        for inner, part in _parts(message, known_keys(model, path)):
            faults.append(document.fault((*prefix, *path, *inner), part))
    return faults


def _parts(message: str, keys: Iterable[str]) -> Iterator[tuple[KeyPath, str]]:
    """A validator of a whole mapping may name the keys inside that it means: `fields.ts: expected …; datum: expected
    …`."""
    keys = "|".join(sorted(map(re.escape, keys), key=len, reverse=True))
    named = re.compile(rf"((?:{keys})(?:\.[^\s:;]+)*): ") if keys else None
    if named is None or not named.match(message):
        yield (), message
        return
    starts = [0, *(m.start() + 2 for m in re.finditer(rf"; (?={named.pattern})", message)), len(message) + 2]
    for start, end in itertools.pairwise(starts):
        path, _, part = message[start : end - 2].partition(": ")
        yield tuple(path.split(".")), part


def known_keys(annotation: Any, path: KeyPath) -> set[str]:
    """The keys that a mapping at `path` inside `annotation` may have; of all members of a union."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return known_keys(get_args(annotation)[0], path)
    if origin in (Union, types.UnionType):
        return set().union(*(known_keys(member, path) for member in get_args(annotation)))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {field.alias or name: field.annotation for name, field in annotation.model_fields.items()}
        if not path:
            return set(fields)
        return known_keys(fields[path[0]], path[1:]) if path[0] in fields else set()
    arguments = get_args(annotation)
    if not path or not arguments:
        return set()
    return known_keys(arguments[-1] if origin in (dict, Mapping) else arguments[0], path[1:])


def _path(detail: ErrorDetails, data: Any) -> KeyPath:
    """pydantic's location without the names of union members."""
    path: list[str | int] = []
    location = detail["loc"]
    for i, step in enumerate(location):
        if (isinstance(data, dict) and step in data) or (isinstance(data, list) and isinstance(step, int)):
            data = data[step]  # type: ignore[index]
            path.append(step)
        elif detail["type"] == "missing" and i == len(location) - 1:
            path.append(step)
    discriminator = str(detail.get("ctx", {}).get("discriminator", "")).strip("'")
    return (*path, discriminator) if discriminator else tuple(path)


def _message(detail: ErrorDetails, document: Document, path: KeyPath, known: Iterable[str], secret: bool) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        key = str(path[-1])
        hint = did_you_mean(key, known)
        return "unknown key" + (hint or f"; known here: {', '.join(sorted(known))}")
    if kind in _PLAIN:
        return _PLAIN[kind].format_map(context)
    if kind == "string_type":
        return _text(document, path, secret)
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        expected = str(context.get("expected", context.get("expected_tags", "")))
        choices = re.findall(r"'([^']*)'", expected)
        got = str(context["tag"]) if "tag" in context else "" if secret else str(detail["input"])
        return f"expected {expected}" + (did_you_mean(got, choices) if len(choices) > 1 else "")
    if kind in ("value_error", "assertion_error"):
        message = str(context["error"])
    else:
        message = detail["msg"].removeprefix("Input should be ")
        message = f"expected {message[:1].lower()}{message[1:]}"
    return _without(message, detail["input"]) if secret else message


_PLAIN: dict[str, str] = {
    "missing": "expected this key, it is missing",
    "union_tag_not_found": "expected this key, it is missing",
    "model_type": "expected a mapping (key: value)",
    "model_attributes_type": "expected a mapping (key: value)",
    "dict_type": "expected a mapping (key: value)",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "finite_number": "expected a finite number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "none_required": "expected nothing here",
    "path_type": "expected the name of a file",
    "greater_than": "expected more than {gt}",
    "greater_than_equal": "expected {ge} or more",
    "less_than": "expected less than {lt}",
    "less_than_equal": "expected {le} or less",
    "too_short": "expected at least {min_length} of them",
    "string_too_short": "expected text of at least {min_length} characters",
    "string_pattern_mismatch": "expected text of the form {pattern}",
}
"""pydantic's kinds of error -> what to say, with what pydantic knows of it filled in."""


def _text(document: Document, path: KeyPath, secret: bool) -> str:
    written = document.written.get(path)
    if written is None:
        return "expected text"
    return "expected text, got a number; put it in quotes" + ("" if secret else f": '{written}'")


def _without(message: str, value: Any) -> str:
    """The message with whatever was found there cut out of it."""
    for leaf in sorted(map(str, _leaves(value)), key=len, reverse=True):
        if len(leaf) > 2:
            message = message.replace(leaf, "…")
    return message


def _leaves(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield value
