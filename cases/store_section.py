"""store_section: the section `store:` of the configuration: in which database the cases are.

Without it they are in a file in the city's data folder, which one machine needs nothing more for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cases.database_postgres import postgres_url
from pipeline.links import Variable, secrets

FILE = "cases.sqlite"
"""Its name in a city's data folder."""


def _url(text: str) -> str:
    if postgres_url(text).password is not None:
        raise ValueError("expected a URL without a password; name an environment variable that holds it: password_env")
    return text


class StoreSection(BaseModel):
    """What a city's file says under `store:`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, AfterValidator(_url)] = Field(
        description="PostgreSQL 15 or later, such as postgresql://gridwatch@db.example.org/gridwatch"
    )
    password_env: Variable | None = Field(None, description="the environment variable that holds its user's password")

    def whole_url(self, environment: Mapping[str, str]) -> str:
        """With the password. Raises ValueError naming the variable that is not set."""
        (password,) = secrets(environment, password_env=self.password_env)
        url = sa.make_url(self.url)
        return (url if password is None else url.set(password=password)).render_as_string(hide_password=False)


def store_of(section: StoreSection | None, data: Path, environment: Mapping[str, str]) -> str | Path:
    """What `cases.database.open_database` opens. data: the city's data folder. Raises ValueError."""
    return data / FILE if section is None else section.whole_url(environment)
