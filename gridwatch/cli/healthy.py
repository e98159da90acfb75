"""healthy: does what was started by this configuration do its work? For health checks of containers and services.

Asks the address of the metrics that the file names, and with --web the console's too; nothing is asked that needs a
password. Healthy is what answers and gets on: where entries are judged, the newest judged one must be recent, since a
city's own clock writes two a second. A source that is away is told and is no ill health: starting again won't bring it
back, and an alert says so. The exit code is 0 or 1, never another: container engines keep 2 for themselves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridwatch.cli.frame import Exit, Problem, city_file

if TYPE_CHECKING:
    from prometheus_client import Metric

_HERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  asked there, not listened to
"""Where whoever listens on all addresses is asked."""
_MOST = 16_000_000
"""Bytes of metrics that are read; a city of a thousand cameras has 600 kB."""


def healthy(
    config: Annotated[Path, typer.Argument(help="The configuration that it runs by, or the folder it is in.")] = Path(
        "city.yaml"
    ),
    web: Annotated[bool, typer.Option("--web", help="The console must answer, too.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Of the metrics, in place of the file's.", show_default=False)
    ] = None,
    stalled: Annotated[
        str, typer.Option(metavar="2min", help="It stands still where nothing newer than that has been judged.")
    ] = "2min",
    patience: Annotated[str, typer.Option(metavar="4s", help="How long each answer may take.")] = "4s",
) -> None:
    """Does what runs by this configuration answer and get on? One line, exit code 0 or 1."""
    from gridwatch.times import duration_option

    longest, wait = duration_option("--stalled", stalled), duration_option("--patience", patience)
    typer.echo(f"healthy: {_asked(city_file(config), web, port, longest, wait)}")


def _asked(file: Path, web: bool, port: int | None, stalled: float, patience: float) -> str:
    """What it says of itself. Raises Problem where it isn't well; Faulty where the file can't be read."""
    from gridwatch.web_section import load_web

    said: list[str] = []
    where = _metrics(file, port)
    if where is not None:
        said.append(_judged(_get(*where, "/metrics", patience), stalled))
    section = load_web(file) if web else None
    if web and section is None:
        raise _ill(f"{file} has no section 'web': there is no console to ask")
    if section is not None:
        _get(section.host, section.port, "/", patience)
        said.append("the console answers")
    if not said:
        raise _ill(f"{file} turns 'metrics' off, so there is nothing to ask; turn them on, or ask the console by --web")
    return ", ".join(said)


def _metrics(file: Path, port: int | None) -> tuple[str, int] | None:
    """Host and port; None: they are off."""
    from pydantic import ValidationError

    from pipeline.faults import Faulty
    from pipeline.runtime.document import read_document
    from pipeline.runtime.explain import faults_of
    from pipeline.runtime.sections import MetricsSection

    document = read_document(file)
    data: Mapping[str, Any] = document.data if isinstance(document.data, Mapping) else {}
    if "metrics" in data and data["metrics"] is None:
        return None
    try:
        section = MetricsSection.model_validate(data.get("metrics", {}))
    except ValidationError as error:
        raise Faulty(list(faults_of(error, document, MetricsSection, ("metrics",)))) from None
    return section.host, port or section.port


def _get(host: str, port: int, path: str, patience: float) -> str:
    """The body of what is there. Past every proxy. Raises Problem."""
    host = _HERE.get(host, host)
    url = f"http://[{host}]:{port}{path}" if ":" in host else f"http://{host}:{port}{path}"
    connection = HTTPConnection(host, port, timeout=patience)
    try:
        connection.request("GET", path, headers={"Accept": "text/plain, text/html;q=0.9"})
        answer = connection.getresponse()
        body = answer.read(_MOST).decode("utf-8", "replace")
    except TimeoutError:
        raise _ill(f"{url} doesn't answer within {patience:g} s") from None
    except ConnectionRefusedError:
        raise _ill(f"nothing listens at {url}: it doesn't run, or has not come so far yet") from None
    except (OSError, HTTPException) as error:
        raise _ill(f"{url}: {getattr(error, 'strerror', None) or error}") from None
    finally:
        connection.close()
    if answer.status != 200:
        raise _ill(f"{url} answers {answer.status} {answer.reason}")
    return body


def _judged(text: str, stalled: float) -> str:
    """What the numbers say. Raises Problem where they say that it stands still."""
    from prometheus_client.parser import text_string_to_metric_families

    try:
        found = {each.name: each for each in text_string_to_metric_families(text) if each.name.startswith("gridwatch_")}
    except ValueError:
        found = {}
    if not found:
        raise _ill("what answers at the address of the metrics isn't gridwatch; give 'metrics' a port of its own")
    said = [*_lag(found, stalled), *_connected(found)]
    return ", ".join(said) or "it answers"


def _lag(found: Mapping[str, Metric], stalled: float) -> list[str]:
    """A start has much to judge again that is old, before it lets any source in; that is no standing still."""
    lags = [each.value for each in _samples(found, "gridwatch_judge_lag_seconds") if not math.isnan(each.value)]
    if not lags or not sum(each.value for each in _samples(found, "gridwatch_entries") if each.name.endswith("_total")):
        return []
    if not _samples(found, "gridwatch_source_connected"):
        return ["it judges what the last run left"]
    if max(lags) > stalled:
        raise _ill(
            f"nothing newer than {max(lags):.0f} s has been judged: look at the log, the disk and what it depends on"
        )
    return [f"judged up to {max(lags):.1f} s ago"]


def _connected(found: Mapping[str, Metric]) -> list[str]:
    links = [each.value for each in _samples(found, "gridwatch_source_connected")]
    return [f"{sum(links):.0f} of {len(links)} sources connected"] if links else []


def _samples(found: Mapping[str, Metric], name: str) -> list[Any]:
    return found[name].samples if name in found else []


def _ill(why: str) -> Problem:
    return Problem(f"unhealthy: {why}", Exit.FOUND)
