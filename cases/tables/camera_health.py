"""camera_health: how cameras were: a row for each stretch of time in which one was so, by what it said itself.

What is between two stretches is not known: nobody heard the camera, or nobody listened.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column

from cases.tables.base import METADATA, Number

CAMERA_HEALTH = sa.Table(
    "camera_health",
    METADATA,
    Column("camera", sa.String, primary_key=True),
    Column("since", Number, primary_key=True),
    Column("until", Number, nullable=False),
    Column("state", sa.String, nullable=False),
    Column("reason", sa.String, nullable=False),
)
"""since, until: the times of the first and the last message that said so; where another followed at once, its time.
state: up, stalled, away, down. Of a month at most, and of each camera only the newest."""
sa.Index("ix_camera_health_until", CAMERA_HEALTH.c.until)
