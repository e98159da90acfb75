"""evidence: what cameras have kept: list it, check it, delete what is old, open an original that was sealed.

Reads the store that the section `evidence` of a city's or an edge box's file names, or --store. Times are UTC, as they
are in the pictures. `--json` gives one object a line: the manifest, and where it is.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from gridwatch.cli.data import JsonOption, duration, harmless, terminal
from gridwatch.cli.frame import Exit, Problem, city_file, print_json_lines
from gridwatch.times import time_option

if TYPE_CHECKING:
    from cameras.evidence.manifest import Manifest
    from cameras.evidence.settings import EvidenceSettings
    from cameras.evidence.store import Place, Store
    from cases.case import Case

app = typer.Typer(help="What cameras have kept: list, check, open what was sealed.", no_args_is_help=True)

ConfigOption = Annotated[
    Path, typer.Option("--config", help="The city's or the edge box's file, with a section 'evidence'.")
]
StoreOption = Annotated[
    str | None, typer.Option("--store", metavar="URL", help="The store itself, where there is no configuration.")
]
CameraOption = Annotated[str | None, typer.Option(metavar="NAME", help="Only this camera's.")]
IdArgument = Annotated[str, typer.Argument(help="Its id, or the beginning of it.")]
_CITY = Path("city.yaml")


@app.command("list")
def list_(
    config: ConfigOption = _CITY,
    store: StoreOption = None,
    camera: CameraOption = None,
    track: Annotated[int | None, typer.Option(help="Only this track's.")] = None,
    zone: Annotated[str | None, typer.Option(help="Only of this zone of the picture.")] = None,
    since: Annotated[str | None, typer.Option(help="Only what was taken then or later: ISO 8601; UTC.")] = None,
    case: Annotated[
        str | None, typer.Option(metavar="ID", help="Only of this case, of the city that --config names.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List what was kept, oldest first."""
    from cameras.evidence.manifest import day

    at = _store(config, store)
    first = -math.inf if since is None else time_option("--since", since, UTC)
    of = _case(config, case) if case is not None else None
    if of is not None and camera is None:
        camera = of.subject
    found = sorted(
        (
            (where, manifest)
            for where, manifest in _kept(at, camera, day(first) if since is not None else "")
            if manifest.captured >= first
            and (track is None or manifest.track == track)
            and (zone is None or manifest.zone == zone)
            and (of is None or _belongs(manifest, of))
        ),
        key=lambda one: (one[1].captured, one[1].id),
    )
    if as_json:
        print_json_lines(_told(at, where, manifest) for where, manifest in found)
    elif found:
        terminal().print(_table([manifest for _, manifest in found]))
    else:
        typer.echo("No evidence matches." if camera or case or track is not None or zone or since else "None yet.")


