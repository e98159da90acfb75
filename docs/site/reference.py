"""reference: the pages of docs/reference, written from the code.

    python -m docs.site.reference       writes them anew; tests/test_docs_reference.py says when that is due

`keys.md` is every key of the configuration with what it may be, from the models that read the file; `rows.md` the kinds
of row with their columns, the units, and what each codec's format says by itself.
"""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.codecs import CODECS
from connectors.codecs.json_mapping import TIMES
from connectors.codecs.unpacked import UnpackedStream
from docs.site.sources import DOCS
from pipeline.rows import KINDS, Rows
from pipeline.runtime.schema import json_schema
from pipeline.units import UNITS

WRITTEN = "*Written from the code by `python -m docs.site.reference`.*"
_PARAMETERS = "parameters of "


def keys() -> str:
    """The page of keys."""
    schema = json_schema()
    words = {f"#/$defs/{name}": model for name, model in schema["$defs"].items() if "enum" in model}
    schema = _with_words(schema, words)
    models = {n: m for n, m in schema["$defs"].items() if not n.startswith(_PARAMETERS) and "properties" in m}
    lines = ["# All keys", "", WRITTEN, ""]
    lines += ["What each key may be, and what it is if it is left out. What they mean for a city, with examples:"]
    lines += ["[configuration](../configuration.md); the same for editors: `gridwatch schema`.", ""]
    lines += ["## The file", "", *_table(schema)]
    for name, model in sorted(models.items()):
        about = " ".join(model.get("description", "").split("\n\n")[0].split())
        lines += ["", f"## {_title(name)}", "", *([_prose(about), ""] if about else []), *_table(model)]
    return "\n".join(lines) + "\n"


def rows() -> str:
    """The page of rows, units and codecs."""
    lines = ["# Rows, units, codecs", "", WRITTEN, "", "## Kinds of row", ""]
    lines += [
        "Every row has `subject` (whose it is), `ts` and `received` (UTC seconds: when it happened, when it came)."
    ]
    for name, kind in KINDS.items():
        lines += [
            "",
            f"### {name}",
            "",
            _prose(" ".join((kind.__doc__ or "").split())),
            "",
            "| column | |",
            "|---|---|",
        ]
        lines += [f"| `{column}` | {_prose(about)} |" for column, about in _columns(kind)]
    lines += ["", "## Units", "", "| quantity | written |", "|---|---|"]
    for quantity in dict.fromkeys(quantity for quantity, _ in UNITS.values()):
        lines.append(f"| {quantity} | {_codes(unit for unit, (q, _) in UNITS.items() if q == quantity)} |")
    lines += [f"| the time of a row | {_codes(TIMES)} |", "", "## Codecs", ""]
    lines += [
        "What the formats of mapped [codecs](../connectors/codecs.md) say themselves, and a stream need not:",
        "",
    ]
    lines += ["| codec | `rows` | `subject` | `datum` | `fields` |", "|---|---|---|---|---|"]
    for name, codec in CODECS.items():
        if issubclass(codec.settings, UnpackedStream):
            own = codec.settings.kind
            fields = "<br>".join(f"`{column}: {_flow(field)}`" for column, field in own.fields.items())
            lines.append(f"| `{name}` | {own.rows} | `{own.subject}` | {own.datum or ''} | {fields} |")
    return "\n".join(lines) + "\n"


def _with_words(schema: Any, words: Mapping[str, Any]) -> Any:
    """A schema in which a reference to a list of words is that list."""
    if isinstance(schema, dict):
        found = words.get(schema.get("$ref", ""))
        return {**schema, **found, "$ref": ""} if found else {k: _with_words(v, words) for k, v in schema.items()}
    return [_with_words(each, words) for each in schema] if isinstance(schema, list) else schema


def _table(model: Mapping[str, Any]) -> Iterator[str]:
    required = model.get("required", [])
    yield from ("| key | may be | default | |", "|---|---|---|---|")
    for key, said in model["properties"].items():
        default = "required" if key in required else _default(said)
        yield f"| `{key}` | {_may_be(said)} | {default} | {_prose(said.get('description', ''))} |"


def _default(said: Mapping[str, Any]) -> str:
    value = said.get("default")
    return (
        ""
        if value in (None, {}, [], "")
        else f"`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"
    )


def _may_be(said: Mapping[str, Any]) -> str:
    """What a value may be, in words."""
    if said.get("$ref"):
        name = said["$ref"].rpartition("/")[2]
        return f"[{_title(name)}](#{_title(name).lower()})" if not name.startswith(_PARAMETERS) else "the detector's"
    for several in ("anyOf", "oneOf"):
        if several in said:
            return " or ".join(dict.fromkeys(_may_be(each) for each in said[several] if each.get("type") != "null"))
    if "enum" in said or "const" in said:
        return ", ".join(f"`{each}`" for each in said.get("enum", [said.get("const")]))
    if said.get("type") == "array":
        each = said.get("prefixItems", [said.get("items", {})])
        return f"list of {' and '.join(map(_may_be, each))}"
    if said.get("type") == "object":
        inner = said.get("additionalProperties")
        return f"by name: {_may_be(inner)}" if isinstance(inner, dict) else "by name"
    words = {"string": "text", "boolean": "`true`, `false`", "number": "number", "integer": "whole number"}
    kinds = said.get("type", [])
    return " or ".join(words.get(each, each) for each in ([kinds] if isinstance(kinds, str) else kinds)) or "anything"


def _title(name: str) -> str:
    """A model's name as a heading; of two of one name, with the room that they are of."""
    *rooms, own = name.split("__")
    return f"{own}-{rooms[-2]}" if rooms else own


def _columns(kind: type[Rows]) -> Iterator[tuple[str, str]]:
    """Columns that the kind itself has, with the text below each in the code."""
    lines = next(n for n in ast.walk(ast.parse(inspect.getsource(kind))) if isinstance(n, ast.ClassDef)).body
    for nth, line in enumerate(lines):
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value is None:
            below = lines[nth + 1] if nth + 1 < len(lines) else None
            told = below.value if isinstance(below, ast.Expr) else None
            yield line.target.id, str(told.value) if isinstance(told, ast.Constant) else ""


def _codes(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _flow(field: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in field.items()) + "}"


def _prose(text: str) -> str:
    """Text that may stand in a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


PAGES = {"keys.md": keys, "rows.md": rows}

if __name__ == "__main__":
    for page, made in PAGES.items():
        (DOCS / "reference").mkdir(exist_ok=True)
        (DOCS / "reference" / page).write_text(made(), "utf-8")
