"""influx: one connection to InfluxDB: lines go in, CSV of a Flux query comes out.

What became of a write is one of three: taken; to be tried again (nobody answers, 429, 5xx, a token that is not right:
all that somebody can mend); or points that the server refuses for what they are. Those are found by halving the batch,
so that one bad point costs a few requests and nothing else. No error has a token in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.history.settings import HistorySection

if TYPE_CHECKING:
    from influxdb_client.client.influxdb_client import InfluxDBClient

_REFUSED = (400, 422)
"""The server says that it is the points."""
_TOO_LARGE = 413
_TRIES = 200
"""Requests that one batch is halved into at most; what is then not known to be good is set aside with the bad."""
_BEYOND = re.compile(r"beyond retention|outside retention", re.IGNORECASE)


class NoPackage(RuntimeError):
    """What talks to InfluxDB is not installed."""


@dataclass(slots=True)
class Unwritten(Exception):
    """Nothing wrong with the points: try again later. `why` says what to do."""

    why: str
    trouble: str
    """The same for the same trouble, whatever the server says of it."""
    after: float = 0.0
    """Seconds that the server asks for."""

    def __str__(self) -> str:
        return self.why


@dataclass(slots=True)
class Written:
    """What became of lines."""

    taken: int = 0
    beyond: int = 0
    """Refused since the bucket does not keep anything as old."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """(line, why)"""


class Influx:
    """`write`, `query` and `close`; one thread at a time."""

    def __init__(self, settings: HistorySection, token: str) -> None:
        """token: '' for nobody. Raises NoPackage."""
        try:
            from influxdb_client.client.influxdb_client import InfluxDBClient
        except ModuleNotFoundError:
            raise NoPackage("history needs a package: pip install 'gridwatch[history]'.") from None
        self.settings = settings
        self._client: InfluxDBClient = InfluxDBClient(
            settings.url,
            token=token or "-",
            org=settings.org,
            timeout=round(settings.timeout * 1000),
            enable_gzip=True,
            retries=False,
        )
        from influxdb_client.client.write_api import SYNCHRONOUS

        self._write_api: Any = self._client.write_api(write_options=SYNCHRONOUS)
        self._tries = 0

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()  # type: ignore[no-untyped-call]

    # ---- writing

    def write(self, lines: Sequence[str]) -> Written:
        """All of `lines` or, with Unwritten, perhaps some of them: writing them again repeats nothing."""
        done, self._tries = Written(), 0
        if lines:
            self._some(lines, done)
        return done

    def _some(self, lines: Sequence[str], done: Written) -> None:
        self._tries += 1
        status, why = self._send(lines)
        if not status:
            done.taken += len(lines)
        elif _BEYOND.search(why):
            # The others of the batch are in. How many that is, 1.8 and 2 say in words of their own; a half more or less
            # changes a count.
            beyond = re.search(r"dropped=(\d+)", why)
            count = min(int(beyond[1]), len(lines)) if beyond else len(lines)
            done.beyond += count
            done.taken += len(lines) - count
        elif len(lines) == 1 or self._tries > _TRIES:
            done.refused += [(line, why) for line in lines]
        else:
            half = len(lines) // 2
            self._some(lines[:half], done)
            self._some(lines[half:], done)

    def _send(self, lines: Sequence[str]) -> tuple[int, str]:
        """(0, '') where they were taken; else the status by which they were refused, and why. Raises Unwritten."""
        from influxdb_client.domain.write_precision import WritePrecision
        from influxdb_client.rest import ApiException
        from urllib3.exceptions import HTTPError

        settings = self.settings
        try:
            self._write_api.write(settings.bucket, settings.org, "\n".join(lines), WritePrecision.NS)
        except ApiException as error:
            status, why = int(error.status or 0), _said(error)
            if status in _REFUSED or (status == _TOO_LARGE and len(lines) > 1):
                return status, why
            raise self._unwritten(status, why, error) from None
        except (HTTPError, OSError) as error:
            raise self._away(error) from None
        return 0, ""

    # ---- reading

    def query(self, flux: str) -> str:
        """The answer as CSV. Raises Unwritten."""
        from influxdb_client.rest import ApiException
        from urllib3.exceptions import HTTPError

        try:
            answer = self._client.query_api().query_raw(flux)
            data: bytes = answer.data if hasattr(answer, "data") else answer
            return data.decode("utf-8", "replace")
        except ApiException as error:
            raise self._unwritten(int(error.status or 0), _said(error), error) from None
        except (HTTPError, OSError) as error:
            raise self._away(error) from None

    def ping(self) -> str:
        """The version of what answers. Raises Unwritten."""
        from influxdb_client.rest import ApiException
        from urllib3.exceptions import HTTPError

        try:
            return str(self._client.version() or "")
        except ApiException as error:
            raise self._unwritten(int(error.status or 0), _said(error), error) from None
        except (HTTPError, OSError) as error:
            raise self._away(error) from None

    # ---- words

    def _unwritten(self, status: int, why: str, error: Any) -> Unwritten:
        where, variable = self.settings.where, self.settings.token_env
        named = f"the token in '{variable}'" if variable else "a token: set token_env"
        if status in (401, 403):
            advice = (
                f"{where} wants {named}" if not variable else f"{where} does not take {named}; mend it, start again"
            )
            return Unwritten(f"{advice} ({status}).", "token")
        if status == 404:
            return Unwritten(f"there is no {where}: make the bucket (docs/history.md), or name another ({why}).", "404")
        headers = error.headers or {}
        after = str(headers.get("Retry-After", ""))
        wait = min(float(after), 300.0) if after.isdigit() else 0.0
        return Unwritten(f"{where} answers {status}: {why}. Look at its log and its disk.", f"answers {status}", wait)

    def _away(self, error: Exception) -> Unwritten:
        return Unwritten(f"{self.settings.url} does not answer; see that InfluxDB runs ({_short(error)}).", "away")


def _said(error: Any) -> str:
    body = error.body.decode("utf-8", "replace") if isinstance(error.body, bytes) else str(error.body or error.reason)
    found = re.search(r'"(?:message|error)"\s*:\s*"((?:[^"\\]|\\.)*)"', body)
    return re.sub(r"\s+", " ", found[1] if found else body)[:300]


def _short(error: Exception) -> str:
    return re.sub(r"<[^>]*>:? ?|HTTP\w*Pool\([^)]*\):? ?", "", str(error)).strip()[:200] or type(error).__name__
