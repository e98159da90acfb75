"""camera_schema: the whole JSON Schema: of a city's file with its cameras and its web API, and of an edge box's.

The city's comes from the runtime; here the sections that it doesn't know are added: those about cameras, with the
parameters of each watcher, and the console's.
"""

from __future__ import annotations

from typing import Any

from cameras.watchers import watcher, watchers
from console.settings import WebSection
from gridwatch.camera_section import CITY, OURS
from gridwatch.edge_file import CitySections, EdgeSections
from pipeline.runtime.schema import Written, json_schema


def whole_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12: a file with one of `CITY` is a city's, any other an edge box's."""
    schema, edge = json_schema(), EdgeSections.model_json_schema(schema_generator=Written)
    definitions = schema["$defs"] | edge["$defs"]
    parameters: dict[str, Any] = {}
    for name in watchers():
        described = watcher(name).model_json_schema(schema_generator=Written)
        definitions |= described.pop("$defs", {})
        definitions[f"parameters of the watcher {name}"] = described
        parameters[name] = {"$ref": f"#/$defs/parameters of the watcher {name}"}
    definitions["CameraSettings"]["properties"]["watchers"] |= {
        "properties": parameters,
        "additionalProperties": False,
    }
    # What may be written shorter: a zone as its corners, a model as its name or file.
    area, model = definitions["Area"], definitions["Model"]
    definitions["Area"] = {"anyOf": [area, area["properties"]["corners"]]}
    definitions["Model"] = {"anyOf": [model, {"type": "string"}]}
    # What a platform's preset says need not be said.
    definitions["PlatformSettings"]["required"].remove("play")
    for part in ("Play", "Asked", "Alive", "Listing", "Wrong"):
        definitions[part].pop("required", None)
    web = WebSection.model_json_schema(schema_generator=Written)
    definitions |= web.pop("$defs") | {"WebSection": web}
    ours = edge["properties"]
    city = CitySections.model_json_schema(schema_generator=Written)
    definitions["VehiclePhotos"] = city["$defs"]["VehiclePhotos"]
    beside = {key: ours.get(key, city["properties"][key]) for key in OURS} | {"web": {"$ref": "#/$defs/WebSection"}}
    return {
        **schema,
        "$defs": definitions,
        "properties": schema["properties"] | beside,
        "required": [],
        "if": {"anyOf": [{"required": [key]} for key in CITY]},
        "then": {"required": schema["required"]},
        "else": {"required": edge["required"], "propertyNames": {"enum": sorted(ours)}},
        "title": "gridwatch: a city's configuration, or an edge box's",
    }
