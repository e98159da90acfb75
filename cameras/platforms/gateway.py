"""gateway: one platform, asked by HTTP for streams, to keep them and to end them.

Only http and https; certificates are checked; redirects are not followed (they would carry secrets elsewhere), nor are
the environment's proxies; an answer is read up to a megabyte. Of what a platform says an address of a stream is taken
only where it is one of a network: a file or a pipe of this machine is none. No secret is in an error.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from cameras.platforms.settings import Asked, OfPlatform, PlatformSettings, is_address
from pipeline.dotted import value_at
from pipeline.links import Tls, explain_connect

MOST = 1 << 20
"""Of an answer is read, bytes."""
SHOWN = 200
"""Of what a platform says when it refuses, characters."""
STREAMS = frozenset({"rtsp", "rtsps", "rtmp", "rtmps", "http", "https"})
_PAGES = 10_000
"""Of a catalogue, at most."""
_ASK = 10.0
"""Seconds for what is not `play`."""


class GatewayFailed(Exception):
    """It did not do it: why, and never a secret."""


@dataclass(frozen=True, slots=True)
class Granted:
    """A stream that it gives."""

    url: str
    """May hold a ticket: not to be told."""
    values: Mapping[str, str] = field(repr=False)
    """What `stop` and `alive` need."""


class Gateway:
    """`play`, `stop` and `alive` from any thread."""

    def __init__(self, name: str, settings: PlatformSettings, environment: Mapping[str, str], folder: Path) -> None:
        """folder: what files of TLS are relative to. Raises ValueError, FileNotFoundError."""
        self.name, self.settings = name, settings
        self._secrets = settings.known(environment)
        context = (settings.tls or Tls()).context(folder)
        self._client = httpx.Client(verify=context, follow_redirects=False, trust_env=False)
        self._where = urlsplit(settings.base).netloc

    def close(self) -> None:
        self._client.close()

    def play(self, camera: OfPlatform) -> Granted:
        """Its stream. Raises GatewayFailed."""
        play, values = self.settings.play, {**self.settings.values, **camera.values, **self._secrets}
        answer = self._ask(play, values, play.timeout)
        for name, path in play.keep.items():
            said = value_at(answer, path)
            if said is None:
                raise GatewayFailed(f"{self._where}: expected '{path}' in its answer, which 'keep' names")
            values[name] = str(said)
        for each in play.url:
            url = each.format_map(values) if is_address(each) else value_at(answer, each)
            if url is not None and url != "":
                return Granted(self._address(url, each), values)
        raise GatewayFailed(
            f"{self._where}: expected an address at {' or '.join(play.url)} of its answer; there is none"
        )

    def stop(self, granted: Granted) -> None:
        """Nobody looks at it any more. Raises GatewayFailed."""
        if self.settings.stop is not None:
            self._ask(self.settings.stop, granted.values, _ASK)

    def stop_unknown(self, camera: OfPlatform) -> None:
        """The same where it was asked for and never given: it may have been opened all the same. Raises
        GatewayFailed."""
        values = {**self.settings.values, **camera.values, **self._secrets}
        if self.settings.stop is not None and not self.settings.play.keep:
            self._ask(self.settings.stop, values, _ASK)

    def alive(self, granted: Granted) -> None:
        """Somebody still looks at it. Raises GatewayFailed."""
        if self.settings.alive is not None:
            self._ask(self.settings.alive, granted.values, _ASK)

    def catalogue(self, values: Mapping[str, str]) -> Iterator[Any]:
        """The rows of its list of cameras, as they come. Raises GatewayFailed."""
        listing = self.settings.catalogue
        if listing is None:
            return
        for page in range(1, _PAGES + 1):
            at = {"page": str(page), "count": str(listing.count)}
            rows = value_at(
                self._ask(listing, {**self.settings.values, **values, **self._secrets, **at}, _ASK), listing.rows
            )
            if not isinstance(rows, list):
                raise GatewayFailed(f"{self._where}: expected a list at '{listing.rows}' of its answer")
            yield from rows
            if len(rows) < listing.count or "page" not in listing.names:
                return

    def _address(self, url: Any, where: str) -> str:
        try:
            scheme = urlsplit(url).scheme if isinstance(url, str) and url.isprintable() else ""
        except ValueError:
            scheme = ""
        if scheme not in STREAMS:
            raise GatewayFailed(f"{self._where}: expected an address such as rtsp://… at {where}, got another thing")
        return str(url)

    def _ask(self, asked: Asked, values: Mapping[str, str], seconds: float) -> Any:
        path, query, body = asked.filled(values)
        known = {**self.settings.values, **self._secrets}
        headers = {key: each.format_map(known) for key, each in self.settings.headers.items()}
        status, said = self._sent(asked.method, self.settings.base + path, query, body, headers, seconds)
        try:
            answer = json.loads(said)
        except ValueError:
            answer = None
        wrong = self.settings.error
        code = None if wrong is None else value_at(answer, wrong.code)
        if wrong is not None and code is not None and str(code) not in wrong.ok:
            why = value_at(answer, wrong.message) if wrong.message else ""
            raise GatewayFailed(f"{self._where} answered {self._plain(code)}: {self._plain(why or 'it says no more')}")
        if not 200 <= status < 300:
            raise GatewayFailed(f"{self._where} answered {status}{self._hint(status)}")
        return answer

    def _sent(
        self,
        method: str,
        url: str,
        query: Mapping[str, str],
        body: Mapping[str, str] | None,
        headers: Mapping[str, str],
        seconds: float,
    ) -> tuple[int, bytes]:
        end = time.monotonic() + seconds
        try:
            request = self._client.stream(
                method, url, params=query or None, json=body, headers=dict(headers), timeout=seconds
            )
            with request as response:
                said = b""
                for piece in response.iter_bytes():
                    said += piece
                    if len(said) > MOST or time.monotonic() > end:
                        raise GatewayFailed(f"{self._where} answers without end")
                return response.status_code, said
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, UnicodeError) as error:
            raise GatewayFailed(self._explained(error, seconds)) from None

    def _explained(self, error: Exception, seconds: float) -> str:
        if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout | httpx.PoolTimeout):
            return f"{self._where} did not answer within {seconds:g} s"
        cause: BaseException | None = TimeoutError() if isinstance(error, httpx.ConnectTimeout) else error
        while cause is not None and not isinstance(cause, OSError):
            cause = cause.__cause__ or cause.__context__
        if isinstance(cause, OSError):
            return explain_connect(cause, self._where)
        return f"{self._where} is no server that we understand ({type(error).__name__})"

    def _hint(self, status: int) -> str:
        if 300 <= status < 400:
            return ": it sends us elsewhere, which is not followed; mend 'base'"
        return "; check the variables that hold its secrets" if status in (401, 403) else ""

    def _plain(self, said: Any) -> str:
        """What it says, shortened, on one line, without our own secrets."""
        text = " ".join(str(said)[: 4 * SHOWN].split())
        for secret in self._secrets.values():
            if secret:
                text = text.replace(secret, "***")
        return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)[:SHOWN]
