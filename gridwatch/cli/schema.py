"""schema: the configuration's JSON Schema, for editors.

Put `# yaml-language-server: $schema=gridwatch.schema.json` in the first line of a city.yaml or an edge.yaml, and
editors with the YAML language server complete keys and underline faults.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def schema(out: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None) -> None:
    """Print the JSON Schema of the configuration, for editors."""
    from gridwatch.camera_schema import whole_schema

    text = json.dumps(whole_schema(), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, "utf-8")
