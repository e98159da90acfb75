"""camera: cameras at work on an edge box, and commands about one camera.

At work they are in the foreground, until SIGTERM or Ctrl-C: their processes end, and what they said goes out where
there is a link. SIGHUP reads the file again; a bad one is refused and the old one goes on. Lines go to stderr: plain on
a terminal, JSON elsewhere.
"""

from __future__ import annotations

import os
import queue
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from gridwatch.cli.camera_import import import_
from gridwatch.cli.camera_onvif import discover, onvif
from gridwatch.cli.camera_watch import watch
from gridwatch.cli.data import JsonOption, harmless, terminal
from gridwatch.cli.frame import Exit, Problem, print_json_lines

if TYPE_CHECKING:
    from cameras.settings import CameraSettings
    from gridwatch.camera_trying import Tried
    from gridwatch.cameras_running import CamerasRunning
    from pipeline.runtime.metrics import Server

app = typer.Typer(
    help="Cameras: look at those of a file and publish what they see; try one, or what it would find in a clip.",
    no_args_is_help=True,
    invoke_without_command=True,
)

CAMERA = "camera"
"""The name under which `gridwatch reload` finds it."""
_LOOK = 1.0
"""Seconds between two looks at whether all is at work."""


@app.callback()
def camera(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", help="The edge box's configuration, or a city's.", show_default=False)
    ] = None,
) -> None:
    """Look at the cameras of a file and publish what they see, until Ctrl-C."""
    if context.invoked_subcommand is not None:
        if config is not None:
            raise Problem(f"--config goes after '{context.invoked_subcommand}'", Exit.USAGE)
        return
    if config is None:
        raise Problem("Which file has the cameras? gridwatch camera --config edge.yaml", Exit.USAGE)
    from prometheus_client import CollectorRegistry

    from gridwatch.camera_section import load_both
    from gridwatch.cameras_running import CamerasRunning
    from pipeline.runtime.logs import logger
    from pipeline.runtime.metrics import serve
    from pipeline.runtime.reloads import Reloads

    asked: queue.SimpleQueue[str] = queue.SimpleQueue()
    signal.signal(signal.SIGTERM, lambda *_: asked.put("stop"))
    signal.signal(signal.SIGINT, lambda *_: asked.put("stop"))
    signal.signal(signal.SIGHUP, lambda *_: asked.put("reload"))
    registry = CollectorRegistry()
    reloads = Reloads(registry)
    running = CamerasRunning(lambda: load_both(config)[0], logger(), registry, reloads)
    server: Server | None = None
    try:
        running.start()
        if running.file.metrics is not None:
            server = serve(registry, running.file.metrics)
        if running.file.publish is not None:
            reloads.stand(config.resolve().parent / running.file.publish.spool, CAMERA)
        _say(running, server)
        _attend(running, asked)
    finally:
        reloads.leave()
        running.stop()
        if server is not None:
            server.close()


def _attend(running: CamerasRunning, asked: queue.SimpleQueue[str]) -> None:
    """Until somebody asks to stop."""
    while True:
        try:
            what = asked.get(timeout=_LOOK)
        except queue.Empty:
            what = ""
        if what == "stop":
            return
        if what == "reload":
            running.reload()
        running.look()


def _say(running: CamerasRunning, server: Server | None) -> None:
    found = running.file
    for name, each in sorted(found.cameras.items()):
        watchers = ", ".join(sorted(each.watchers)) or "nothing"
        typer.echo(harmless(f"{name}: {each.settings.shown}, watched for {watchers}"))
    if found.publish is not None:
        typer.echo(harmless(f"publishing to {found.publish.broker}, spool: {found.publish.spool}"))
    typer.echo(f"metrics: {server.url if server else 'off'}")
    typer.echo("Ctrl-C or SIGTERM ends it, SIGHUP reads the configuration again.")


app.command("watch")(watch)
app.command("discover")(discover)
app.command("onvif")(onvif)
app.command("import")(import_)


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
    plain: Annotated[bool, typer.Option("--plain", help="... without the grid: as the picture of a preset.")] = False,
    as_json: JsonOption = False,
) -> None:
    """What does a camera give?"""
    from gridwatch.camera_trying import try_camera

    settings = _settings(
        url=url, user_env=user_env, password_env=password_env, transport=transport, fps=60.0, watchers={}
    )
    tried = try_camera(settings, os.environ, seconds, picture, plain)
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
        console.print(harmless(f"The last picture: {picture}"))


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
