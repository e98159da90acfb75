"""base: what all tables of the store share: one MetaData, and column types that SQLite and PostgreSQL both have."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Constraints have names, because a migration can only change what it can name."""

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
Long = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""64 bits in both; in SQLite only INTEGER may count up by itself."""
Number: sa.Double[float] = sa.Double()
"""Times are UTC seconds, places WGS-84 degrees; NULL where not known (no database compares NaN well)."""
