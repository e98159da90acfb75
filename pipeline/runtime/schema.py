"""schema: the configuration as JSON Schema, for editors that complete and underline while one types.

The same models that read the file, and each registered detector's parameters under the rule that names it.
"""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from pipeline.registry import detector, detectors
from pipeline.runtime.config import Configuration
from pipeline.units import Quantity


def json_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12."""
    schema = Configuration.model_json_schema(schema_generator=Written)
    definitions: dict[str, Any] = schema["$defs"]
    rule = definitions["RuleSection"]
    names = sorted(detectors())
    rule["properties"]["detector"]["enum"] = names
    rule["allOf"] = []
    for name in names:
        parameters = detector(name).model_json_schema(schema_generator=Written)
        definitions |= parameters.pop("$defs", {})
        definitions[f"parameters of {name}"] = parameters
        rule["allOf"].append(
            {
                "if": {"properties": {"detector": {"const": name}}},
                "then": {"properties": {"parameters": {"$ref": f"#/$defs/parameters of {name}"}}},
            }
        )
    return {
        **schema,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gridwatch: a city's configuration",
    }


class Written(GenerateJsonSchema):
    """Defaults as they are written in a file: with their unit."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        inner: Any = schema["schema"]
        while "serialization" not in inner and isinstance(inner.get("schema"), dict):  # optional, or within limits
            inner = inner["schema"]
        written = inner.get("serialization", {})
        default = schema.get("default")
        if isinstance(default, Quantity):
            function = written["function"] if written.get("type") == "function-plain" else float
            schema = {**schema, "default": function(default)}
        return super().default_schema(schema)
