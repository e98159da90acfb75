"""camera discover, camera onvif: which cameras are in the network, and what one gives, as a configuration has it."""

from __future__ import annotations

import math
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from gridwatch.cli.data import JsonOption, harmless, terminal
from gridwatch.cli.frame import Exit, Problem, print_json_lines

if TYPE_CHECKING:
    from cameras.onvif import Position, Preset


def discover(
    seconds: Annotated[float, typer.Option(min=0.1, max=60.0, help="How long answers are awaited.")] = 3.0,
    interface: Annotated[
        str | None, typer.Option(help="Our own address in the network that is meant, where there are several.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Which cameras are in this network? Asks by ONVIF's discovery; they need not be known."""
    from cameras.discovery import discover

    try:
        found = discover(seconds, interface)
    except ImportError as error:
        raise _lacking(error) from None
    except OSError as error:
        said = f"Nobody could be asked: {error.strerror or error}."
        raise Problem(f"{said} Name our own address in the cameras' network: --interface 10.0.0.2") from None
    if as_json:
        print_json_lines(asdict(each) for each in found)
        return
    if not found:
        typer.echo(
            "No camera answered. Cameras of another network do not hear it, and some have discovery switched off: ask"
            " one by its address: gridwatch camera onvif 10.0.0.7"
        )
        return
    table = Table(box=None, pad_edge=False)
    for column in ("host", "port", "name", "hardware"):
        table.add_column(column)
    for each in found:
        table.add_row(*map(harmless, (each.host, str(each.port), each.name, each.hardware)))
    terminal().print(table)


def onvif(
    host: Annotated[str, typer.Argument(help="The camera's address.")],
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Of its ONVIF service.")] = 80,
    user_env: Annotated[str | None, typer.Option(help="The environment variable with the user.")] = None,
    password_env: Annotated[str | None, typer.Option(help="The one with the password.")] = None,
    as_json: JsonOption = False,
) -> None:
    """What does a camera give, by ONVIF? Its streams, its presets, and what to write into the configuration."""
    from pipeline.links import secrets

    try:
        user, password = secrets(os.environ, user_env=user_env, password_env=password_env)
    except ValueError as error:
        raise Problem(f"--{str(error).replace('_', '-', 1)}", Exit.USAGE) from None
    said = _asked(host, port, user, password)
    if as_json:
        print_json_lines([said])
    else:
        _show(said)
        typer.echo(_yaml(said, user_env, password_env))


def _asked(host: str, port: int, user: str | None, password: str | None) -> dict[str, Any]:
    """All that is told. Raises Problem."""
    from cameras.onvif import OnvifCamera, OnvifFailed

    try:
        with OnvifCamera(host, port, user, password) as camera:
            profiles = camera.profiles()
            turned = next((each.token for each in profiles if each.ptz), None)
            presets = camera.presets(turned) if turned is not None else []
            return {
                "host": host,
                "port": port,
                **camera.device()._asdict(),
                "ptz": turned is not None,
                "profiles": [asdict(each) for each in profiles],
                "presets": [_preset(each) for each in presets],
            }
    except OnvifFailed as error:
        raise Problem(str(error)) from None


def _preset(preset: Preset) -> dict[str, Any]:
    return {"token": preset.token, "name": preset.name, "position": _position(preset.position)}


def _position(position: Position | None) -> dict[str, float | None] | None:
    if position is None:
        return None
    return {axis: None if math.isnan(at) else round(at, 4) for axis, at in position._asdict().items()}


def _show(said: dict[str, Any]) -> None:
    console = terminal()
    what = " ".join(each for each in (said["manufacturer"], said["model"], said["firmware"]) if each)
    turns = "can be turned" if said["ptz"] else "can't be turned"
    console.print(harmless(f"{what or 'A camera that does not say what it is'}: {turns}"))
    table = Table(box=None, pad_edge=False)
    for column in ("profile", "codec", "size", "fps", "address"):
        table.add_column(column, overflow="fold")
    for each in said["profiles"]:
        size = f"{each['width']} x {each['height']}" if each["width"] and each["height"] else ""
        fps = "" if each["fps"] is None else f"{each['fps']:g}"
        table.add_row(*map(harmless, (each["token"], each["codec"] or "", size, fps, each["url"] or "none")))
    console.print(table)


def _yaml(said: dict[str, Any], user_env: str | None, password_env: str | None) -> str:
    """What to write into the configuration: the first profile that has an address."""
    from gridwatch.camera_lines import quoted

    url = next((each["url"] for each in said["profiles"] if each["url"]), None)
    if url is None:
        return "None of its profiles has an address by RTSP."
    lines = ["cameras:", f"  {quoted(said['host'])}:", f"    url: {quoted(url)}"]
    lines += [f"    {key}: {name}" for key, name in (("user_env", user_env), ("password_env", password_env)) if name]
    if said["presets"]:
        lines += [f"    onvif: {{host: {quoted(said['host'])}, port: {said['port']}}}", "    presets:"]
        names: set[str] = set()
        for each in said["presets"]:
            name = each["name"] or each["token"]
            name = name if name not in names else f"{name} ({each['token']})"
            names.add(name)
            lines.append(f"      {quoted(name)}: {{token: {quoted(each['token'])}}}")
    return "\n".join(lines)


def _lacking(error: ImportError) -> Problem:
    return Problem(f"Cameras need {error.name}: pip install 'gridwatch[cameras]'", Exit.CANNOT_RUN)
