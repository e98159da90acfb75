"""An episode's id."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from pipeline.episode import city_namespace, episode_id


@given(st.text(max_size=20), st.text(max_size=20), st.floats(-1e9, 1e10))
def test_it_is_the_uuid_of_version_5(rule: str, key: str, started: float) -> None:
    name = f"{rule}\x1f{key}\x1f{round(started * 1e6)}"
    city = city_namespace("test")
    assert episode_id(city, rule, key, started) == str(uuid.uuid5(city, name))
