"""All tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """All tables."""
    op.create_table(
        "addresses",
        sa.Column("number", LONG, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Double(), nullable=True),
        sa.Column("valid_to", sa.Double(), nullable=True),
        sa.Column("since", LONG, nullable=False),
        sa.Column("until", LONG, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_addresses")),
    )
    op.create_index(
        "ix_addresses_cell",
        "addresses",
        ["cell"],
        unique=False,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index("ix_addresses_id", "addresses", ["id"], unique=False)
    op.create_table(
        "answers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("allowed", JSON, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
    )
    op.create_index("ix_answers_at", "answers", ["at"], unique=False)
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("areas", JSON, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("made", sa.Double(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("used", sa.Double(), nullable=True),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_tokens_hash")),
        sa.UniqueConstraint("name", name=op.f("uq_api_tokens_name")),
    )
    op.create_table(
        "applied",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.Double(), nullable=False),
        sa.Column("confirmed", sa.Double(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("position", LONG, nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("through", LONG, nullable=False),
        sa.CheckConstraint("one = 1", name=op.f("ck_applied_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_applied")),
    )
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked", sa.Double(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("answered", sa.Double(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    op.create_index("ix_approvals_case_id", "approvals", ["case_id"], unique=False)
    op.create_index(
        "ix_approvals_waiting",
        "approvals",
        ["role", "asked"],
        unique=False,
        sqlite_where=sa.text("answered IS NULL"),
        postgresql_where=sa.text("answered IS NULL"),
    )
    op.create_table(
        "audit",
        sa.Column("number", LONG, autoincrement=True, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_action", "audit", ["action", "number"], unique=False)
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_index("ix_audit_who", "audit", ["who", "number"], unique=False)
    op.create_table(
        "camera_health",
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("camera", "since", name=op.f("pk_camera_health")),
    )
    op.create_index("ix_camera_health_until", "camera_health", ["until"], unique=False)
    op.create_table(
        "camera_zones",
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("zones", JSON, nullable=False),
        sa.PrimaryKeyConstraint("camera", "revision", name=op.f("pk_camera_zones")),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", sa.Double(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rule_version", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("category_said", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("going_on", sa.Integer(), nullable=False),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("confirmed", sa.Double(), nullable=True),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("measure", sa.Double(), nullable=True),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("grid", sa.String(), nullable=False),
        sa.Column("component", sa.String(), nullable=False),
        sa.Column("area_class", sa.String(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("condition", sa.String(), nullable=False),
        sa.Column("responsible", sa.String(), nullable=False),
        sa.Column("helpers", JSON, nullable=False),
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("opened", sa.Double(), nullable=False),
        sa.Column("filed", sa.Double(), nullable=True),
        sa.Column("dispatched", sa.Double(), nullable=True),
        sa.Column("handled", sa.Double(), nullable=True),
        sa.Column("handler", sa.String(), nullable=False),
        sa.Column("closed", sa.Double(), nullable=True),
        sa.Column("file_due", sa.Double(), nullable=True),
        sa.Column("time_limit", sa.String(), nullable=False),
        sa.Column("due", sa.Double(), nullable=True),
        sa.Column("deadline", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("suspended", sa.Double(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("proposal", JSON, nullable=True),
        sa.Column("merged_into", sa.String(), nullable=True),
        sa.Column("split_from", sa.String(), nullable=True),
        sa.Column("storm", sa.String(), nullable=True),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("dispatches", sa.Integer(), nullable=False),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.Column("reworks", sa.Integer(), nullable=False),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column("urges", sa.Integer(), nullable=False),
        sa.Column("reopenings", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("fusion", JSON, nullable=True),
        sa.Column("opened_position", LONG, nullable=False),
        sa.Column("position", LONG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
    )
    op.create_index(
        "ix_cases_active_place",
        "cases",
        ["lat", "lon"],
        unique=False,
        sqlite_where=sa.text("state NOT IN ('closed', 'rejected', 'merged') AND NOT withdrawn"),
        postgresql_where=sa.text("state NOT IN ('closed', 'rejected', 'merged') AND NOT withdrawn"),
    )
    op.create_index("ix_cases_category", "cases", ["category", "opened"], unique=False)
    op.create_index("ix_cases_closed", "cases", ["closed"], unique=False)
    op.create_index("ix_cases_due", "cases", ["due"], unique=False)
    op.create_index("ix_cases_filed", "cases", ["filed"], unique=False)
    op.create_index("ix_cases_grid", "cases", ["grid", "opened"], unique=False)
    op.create_index(
        "ix_cases_helped",
        "cases",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state NOT IN ('closed', 'rejected', 'merged') AND NOT withdrawn AND helpers <> '[]'"),
        postgresql_where=sa.text("state NOT IN ('closed', 'rejected', 'merged') AND NOT withdrawn AND helpers <> '[]'"),
    )
    op.create_index(
        "ix_cases_merged_into",
        "cases",
        ["merged_into"],
        unique=False,
        sqlite_where=sa.text("merged_into IS NOT NULL"),
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index("ix_cases_opened", "cases", ["opened", "id"], unique=False)
    op.create_index("ix_cases_place", "cases", ["lat", "lon"], unique=False)
    op.create_index("ix_cases_responsible", "cases", ["responsible", "state"], unique=False)
    op.create_index("ix_cases_rule", "cases", ["rule", "started"], unique=False)
    op.create_index("ix_cases_started", "cases", ["started", "id"], unique=False)
    op.create_index("ix_cases_state", "cases", ["state", "due"], unique=False)
    op.create_index("ix_cases_subject", "cases", ["subject", "started"], unique=False)
    op.create_table(
        "changes",
        sa.Column("number", LONG, autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_changes_at", "changes", ["at"], unique=False)
    op.create_index("ix_changes_case_id", "changes", ["case_id"], unique=False)
    op.create_table(
        "counters",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", LONG, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "duties",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("last", sa.Double(), nullable=False),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("placed", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("accuracy", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duties")),
    )
    op.create_index("ix_duties_last", "duties", ["last"], unique=False)
    op.create_index(
        "ix_duties_open",
        "duties",
        ["who"],
        unique=False,
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )
    op.create_index("ix_duties_who", "duties", ["who", "started"], unique=False)
    op.create_table(
        "duty_looks",
        sa.Column("number", LONG, autoincrement=True, nullable=False),
        sa.Column("whose", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_duty_looks")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_duty_looks_at", "duty_looks", ["at"], unique=False)
    op.create_index("ix_duty_looks_whose", "duty_looks", ["whose", "at"], unique=False)
    op.create_table(
        "duty_positions",
        sa.Column("duty", sa.String(), nullable=False),
        sa.Column("number", LONG, autoincrement=False, nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("accuracy", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("duty", "number", name=op.f("pk_duty_positions")),
    )
    op.create_index("ix_duty_positions_at", "duty_positions", ["at"], unique=False)
    op.create_index("ix_duty_positions_who", "duty_positions", ["who", "at"], unique=False)
    op.create_table(
        "episodes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rule_version", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("confirmed", sa.Double(), nullable=True),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("measure", sa.Double(), nullable=True),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("joined", LONG, nullable=True),
        sa.Column("happening", JSON, nullable=True),
        sa.Column("opened_position", LONG, nullable=False),
        sa.Column("position", LONG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episodes")),
    )
    op.create_index("ix_episodes_case_id", "episodes", ["case_id"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("captured", sa.Double(), nullable=True),
        sa.Column("clock_offset", sa.Double(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("extra", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index("ix_evidence_case_id", "evidence", ["case_id"], unique=False)
    op.create_table(
        "filters",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filters")),
        sa.UniqueConstraint("owner", "name", name=op.f("uq_filters_owner_name")),
    )
    op.create_index("ix_filters_shared", "filters", ["shared"], unique=False)
    op.create_table(
        "followers",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", LONG, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_followers")),
    )
    op.create_table(
        "handovers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outgoing", sa.String(), nullable=False),
        sa.Column("incoming", sa.String(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("signed_out", sa.Double(), nullable=False),
        sa.Column("signed_in", sa.Double(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
    )
    op.create_index("ix_handovers_signed_out", "handovers", ["signed_out"], unique=False)
    op.create_index(
        "ix_handovers_waiting",
        "handovers",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "held",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("until", sa.Double(), nullable=True),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column("data", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held")),
    )
    op.create_index("ix_held_by", "held", ["by", "number"], unique=False)
    op.create_table(
        "notice_cases",
        sa.Column("notice", LONG, autoincrement=False, nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("notice", "case_id", name=op.f("pk_notice_cases")),
    )
    op.create_index("ix_notice_cases_case_id", "notice_cases", ["case_id"], unique=False)
    op.create_table(
        "notice_quiet",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "about", name=op.f("pk_notice_quiet")),
    )
    op.create_index("ix_notice_quiet_until", "notice_quiet", ["until"], unique=False)
    op.create_table(
        "notice_sends",
        sa.Column("notice", LONG, autoincrement=False, nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made", sa.Double(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next", sa.Double(), nullable=False),
        sa.Column("sent", sa.Double(), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("notice", "round", "channel", name=op.f("pk_notice_sends")),
    )
    op.create_index(
        "ix_notice_sends_waiting",
        "notice_sends",
        ["channel", "next"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "notices",
        sa.Column("number", LONG, autoincrement=True, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("made", sa.Double(), nullable=False),
        sa.Column("items", JSON, nullable=False),
        sa.Column("more", sa.Integer(), nullable=False),
        sa.Column("next", sa.Double(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("escalations", sa.Integer(), nullable=False),
        sa.Column("snoozed", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Double(), nullable=True),
        sa.Column("acknowledged", sa.Double(), nullable=True),
        sa.Column("acknowledged_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_notices")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notices_made", "notices", ["made"], unique=False)
    op.create_index("ix_notices_state", "notices", ["state", "next"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("number", LONG, nullable=False),
        sa.Column("change", LONG, nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next", sa.Double(), nullable=False),
        sa.Column("first_tried", sa.Double(), nullable=True),
        sa.Column("last_tried", sa.Double(), nullable=True),
        sa.Column("finished", sa.Double(), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("look", sa.Double(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("target", "number", name=op.f("uq_outbox_target_number")),
    )
    op.create_index("ix_outbox_case_id", "outbox", ["case_id", "target", "number"], unique=False)
    op.create_index("ix_outbox_finished", "outbox", ["finished"], unique=False)
    op.create_index("ix_outbox_look", "outbox", ["target", "look"], unique=False)
    op.create_index("ix_outbox_reference", "outbox", ["target", "reference"], unique=False)
    op.create_index(
        "ix_outbox_unsent",
        "outbox",
        ["target", "case_id", "number"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'dead')"),
        postgresql_where=sa.text("state IN ('waiting', 'dead')"),
    )
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["target", "number"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "outbox_targets",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("since", LONG, nullable=False),
        sa.Column("number", LONG, nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("breaker", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("worked", sa.Double(), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_outbox_targets")),
    )
    op.create_table(
        "parts",
        sa.Column("number", LONG, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("grid", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Double(), nullable=True),
        sa.Column("valid_to", sa.Double(), nullable=True),
        sa.Column("since", LONG, nullable=False),
        sa.Column("until", LONG, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_parts")),
    )
    op.create_index(
        "ix_parts_cell",
        "parts",
        ["cell"],
        unique=False,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index("ix_parts_id", "parts", ["id"], unique=False)
    op.create_table(
        "register_changes",
        sa.Column("number", LONG, autoincrement=True, nullable=False),
        sa.Column("register", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("effective", sa.Double(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("added", LONG, nullable=False),
        sa.Column("removed", LONG, nullable=False),
        sa.Column("skipped", LONG, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_register_changes")),
    )
    op.create_index("ix_register_changes_register", "register_changes", ["register", "number"], unique=False)
    op.create_table(
        "register_rows",
        sa.Column("number", LONG, autoincrement=True, nullable=False),
        sa.Column("register", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Double(), nullable=True),
        sa.Column("valid_to", sa.Double(), nullable=True),
        sa.Column("data", JSON, nullable=False),
        sa.Column("since", LONG, nullable=False),
        sa.Column("until", LONG, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_register_rows")),
    )
    op.create_index("ix_register_rows_register", "register_rows", ["register", "until", "id"], unique=False)
    op.create_index("ix_register_rows_since", "register_rows", ["since"], unique=False)
    op.create_table(
        "reports",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("joined", LONG, nullable=True),
        sa.Column("happening", JSON, nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("contact", JSON, nullable=False),
        sa.Column("photos", JSON, nullable=False),
        sa.Column("extra", JSON, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    op.create_index("ix_reports_at", "reports", ["channel", "at"], unique=False)
    op.create_index("ix_reports_case_id", "reports", ["case_id"], unique=False)
    op.create_index("ix_reports_number", "reports", ["number", "channel"], unique=False)
    op.create_table(
        "rule_changes",
        sa.Column("number", LONG, autoincrement=True, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.Column("undoes", LONG, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rule_changes")),
    )
    op.create_index("ix_rule_changes_rule", "rule_changes", ["rule", "number"], unique=False)
    op.create_table(
        "scopes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("asked", sa.Double(), nullable=False),
        sa.Column("reviewed_by", sa.String(), nullable=False),
        sa.Column("reviewed", sa.Double(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scopes")),
    )
    op.create_index("ix_scopes_case_id", "scopes", ["case_id"], unique=False)
    op.create_index("ix_scopes_state", "scopes", ["state", "until"], unique=False)
    op.create_table(
        "shift_notes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_notes")),
    )
    op.create_index("ix_shift_notes_at", "shift_notes", ["at"], unique=False)
    op.create_table(
        "shifts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("grids", JSON, nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
    )
    op.create_index("ix_shifts_person", "shifts", ["person", "start"], unique=False)
    op.create_index("ix_shifts_start", "shifts", ["start"], unique=False)
    op.create_table(
        "snoozes",
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("who", "case_id", name=op.f("pk_snoozes")),
    )
    op.create_index("ix_snoozes_case_id", "snoozes", ["case_id"], unique=False)
    op.create_index("ix_snoozes_until", "snoozes", ["until"], unique=False)
    op.create_table(
        "steps",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("from_state", sa.String(), nullable=False),
        sa.Column("since", sa.Double(), nullable=True),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steps")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_steps_case_id_number")),
    )
    op.create_index("ix_steps_at", "steps", ["at"], unique=False)
    op.create_table(
        "storms",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.Column("above", sa.Double(), nullable=True),
        sa.Column("recent", JSON, nullable=False),
        sa.PrimaryKeyConstraint("rule", "area", name=op.f("pk_storms")),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("collector", sa.String(), nullable=False),
        sa.Column("asked", sa.Double(), nullable=False),
        sa.Column("answered", sa.Double(), nullable=True),
        sa.Column("result", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index("ix_tasks_case_id", "tasks", ["case_id"], unique=False)
    op.create_index("ix_tasks_collector", "tasks", ["collector", "answered"], unique=False)
    op.create_table(
        "timers",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "kind", name=op.f("pk_timers")),
    )
    op.create_index("ix_timers_at", "timers", ["at", "case_id", "kind"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("areas", JSON, nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("made", sa.Double(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("last_login", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("key", name=op.f("uq_users_key")),
        sa.UniqueConstraint("subject", name=op.f("uq_users_subject")),
    )
    op.create_table(
        "login_links",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_login_links_user_id")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_login_links")),
    )
    op.create_table(
        "sessions",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("made", sa.Double(), nullable=False),
        sa.Column("seen", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_sessions")),
        sa.UniqueConstraint("id", name=op.f("uq_sessions_id")),
    )
    op.create_index("ix_sessions_until", "sessions", ["until"], unique=False)
    op.create_index("ix_sessions_user_id", "sessions", ["user_id", "made"], unique=False)
    op.create_index(
        "ix_cases_triage",
        "cases",
        [
            sa.literal_column(
                "(CASE WHEN state = 'suspended' THEN 20 WHEN deadline = 'overdue' THEN 0 ELSE 10 END - severity)"
            ),
            sa.literal_column("(coalesce(CASE WHEN filed IS NULL THEN file_due ELSE due END, 1e18))"),
            sa.literal_column("(-opened)"),
            sa.literal_column("id"),
        ],
        unique=False,
        sqlite_where=sa.text("state NOT IN ('closed', 'rejected', 'merged') AND NOT withdrawn"),
        postgresql_where=sa.text("state NOT IN ('closed', 'rejected', 'merged') AND NOT withdrawn"),
        postgresql_include=[
            "state",
            "deadline",
            "severity",
            "filed",
            "file_due",
            "due",
            "opened",
            "category",
            "responsible",
            "officer",
            "grid",
            "level",
            "channel",
            "rule",
            "subject",
            "storm",
        ],
    )
