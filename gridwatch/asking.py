"""asking: a running city, asked over its web API by a command: where it is, with whose token, what its answers mean."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from gridwatch.problems import Exit, Problem

if TYPE_CHECKING:
    import httpx

URL_ENV, TOKEN_ENV = "GRIDWATCH_URL", "GRIDWATCH_TOKEN"
_PATIENCE = 60.0


class RunningCity:
    """A city's web API. Use it in a `with`."""

    def __init__(self, url: str, token: str) -> None:
        import httpx

        # The environment's proxy is for the world outside; a token is for the city alone.
        self._client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=_PATIENCE, trust_env=False
        )
        self._url = url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def get(self, path: str, **asked: Any) -> Any:
        """What it answers. Raises Problem."""
        return self._ask("GET", path, params={key: value for key, value in asked.items() if value is not None})

    def post(self, path: str, body: Any, key: str | None = None) -> Any:
        """What it answers. body: bytes go as they are. key: the same one again changes nothing. Raises Problem."""
        content: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        return self._ask("POST", path, headers={} if key is None else {"Idempotency-Key": key}, **content)

    def _ask(self, method: str, path: str, **request: Any) -> Any:
        import httpx

        try:
            response = self._client.request(method, path, **request)
        except UnicodeError:
            raise Problem("Expected text in UTF-8; what was given has bytes that are none.", Exit.USAGE) from None
        except httpx.TimeoutException:
            raise Problem(f"{self._url} has not answered in {_PATIENCE:.0f} s. Look at the city's log.") from None
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Problem(
                f"Nothing answers at {self._url} ({type(error).__name__}). Start the city with `gridwatch run`, with a"
                f" section 'web' in its configuration, or set {URL_ENV} to where it is."
            ) from None
        return _meant(response, self._url)


def _meant(response: httpx.Response, url: str) -> Any:
    """The answer's content. Raises Problem where it says no."""
    try:
        said = response.json()
    except ValueError:
        raise Problem(f"{url} answers {response.status_code}, and not as a gridwatch does. Is it one?") from None
    if response.status_code in (200, 201):
        return said
    detail = str(said.get("detail", "")) if isinstance(said, Mapping) else ""
    if response.status_code == 202:
        raise Problem(detail)
    if response.status_code == 401:
        raise Problem(f"{detail} Set {TOKEN_ENV} to the secret of one of them.", Exit.USAGE)
    if response.status_code == 409:
        allowed = ", ".join(said.get("allowed", ())) or "nothing"
        raise Problem(f"{detail}\nPossible now: {allowed}.", Exit.FOUND)
    if response.status_code == 404:
        raise Problem(detail, Exit.FOUND)
    raise Problem(detail or f"{url} answers {response.status_code}.", _EXITS.get(response.status_code, Exit.CANNOT_RUN))


_EXITS = {403: Exit.USAGE, 413: Exit.USAGE, 422: Exit.USAGE}


def running_city(config: Path | None, url: str | None, environment: Mapping[str, str] = os.environ) -> RunningCity:
    """The city that is meant: by its address, or where the configuration's `web` says that it listens. Raises Problem,
    Faulty."""
    from gridwatch.problems import city_file

    token = environment.get(TOKEN_ENV, "")
    if not token:
        raise Problem(f"Set {TOKEN_ENV} to the secret of one of web.tokens in the city's configuration.", Exit.USAGE)
    if url is None:
        file = city_file(config or Path("city.yaml"))
        if not file.exists():
            advice = f"Name the city's configuration with --config, or set {URL_ENV} to where its web API is."
            raise Problem(f"There is no {file}. {advice}", Exit.USAGE)
        from gridwatch.web_section import load_web

        web = load_web(file)
        if web is None:
            raise Problem(f"{file} has no section 'web': add it, and start the city again.", Exit.USAGE)
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(web.host, web.host)  # noqa: S104 where it listens
        url = f"http://[{host}]:{web.port}" if ":" in host else f"http://{host}:{web.port}"
    return RunningCity(url, token)
