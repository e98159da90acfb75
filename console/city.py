"""city: what every route is given: the office, the store's read side, the settings, who may speak, what time it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, cast

import sqlalchemy as sa
from fastapi import Depends, Request

from cases.office import Office
from cases.outbox.answers import Hearing
from console.presence_book import Presence
from console.settings import Settings

if TYPE_CHECKING:
    from console.access import Access, Limiter
    from console.admin_reload import Reloading
    from console.audit import Noted
    from console.cameras_known import Cameras
    from console.case_told import CaseBeside
    from console.indicators_city import Measured
    from console.integrations_told import Health
    from console.live_hub import Hub
    from console.live_map import Earlier, Ground
    from console.login_throttle import Throttle
    from console.oidc import Pending
    from console.oidc_provider import Provider
    from console.people_passwords import Passwords
    from console.public_parking import Counts
    from console.registers_shelf import RunningRegisters
    from console.rules_city import RunningRules


@dataclass(frozen=True, slots=True)
class Beside:
    """What a running city offers beside its store, a field for each part of the console; None: it has no such thing,
    and the part says so."""

    cameras: Cameras | None = None
    """Cameras, with their latest pictures (console/cameras_known.py)."""
    case: CaseBeside | None = None
    """What the journal, the printer and the cameras' store know of a case (console/case_told.py)."""
    earlier: Earlier | None = None
    """Ways of before what `ground` remembers (console/live_map.py)."""
    ground: Ground | None = None
    """Where everything was last, and the registers in force (console/live_map.py)."""
    live: Hub | None = None
    """What has just happened (console/live_hub.py)."""
    measured: Measured | None = None
    """What indicators and reports need (console/indicators_city.py)."""
    health: Health | None = None
    """How sources, devices and the journal are doing (console/integrations_told.py)."""
    parking: Counts | None = None
    """The last counts of free parking spaces (console/public_parking.py)."""
    reloading: Reloading | None = None
    """The configuration read again (console/admin_reload.py)."""
    registers: RunningRegisters | None = None
    """What is in force of registers (console/registers_shelf.py)."""
    rules: RunningRules | None = None
    """The rules in force, to be tried and changed (console/rules_city.py)."""


@dataclass(frozen=True, slots=True)
class City:
    """One city at work, as the web API knows it."""

    office: Office
    engine: sa.Engine
    """To be read; the console's own tables are written by `cases.database.writing`, all others by the office alone."""
    settings: Settings
    access: Access
    limiter: Limiter
    passwords: Passwords
    throttle: Throttle
    noted: Noted
    provider: Provider | None
    """Who else lets people in; None: nobody."""
    pending: Pending
    now: Callable[[], float]
    """UTC seconds."""
    secrets: Mapping[str, str]
    """The environment."""
    hearing: Hearing | None = None
    """What the targets of `dispatch` may answer; None: there are none."""
    beside: Beside = field(default_factory=Beside)
    presence: Presence = field(default_factory=Presence)
    """Who looks at which case."""


def city_of(request: Request) -> City:
    """The city of the app that a request came to."""
    return cast(City, request.app.state.city)


OfCity = Annotated[City, Depends(city_of)]
