"""rules: who put which parameters of a rule in force by the console, when and why; rows are only ever added."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column

from cases.tables.base import METADATA, Json, Long, Number

RULE_CHANGES = sa.Table(
    "rule_changes",
    METADATA,
    Column("number", Long, primary_key=True, autoincrement=True),
    Column("rule", sa.String, nullable=False),
    Column("at", Number, nullable=False),
    Column("by", sa.String, nullable=False),
    Column("why", sa.String, nullable=False),
    Column("version", sa.String, nullable=False),
    Column("before", Json, nullable=False),
    Column("after", Json, nullable=False),
    Column("undoes", Long),
)
"""version: of the rule, as it is then. before, after: the values of the parameters that were changed, as a
configuration has them. undoes: the change that this one takes back."""
sa.Index("ix_rule_changes_rule", RULE_CHANGES.c.rule, RULE_CHANGES.c.number)
