"""camera_zones: what zones of cameras were drawn in the console, each time that they were saved.

What holds is in a file of the data folder, which cameras read (gridwatch/drawn_zones.py); here is who made it so.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column

from cases.tables.base import METADATA, Json, Number

CAMERA_ZONES = sa.Table(
    "camera_zones",
    METADATA,
    Column("camera", sa.String, primary_key=True),
    Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    Column("at", Number, nullable=False),
    Column("by", sa.String, nullable=False),
    Column("note", sa.String, nullable=False),
    Column("zones", Json, nullable=False),
)
"""revision: counted from 1 for each camera. zones: {"zones": by name}; {"zones": null}: the configuration's hold again.
Of each camera only the newest are here."""
