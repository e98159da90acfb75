"""people: who may use the console: users, their sessions, links that log in once, tokens made there, the audit trail.

The console's own: the desk neither reads nor writes it. No password, session or token is kept as it is: only what a
guess can be compared with.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column

from cases.tables.base import METADATA, Json, Long, Number

USERS = sa.Table(
    "users",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("key", sa.String, nullable=False, unique=True),
    Column("name", sa.String, nullable=False),
    Column("shown", sa.String, nullable=False),
    Column("password", sa.String, nullable=False),
    Column("must_change", sa.Boolean, nullable=False),
    Column("roles", Json, nullable=False),
    Column("unit", sa.String, nullable=False),
    Column("areas", Json, nullable=False),
    Column("language", sa.String, nullable=False),
    Column("subject", sa.String, unique=True),
    Column("disabled", sa.Boolean, nullable=False),
    Column("made", Number, nullable=False),
    Column("made_by", sa.String, nullable=False),
    Column("changed", Number, nullable=False),
    Column("last_login", Number),
)
"""key: the name as it is compared, case-folded. password: argon2id, '' where there is none. must_change: the password,
before anything else. areas: beginnings of grid cells; empty: everywhere. subject: issuer and subject of an OpenID
provider. Users are disabled, never deleted: their names stand beside steps. changed: when the password was, last."""

SESSIONS = sa.Table(
    "sessions",
    METADATA,
    Column("hash", sa.String, primary_key=True),
    Column("id", sa.String, nullable=False, unique=True),
    Column("user_id", sa.String, sa.ForeignKey("users.id"), nullable=False),
    Column("made", Number, nullable=False),
    Column("seen", Number, nullable=False),
    Column("until", Number, nullable=False),
    Column("by", sa.String, nullable=False),
    Column("address", sa.String, nullable=False),
    Column("agent", sa.String, nullable=False),
)
"""hash: SHA-256 of the cookie. id: by which it is named. seen: to the minute. by: password, link, oidc. agent: the
browser, as it says. What has ended is not here."""
sa.Index("ix_sessions_user_id", SESSIONS.c.user_id, SESSIONS.c.made)
sa.Index("ix_sessions_until", SESSIONS.c.until)

LOGIN_LINKS = sa.Table(
    "login_links",
    METADATA,
    Column("hash", sa.String, primary_key=True),
    Column("user_id", sa.String, sa.ForeignKey("users.id"), nullable=False),
    Column("until", Number, nullable=False),
)
"""hash: SHA-256 of what the link ends with. One that was used is not here."""

API_TOKENS = sa.Table(
    "api_tokens",
    METADATA,
    Column("id", sa.String, primary_key=True),
    Column("hash", sa.String, nullable=False, unique=True),
    Column("name", sa.String, nullable=False, unique=True),
    Column("roles", Json, nullable=False),
    Column("unit", sa.String, nullable=False),
    Column("areas", Json, nullable=False),
    Column("channel", sa.String, nullable=False),
    Column("made", Number, nullable=False),
    Column("made_by", sa.String, nullable=False),
    Column("until", Number, nullable=False),
    Column("used", Number),
    Column("ended", Number),
    Column("ended_by", sa.String, nullable=False),
)
"""Tokens made in the console, beside those of the configuration. used: last, to the minute."""

AUDIT = sa.Table(
    "audit",
    METADATA,
    Column("number", Long, primary_key=True, autoincrement=True),
    Column("at", Number, nullable=False),
    Column("who", sa.String, nullable=False),
    Column("action", sa.String, nullable=False),
    Column("about", sa.String, nullable=False),
    Column("address", sa.String, nullable=False),
    Column("data", Json, nullable=False),
)
"""Who did what when from where; rows are only ever added. who: '' where it is nobody that is known."""
sa.Index("ix_audit_at", AUDIT.c.at)
sa.Index("ix_audit_who", AUDIT.c.who, AUDIT.c.number)
sa.Index("ix_audit_action", AUDIT.c.action, AUDIT.c.number)
