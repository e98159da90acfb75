"""A field's scale: what numbers are multiplied by to be in the unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from connectors.codecs.decode import compile_streams
from connectors.codecs.json_mapping import JsonStream
from pipeline.entries import EntryBuffer, Kind
from pipeline.names import Names

STREAM: dict[str, Any] = {
    "source": "s",
    "topic": "bins/{bin}",
    "codec": "json",
    "rows": "reading",
    "subject": "{bin}",
    "fields": {"ts": {"path": "t", "unit": "unix_s"}, "tank": {"path": "tank", "unit": "mm", "scale": 10}},
    "metrics": {"fullness": {"path": "tenths", "unit": "%", "scale": 10}},
}


def test_numbers_are_in_the_unit_once_they_are_rows() -> None:
    buffer = EntryBuffer()
    buffer.add(Kind.DELIVERY, "s", "bins/7", 5.0, b'{"t": 5, "tenths": 8, "tank": 3}')
    decoded = compile_streams({"bins": JsonStream.model_validate(STREAM)})(buffer.batch(), 0, Names())
    (rows,) = decoded.rows
    np.testing.assert_array_equal(rows.column("value"), [80.0])
    np.testing.assert_allclose(rows.extra["tank"], [0.03], rtol=1e-15)  # 3 cm is 30 mm; lengths are kept in metres


@pytest.mark.parametrize(
    "field, scale",
    [pytest.param("tank", 0, id="zero"), pytest.param("tank", "nan", id="nan"), pytest.param("ts", 2, id="time")],
)
def test_a_scale_that_makes_no_sense_is_refused(field: str, scale: object) -> None:
    fields = {**STREAM["fields"], field: {**STREAM["fields"][field], "scale": scale}}
    with pytest.raises(ValidationError):
        JsonStream.model_validate({**STREAM, "fields": fields})
