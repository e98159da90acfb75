"""web: what all targets on HTTP share: addresses, a client that trusts nobody by accident, what an answer means.

Only http and https; certificates are always checked; redirects are not followed (they would carry secrets to somewhere
else), nor are the environment's proxies and password files; an answer is read up to a megabyte and only for so long.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from connectors.dispatch.message import Again, Outcome, Refused, Sent
from pipeline.links import Tls, explain_connect
from pipeline.units import Quantity, Seconds

MOST = 1 << 20
"""Of an answer is read, bytes."""
SHOWN = 200
"""Of what they say when they refuse, characters."""
REFUSING = frozenset({400, 406, 409, 411, 413, 414, 415, 422, 431})
"""What is wrong with the one message. Everything else that is no success (401, 404, a redirect, 500 …) would meet the
next one too: it is tried again, and the breaker shows it."""


def _url(text: str) -> str:
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        raise ValueError("expected an address such as 'https://crm.example.org/cases'") from None
    if url.scheme not in ("http", "https") or not host:
        raise ValueError("expected an address that begins with https:// or http://")
    if "@" in url.netloc or url.fragment:
        raise ValueError("expected no password and no '#' in it; name secrets by environment variables")
    return text


Url = Annotated[str, AfterValidator(_url)]


class WebTarget(BaseModel):
    """What all of them have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Url
    timeout: Seconds = Field(Quantity(10.0), gt=0, le=300, description="for connecting, and for each wait on them")
    tls: Tls | None = Field(None, description="another authority than the system's, a certificate of ours")


class Answer(msgspec.Struct, frozen=True):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes

    @property
    def ok(self) -> bool:
        """They did what they were asked."""
        return 200 <= self.status < 300


class Web:
    """Requests to one target."""

    def __init__(self, settings: WebTarget, folder: Path) -> None:
        """folder: what files are relative to. Raises FileNotFoundError, ValueError."""
        self._timeout = settings.timeout
        import httpx  # here, so that a configuration is checked quickly

        context = (settings.tls or Tls()).context(folder)
        self._client = httpx.Client(
            verify=context, timeout=settings.timeout, follow_redirects=False, trust_env=False, http2=False
        )
        self.where = urlsplit(settings.url).netloc

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def ask(self, method: str, url: str, **what: Any) -> Answer | Again:
        """One request. what: headers, content, data, params, as httpx has them."""
        import httpx

        end = time.monotonic() + 3 * self._timeout
        try:
            with self._client.stream(method, url, **what) as response:
                body = b""
                for piece in response.iter_bytes():
                    body += piece
                    if len(body) > MOST or time.monotonic() > end:
                        return Again(f"{self.where} answers without end")
                return Answer(response.status_code, response.headers, body)
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            return Again(self._explain(error))

    def judge(self, answer: Answer | Again) -> Outcome:
        """What it means for the message."""
        if isinstance(answer, Again):
            return answer
        if answer.ok:
            return Sent()
        why = f"{self.where} answered {answer.status}{said(answer.body)}"
        if answer.status in REFUSING:
            return Refused(why)
        if 300 <= answer.status < 400:
            why = f"{self.where} sends us elsewhere ({answer.status}), which is not followed; mend 'url'"
        if answer.status in (401, 403):
            why += "; check the variables that hold its secrets"
        away = retry_after(answer.headers.get("retry-after", ""), time.time())
        return Again(why, away if answer.status in (429, 503) else None)

    def _explain(self, error: Exception) -> str:
        import httpx

        if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout | httpx.PoolTimeout):
            return f"{self.where} took it and did not answer in {self._timeout:g} s"
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, OSError):
            cause = cause.__cause__ or cause.__context__
        if isinstance(error, httpx.ConnectTimeout):
            cause = TimeoutError()
        if isinstance(cause, OSError):
            return explain_connect(cause, self.where)
        return f"{self.where} is no server that we understand ({error or type(error).__name__})"


def said(body: bytes) -> str:
    """What they say, shortened, on one line; '' where they say nothing readable."""
    text = " ".join(body[: 4 * SHOWN].decode("utf-8", "replace").split())
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return f": {text[:SHOWN]}" if text else ""


def retry_after(text: str, now: float) -> float | None:
    """Seconds of a Retry-After header (RFC 9110, 10.2.3); None where it has none."""
    if text.strip().isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return None
