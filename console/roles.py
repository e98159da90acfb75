"""roles: what people and tokens may be: the roles of a case's life, and those that only the console has.

操作员 operator, 受理员 acceptor, 派遣员 dispatcher, 采集员 collector, 处置人员 handler (life's `unit`), 督察
supervisor, integrator, administrator.
"""

from __future__ import annotations

from enum import StrEnum

from cases.life import Role


class ConsoleRole(StrEnum):
    """Roles beyond those that act on cases."""

    OPERATOR = "operator"
    """Works the queue alone: acts on cases as acceptor and as dispatcher."""
    INTEGRATOR = "integrator"
    """Keeps what is connected: cameras, rules, registers."""
    ADMINISTRATOR = "administrator"
    """Users, roles, tokens, the audit trail, reload."""


AnyRole = Role | ConsoleRole

ROLES: tuple[AnyRole, ...] = (
    ConsoleRole.OPERATOR,
    Role.ACCEPTOR,
    Role.DISPATCHER,
    Role.COLLECTOR,
    Role.UNIT,
    Role.SUPERVISOR,
    Role.OUTSIDE,
    ConsoleRole.INTEGRATOR,
    ConsoleRole.ADMINISTRATOR,
)
"""What somebody can be, in the order in which it is offered."""


def role_of(text: str) -> AnyRole:
    """The role of this name; 'handler' is the unit's. Raises ValueError."""
    name = "unit" if text == "handler" else text
    found = next((role for role in ROLES if role == name), None)
    if found is None:
        raise ValueError(f"there is no role '{text}'; there are: {', '.join(ROLES)}")
    return found
