"""models: the neural networks that watchers use: which there are, and fetching them.

What is fetched is known by its SHA-256 and lies in one folder for all cities of this computer. Watching never fetches.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.cli.data import JsonOption, harmless
from gridwatch.cli.frame import Exit, Problem, print_json_lines
from pipeline.faults import did_you_mean

if TYPE_CHECKING:
    from pydantic import BaseModel

    from cameras.models import Model

app = typer.Typer(help="Neural networks that watchers use: list them, fetch them.", no_args_is_help=True)

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Those that its cameras' watchers use. Default: those known by name.")
]


@app.command("list")
def list_(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Which models there are, where their files are, and whether they are there."""
    rows = [
        {"name": name, "there": _there(model), "file": str(model.path()), "url": model.url, "sha256": model.sha256}
        for name, model in _models(config).items()
    ]
    if as_json:
        print_json_lines(rows)
        return
    for row in rows:
        typer.echo(harmless(f"{row['name']}  {row['there']}  {row['file']}"))
    if not rows:
        typer.echo("No watcher uses a model.")


@app.command("pull")
def pull(
    names: Annotated[list[str] | None, typer.Argument(help="Which of them. Default: all.", metavar="[NAME]...")] = None,
    config: ConfigOption = None,
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Also without TLS, from a mirror in your own network.")
    ] = False,
) -> None:
    """Fetch models that are not here yet; a file that is not the one that was meant is thrown away."""
    from cameras.models import ModelError
    from cameras.models import pull as fetch

    models = _models(config)
    for name in names or ():
        if name not in models:
            hint = did_you_mean(name, models) or f"; there are: {', '.join(models) or 'none'}"
            raise Problem(f"no model '{name}'{hint}", Exit.USAGE)
    try:
        for name, model in models.items():
            if not names or name in names:
                fetched = fetch(model, plain=allow_http)
                typer.echo(harmless(f"{name}: {'fetched' if fetched else 'is there'}: {model.path()}"))
    except ModelError as error:
        raise Problem(str(error)) from None


def _there(model: Model) -> str:
    """there, missing, or another file than the one that was meant."""
    from cameras.models import ModelError, model_file

    if not model.path().is_file():
        return "missing"
    try:
        model_file(model)
    except ModelError:
        return "damaged"
    return "there"


def _models(config: Path | None) -> dict[str, Model]:
    """By name. Raises Faulty where the configuration has faults."""
    from cameras.models import MODELS

    if config is None:
        return dict(MODELS)
    known = {model: name for name, model in MODELS.items()}
    found: dict[str, Model] = {}
    for model in dict.fromkeys(_used(config)):
        name = known.get(model, model.name)
        while name in found:
            name += "'"
        found[name] = model
    return found


def _used(config: Path) -> Iterator[Model]:
    from gridwatch.camera_section import load_both

    found, _ = load_both(config)
    for camera in found.cameras.values():
        for watcher in camera.watchers.values():
            yield from _models_of(watcher)
    if found.evidence is not None and found.evidence.faces.none is None:
        yield from _models_of(found.evidence)


def _models_of(settings: BaseModel) -> Iterator[Model]:
    """Those that it names, and those that its parts do."""
    from pydantic import BaseModel

    from cameras.models import Model

    for field in type(settings).model_fields:
        value = getattr(settings, field)
        if isinstance(value, Model):
            yield value
        elif isinstance(value, BaseModel):
            yield from _models_of(value)
