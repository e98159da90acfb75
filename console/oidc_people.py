"""oidc_people: whom the claims of an OpenID provider mean here: a user, made at the first login, as they are now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cases.database import writing
from cases.tables.people import USERS
from console.audit import note
from console.city import City
from console.people import Row, Taken, add_user, fitting, user_by
from console.roles import AnyRole
from console.settings_oidc import Oidc

_SIZE = 80


class NotLetIn(Exception):
    """Why somebody whom the provider knows does not come in; plain words."""


def let_in(city: City, oidc: Oidc, claims: Mapping[str, Any]) -> Row:
    """The user that the claims mean, with the roles, unit and areas that they give. Raises NotLetIn."""
    subject, now = f"{oidc.issuer}|{claims['sub']}", city.now()
    name = str(_inside(claims, oidc.name_claim) or "").strip()[:_SIZE]
    roles = roles_in(oidc, claims)
    unit = str(_inside(claims, oidc.unit_claim) or "")[:_SIZE] if oidc.unit_claim else ""
    areas = [str(each)[:40] for each in _several(_inside(claims, oidc.areas_claim))] if oidc.areas_claim else []
    if not roles:
        raise NotLetIn("none of their roles there is one in web.oidc.roles")
    is_now = {"roles": [str(role) for role in roles], "unit": unit, "areas": areas}
    is_now["shown"] = str(claims.get("name") or "")[:_SIZE]
    with writing(city.engine) as connection:
        id = connection.execute(sa.select(USERS.c.id).where(USERS.c.subject == subject)).scalar()
        try:
            if id is None:
                if not name or city.access.has(name):
                    raise NotLetIn(f"the claim '{oidc.name_claim}' is no name that they could have here")
                values: dict[str, Any] = is_now | {"roles": tuple(is_now["roles"]), "areas": tuple(areas)}
                id = add_user(connection, name=name, now=now, by="", must_change=False, subject=subject, **values)
                note(connection, now, name, "user.made", name, by="oidc", roles=is_now["roles"])
            else:
                _fit(connection, id, is_now, now)
        except Taken:
            raise NotLetIn("their name there is somebody else's here; let the provider give another") from None
        except ValueError:
            raise NotLetIn("what their claims say of roles, unit and areas does not fit together") from None
        row = user_by(connection, id)
    if row is None or row["disabled"]:
        raise NotLetIn("they are disabled here")
    return row


def roles_in(oidc: Oidc, claims: Mapping[str, Any]) -> tuple[AnyRole, ...]:
    """What somebody is here, by what they are there."""
    there = _several(_inside(claims, oidc.roles_claim))
    return tuple(dict.fromkeys(role for each in there for role in oidc.roles.get(str(each), ())))


def _fit(connection: sa.Connection, id: str, is_now: dict[str, Any], now: float) -> None:
    """Let them be what they are there now. Raises ValueError."""
    before = user_by(connection, id) or {}
    fitting({**before, **is_now})
    changed = {name: value for name, value in is_now.items() if before[name] != value}
    if changed:
        connection.execute(USERS.update().where(USERS.c.id == id).values(**changed))
        note(connection, now, before["name"], "user.changed", before["name"], by="oidc", **changed)


def _inside(claims: Mapping[str, Any], path: str) -> Any:
    """`realm_access.roles`: a claim within a claim; a claim whose own name has dots comes first."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
