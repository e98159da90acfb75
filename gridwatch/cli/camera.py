"""camera: commands about a camera."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from gridwatch.cli.camera_watch import watch
from gridwatch.cli.data import JsonOption, harmless, terminal
from gridwatch.cli.frame import Exit, Problem, print_json_lines

if TYPE_CHECKING:
    from cameras.settings import CameraSettings
    from gridwatch.camera_trying import Tried

app = typer.Typer(help="Cameras: try one, or what it would find in a clip.", no_args_is_help=True)


@app.callback()
def _top() -> None:
    pass


app.command("watch")(watch)


@app.command("test")
def try_it(
    url: Annotated[str, typer.Argument(help="Its address, without user and password, or a file.")],
    user_env: Annotated[str | None, typer.Option(help="The environment variable with the user.")] = None,
    password_env: Annotated[str | None, typer.Option(help="The one with the password.")] = None,
    transport: Annotated[str, typer.Option(help="Of RTSP: tcp or udp.")] = "tcp",
    seconds: Annotated[float, typer.Option(min=1.0, help="How long it is looked at.")] = 10.0,
    picture: Annotated[
        Path | None, typer.Option(help="Write the last picture there, with a grid of tenths.", dir_okay=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """What does a camera give?"""
    from gridwatch.camera_trying import try_camera

    settings = _settings(
        url=url, user_env=user_env, password_env=password_env, transport=transport, fps=60.0, watchers={}
    )
    tried = try_camera(settings, os.environ, seconds, picture)
    if as_json:
        print_json_lines([tried.to_json()])
    else:
        _show(tried, picture)
    if tried.health or tried.advice:
        raise typer.Exit(Exit.FOUND)


def _settings(**said: Any) -> CameraSettings:
    from pydantic import ValidationError

    try:
        from cameras.settings import CameraSettings
    except ImportError as error:
        raise Problem(f"Cameras need {error.name}: pip install 'gridwatch[cameras]'") from None
    try:
        return CameraSettings(**said)
    except ValidationError as error:
        first = error.errors()[0]
        option = "URL" if first["loc"][0] == "url" else "--" + str(first["loc"][0]).replace("_", "-")
        raise Problem(f"{option}: {first['msg'].removeprefix('Value error, ')}", Exit.USAGE) from None


def _show(tried: Tried, picture: Path | None) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    rows = {
        "codec": tried.codec,
        "size": f"{tried.width} x {tried.height}",
        "pictures": _rate(tried),
        "key frames": "one" if tried.keyframe_interval is None else f"every {tried.keyframe_interval:.2f} s",
        "not decoded": f"{tried.undecodable} of {tried.pictures + tried.undecodable}",
        "time": _time(tried),
        "first picture": f"after {tried.opened:.1f} s",
        "picture": ", ".join(tried.health) or "good",
    }
    for name, value in rows.items():
        table.add_row(name, harmless(value))
    console = terminal()
    console.print(harmless(tried.shown))
    console.print(table)
    for line in tried.advice:
        console.print(harmless(line))
    if picture is not None:
        console.print(harmless(f"The last picture, with a grid of tenths for zones: {picture}"))


def _rate(tried: Tried) -> str:
    came = "one" if tried.rate is None else f"{tried.rate:.1f} a second"
    return came if tried.said_rate is None else f"{came}, said to be {tried.said_rate:g}"


def _time(tried: Tried) -> str:
    if tried.clock == "recording":
        return "of a recording"
    who = "by the camera's clock" if tried.clock == "camera" else "by arrival"
    if tried.offset is None:
        return who
    return f"{who}, {abs(tried.offset):.2f} s {'ahead of' if tried.offset > 0 else 'behind'} ours"