@app.command()
def show(id: IdArgument, config: ConfigOption = _CITY, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Show one: of what, when, which files, and who opened its original."""
    from cameras.evidence.opening import notes

    at = _store(config, store)
    where, manifest = _one(at, id)
    opened = [note for note in notes(at) if note.id == manifest.id]
    if as_json:
        said = _told(at, where, manifest)
        print_json_lines([said | {"opened": [{"at": n.at, "by": n.by, "reason": n.reason} for n in opened]}])
        return
    console = terminal()
    for name, value in _sheet(at, where, manifest):
        console.print(harmless(f"{name:10}{value}"))
    for note in opened:
        console.print(harmless(f"opened    {note.at}, by {note.by}: {note.reason}"))


@app.command()
def verify(
    id: Annotated[str | None, typer.Argument(help="Only this one. Default: all, and the notes of openings.")] = None,
    config: ConfigOption = _CITY,
    store: StoreOption = None,
    camera: CameraOption = None,
) -> None:
    """Compute every SHA-256 again: is anything missing or changed? Exit code 1: yes."""
    from cameras.evidence.opening import check_notes
    from cameras.evidence.store import folder
    from cameras.evidence.verifying import verify as check

    at = _store(config, store)
    places = [_one(at, id)[0]] if id is not None else list(at.places(camera and folder(camera)))
    faults = [fault for where in places for fault in check(at, where)]
    if id is None:
        faults += check_notes(at)
    for fault in faults:
        typer.echo(harmless(fault))
    typer.echo(f"{len(places)} checked, {len(faults)} fault{'' if len(faults) == 1 else 's'}")
    if faults:
        raise typer.Exit(Exit.FOUND)


@app.command()
def prune(
    config: ConfigOption = _CITY,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
) -> None:
    """Delete what is older than `keep`, and what was never finished; cameras at work do that by themselves."""
    from cameras.evidence.retention import prune as delete

    settings = _settings(config)
    pruned = delete(_store(config, None), time.time(), settings.keep, only_count=dry_run)
    would = "would be " if dry_run else ""
    typer.echo(f"{pruned.old} older than {duration(settings.keep)}, {pruned.unfinished} unfinished {would}deleted")


@app.command("open")
def open_(
    id: IdArgument,
    reason: Annotated[str, typer.Option(help="Why it is opened; it is noted, and stays noted.")],
    by: Annotated[str, typer.Option(help="Who opens it.", envvar="USER")],
    identity_env: Annotated[str, typer.Option(help="The environment variable with the secret key, AGE-SECRET-KEY-1….")],
    to: Annotated[Path, typer.Option(help="The folder that the originals are written to.", file_okay=False)],
    config: ConfigOption = _CITY,
    store: StoreOption = None,
) -> None:
    """Open a sealed original. Who and why is noted in the store before."""
    from cameras.evidence.opening import open_sealed
    from cameras.evidence.sealing import SealFailed

    identity = os.environ.get(identity_env)
    if not identity:
        raise Problem(f"--identity-env: the environment variable '{identity_env}' is not set", Exit.USAGE)
    at = _store(config, store)
    where, manifest = _one(at, id)
    try:
        opened = open_sealed(at, where, manifest, by=by, reason=reason, identity=identity, now=time.time())
    except ValueError as error:
        raise Problem(str(error), Exit.USAGE) from None
    except SealFailed as error:
        raise Problem(str(error)) from None
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, data in opened.items():
        file = to / f"{manifest.id}-{name}"
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(data)
        typer.echo(harmless(f"{file}: faces are not hidden in it; delete it when it has served"))


def _settings(config: Path) -> EvidenceSettings:
    from gridwatch.camera_section import read_cameras

    found = read_cameras(config).evidence
    if found is None:
        raise Problem(
            f"{city_file(config)}: there is no section 'evidence'; or name the store with --store", Exit.USAGE
        )
    return found


def _store(config: Path, url: str | None) -> Store:
    from cameras.evidence.store import Store

    return Store(url if url is not None else _settings(config).store)


def _kept(store: Store, camera: str | None, first: str = "") -> Iterator[tuple[Place, Manifest]]:
    """What has a manifest, of this camera or of all. first: the first day."""
    from cameras.evidence.store import folder

    for where in store.places(camera and folder(camera), first):
        manifest = store.manifest(where)
        if manifest is not None:
            yield where, manifest


def _one(store: Store, id: str) -> tuple[Place, Manifest]:
    """The one whose id begins so."""
    wanted = id.strip().lower()
    found = [where for where in store.places() if wanted and where.id.startswith(wanted)]
    if len(found) > 1:
        raise Problem(f"several ids begin with '{id}': give more of it", Exit.FOUND)
    manifest = store.manifest(found[0]) if found else None
    if manifest is None:
        raise Problem(f"no evidence has an id that begins with '{id}'; `gridwatch evidence list` shows it", Exit.FOUND)
    return found[0], manifest


def _case(config: Path, id: str) -> Case:
    from cases.store import FILE, NoSuchCase
    from cases.store import Store as Cases
    from gridwatch.cli.data import city_data

    file = city_data(config, None).folder / FILE
    if not file.exists():
        raise Problem(f"There are no cases in {file.parent} yet: `gridwatch run` makes them.")
    with Cases(file, read_only=True) as cases:
        try:
            return cases.get(id)
        except NoSuchCase as error:
            raise Problem(str(error), Exit.FOUND) from None


def _belongs(manifest: Manifest, case: Case) -> bool:
    from cases.evidence_files import Happening, Seen, belongs

    seen = Seen(manifest.camera, manifest.track, manifest.zone, manifest.captured)
    return belongs(seen, Happening(case.subject, case.part, case.started, case.ended))


def _told(store: Store, where: Place, manifest: Manifest) -> dict[str, Any]:
    from cameras.evidence.manifest import encode

    said: dict[str, Any] = json.loads(encode(manifest))
    return {"url": store.url(where)} | said


def _table(found: list[Manifest]) -> Table:
    from cameras.evidence.marking import utc

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold", expand=False)
    for name in ("evidence", "captured", "camera", "what", "zone", "trigger", "files"):
        table.add_column(name, overflow="fold", no_wrap=name in ("evidence", "captured"))
    for one in found:
        kinds = ", ".join(dict.fromkeys(file.kind for file in one.files))
        row = (one.id[:8], utc(one.captured)[:19], one.camera, one.label, one.zone, one.trigger, kinds)
        table.add_row(*(harmless(each) for each in row))
    return table


def _sheet(store: Store, where: Place, manifest: Manifest) -> Iterator[tuple[str, str]]:
    from cameras.evidence.marking import clock, utc

    faces = manifest.faces
    yield "evidence", manifest.id
    yield "of", f"{manifest.label}, track {manifest.track}, seen by {manifest.watcher}"
    yield "camera", f"{manifest.camera} {manifest.zone}".rstrip()
    yield "trigger", f"{manifest.trigger} {manifest.category}".rstrip()
    yield "captured", f"{utc(manifest.captured)}, {clock(manifest.clock, manifest.offset)}"
    yield "faces", f"{faces.heads} heads hidden, found by {faces.by}" if faces.by else f"not hidden: {faces.reason}"
    yield "where", store.url(where)
    for file in manifest.files:
        lasts = "" if file.until is None else f", {duration(file.until - file.captured)}"
        yield "file", f"{file.name}  {file.bytes:,} bytes{lasts}  {file.sha256}"
    for what, why in manifest.lacking.items():
        yield "no " + what, why
