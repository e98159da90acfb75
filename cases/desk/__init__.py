"""desk: where people's work on cases is kept: one writer, which follows the one ordered log."""

from cases.desk.conditions import Conditions, Kinds, Places, Plain, Where
from cases.desk.desk import Desk
from cases.desk.policies import Policies

__all__ = ["Conditions", "Desk", "Kinds", "Places", "Plain", "Policies", "Where"]
