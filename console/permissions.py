"""permissions: what people may do in the console beyond a case's own actions, and the dependency that checks it.

A case's actions are the desk's to allow (`cases.life`). All else that a route gives or changes is one permission of
this list; a route names it: `who: Annotated[Token, Depends(may(Permission.EDIT_REGISTERS))]`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from cases.life import Role
from console.access import Who
from console.errors import Refused
from console.settings import Token


class Permission(StrEnum):
    """One kind of thing that may be done."""

    SEE_CASES = "see_cases"
    """Cases, the map, and what is live."""
    SEE_EVIDENCE = "see_evidence"
    """Pictures, clips and camera frames."""
    SEE_REGISTERS = "see_registers"
    EDIT_REGISTERS = "edit_registers"
    EDIT_CAMERAS = "edit_cameras"
    """Zones, regions and presets."""
    EDIT_RULES = "edit_rules"
    """Try rules on recorded data, and put their parameters in force."""
    SEE_INDICATORS = "see_indicators"
    KEEP_SHIFTS = "keep_shifts"
    """Duty rosters; hand a shift over."""
    SEE_HEALTH = "see_health"
    """Sources, sinks, silent devices, dead letters."""
    MEND_SINKS = "mend_sinks"
    """Send again, or drop, what other systems did not take."""
    ON_DUTY = "on_duty"
    """Sign on for duty and be located meanwhile."""
    SEE_TRACKS = "see_tracks"
    """Where others have been on duty; they see who looked."""
    ADMINISTER = "administer"
    """Users, roles, tokens, the audit trail, reload."""


_SEES = frozenset({Permission.SEE_CASES, Permission.SEE_EVIDENCE, Permission.SEE_REGISTERS})
_OFFICE = _SEES | {Permission.SEE_INDICATORS, Permission.KEEP_SHIFTS, Permission.SEE_HEALTH}
_FIELD = frozenset({Permission.SEE_CASES, Permission.SEE_EVIDENCE, Permission.ON_DUTY})

GRANTS: dict[str, frozenset[Permission]] = {
    Role.COLLECTOR: _FIELD,
    Role.ACCEPTOR: _OFFICE,
    Role.DISPATCHER: _OFFICE,
    Role.UNIT: _FIELD,
    Role.SUPERVISOR: _OFFICE
    | {Permission.EDIT_REGISTERS, Permission.EDIT_RULES, Permission.SEE_TRACKS, Permission.MEND_SINKS},
    Role.OUTSIDE: frozenset({Permission.SEE_CASES}),
    "operator": _OFFICE,
    "integrator": _SEES
    | {
        Permission.EDIT_REGISTERS,
        Permission.EDIT_CAMERAS,
        Permission.EDIT_RULES,
        Permission.SEE_HEALTH,
        Permission.MEND_SINKS,
    },
    "administrator": frozenset(Permission),
}
"""By role: what it may. The roles of `cases.life`, and those that only the console has."""


OF_THE_CITY = frozenset(
    {Permission.EDIT_REGISTERS, Permission.EDIT_CAMERAS, Permission.EDIT_RULES, Permission.MEND_SINKS}
)
"""What changes the whole city: not for who sees some areas alone."""


def permissions_of(who: Token) -> frozenset[Permission]:
    """All that somebody may, by any of their roles."""
    found = frozenset[Permission]().union(*(GRANTS.get(role, frozenset()) for role in who.roles))
    return found - OF_THE_CITY if who.areas else found


def may(permission: Permission) -> Callable[[Token], Token]:
    """A dependency that lets pass only who has the permission. Raises Refused."""

    def allowed(who: Who) -> Token:
        if permission not in permissions_of(who):
            raise Refused(403, f"This needs the permission '{permission.value}'; ask whoever administers this city.")
        return who

    return allowed
