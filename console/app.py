"""app: the web API of a city, whole: routes, who may speak, limits, and how errors are said.

OpenAPI (GET /api/openapi.json, for whoever is known) is the contract. Pages are what no route answers. Nothing here
looks at a clock or at the environment: both are given.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio.to_thread
import sqlalchemy as sa
from fastapi import Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from cases.office import Office
from cases.outbox.answers import Hearing
from console import (
    admin,
    admin_audit,
    admin_reload,
    admin_tokens,
    answers,
    basemap,
    cameras,
    cameras_zones,
    case_export,
    case_files,
    case_history,
    case_near,
    case_readings,
    case_why,
    cases,
    duty,
    duty_seen,
    errors,
    hotlines,
    indicators,
    integrations,
    integrations_clocks,
    layers,
    live,
    login,
    login_me,
    mobile,
    oidc,
    open311,
    pages,
    photos,
    positions,
    presence,
    public,
    registers,
    registers_changing,
    registers_files,
    reports,
    rules,
    saved,
    shifts,
    steps,
    storms,
    triage,
    triage_actions,
    triage_snoozes,
    triage_steps,
    tryout,
    units,
)
from console.access import Access, Limiter, somebody
from console.audit import Noted
from console.city import Beside, City
from console.contract import contract
from console.limits import Limits
from console.login_throttle import Throttle
from console.people_passwords import Passwords
from console.settings import Settings, WebSection
from console.settings_oidc import Oidc

if TYPE_CHECKING:
    from console.oidc_provider import Provider

PARTS = (
    login,
    login_me,
    oidc,
    admin,
    admin_audit,
    admin_reload,
    admin_tokens,
    cases,
    steps,
    units,
    case_files,
    case_why,
    case_readings,
    case_near,
    case_export,
    case_history,
    reports,
    photos,
    hotlines,
    answers,
    open311,
    live,
    positions,
    layers,
    basemap,
    indicators,
    integrations,
    integrations_clocks,
    shifts,
    duty,
    duty_seen,
    mobile,
    public,
    presence,
    registers,
    registers_changing,
    registers_files,
    rules,
    tryout,
    saved,
    storms,
    triage,
    triage_actions,
    triage_snoozes,
    triage_steps,
    cameras,
    cameras_zones,
)
"""What the API is made of; each has a `router`."""
THREADS = 100
"""So many requests may wait for the desk at a time."""


def create_app(
    office: Office,
    engine: sa.Engine,
    settings: Settings,
    secrets: Mapping[str, str],
    now: Callable[[], float],
    hearing: Hearing | None = None,
    beside: Beside | None = None,
    passwords: Passwords | None = None,
) -> FastAPI:
    """The app. engine: the store, in which the console writes its own tables. secrets: the environment. now: UTC
    seconds. hearing: what the targets of `dispatch` may answer. beside: what the running city offers. passwords: how
    they are compared.

    Raises ValueError, in plain words, where a token's secret is not set or not good enough.
    """
    speakers = speakers_of(settings.web, secrets, now)
    app = FastAPI(
        title="gridwatch",
        description="Reports, steps and cases of one city.",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.city = City(
        office,
        engine,
        settings,
        speakers.access,
        Limiter(now),
        passwords or Passwords(),
        Throttle(now),
        Noted(now),
        speakers.provider,
        oidc.Pending(),
        now,
        secrets,
        hearing,
        beside or Beside(),
    )
    for part in PARTS:
        app.include_router(part.router)

    @app.get("/api/openapi.json", include_in_schema=False, dependencies=[Depends(somebody)])
    def document() -> dict[str, Any]:
        return contract(app)

    errors.install(app)
    pages.install(app, Path(secrets.get("GRIDWATCH_PAGES") or pages.BUILT))
    app.add_middleware(GZipMiddleware, minimum_size=2000, compresslevel=4)
    app.add_middleware(Limits, max_body=lambda: app.state.city.settings.web.max_body)
    return app


def settle(app: FastAPI, settings: Settings, beside: Beside | None = None) -> None:
    """Let an app that answers already go by other settings from the next request on. beside: None: as it was. Raises
    ValueError as `create_app` does: then all stays as it was."""
    city: City = app.state.city
    speakers = speakers_of(settings.web, city.secrets, city.now)
    if settings.web.oidc == city.settings.web.oidc:  # what it knows of the provider's keys is good
        speakers = speakers._replace(provider=city.provider)
    app.state.city = replace(city, settings=settings, beside=beside or city.beside, **speakers._asdict())


class Speakers(NamedTuple):
    """Who may speak by the configuration, and who lets people in. Named as in `City`."""

    access: Access
    provider: Provider | None


def speakers_of(section: WebSection, secrets: Mapping[str, str], now: Callable[[], float]) -> Speakers:
    """Of a section. secrets: the environment. Raises ValueError, in plain words, where it can't be followed."""
    return Speakers(Access(section.tokens, secrets), _provider(section.oidc, secrets, now))


def _provider(section: Oidc | None, secrets: Mapping[str, str], now: Callable[[], float]) -> Provider | None:
    if section is None:
        return None
    try:
        from console.oidc_provider import Provider
    except ImportError:
        raise ValueError("web.oidc needs the extra 'oidc': pip install 'gridwatch[oidc]'") from None
    name = section.client_secret_env
    if name is not None and not secrets.get(name):
        raise ValueError(f"set {name}, which web.oidc names, and start again")
    return Provider(section, None if name is None else secrets[name], now)


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield
