"""Milesight's bytes, by the examples of its payload definitions.

github.com/Milesight-IoT/SensorDecoders: README.md of EM400-MUD, EM400-TLD, EM400-UDL, EM500-UDL, WS201 and WS301, each
with these bytes and what they say. What a sensor says of itself when it joins is made up by their tables.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.codecs import CODECS
from connectors.codecs.milesight import _CHANNELS, Milesight


def said(model: str, content: str) -> list[Any]:
    return list(Milesight.model_validate({"model": model}).decode(bytes.fromhex(content)))


@pytest.mark.parametrize("model", ["em400-mud", "em400-tld", "em400-udl"])
@pytest.mark.parametrize(
    "content, says",
    [
        pytest.param(
            "01755C 03670101 04824408 050001",
            {"battery": 92, "temperature": 25.7, "distance": 2116, "tilted": 1},
            id="a-report",
        ),
        pytest.param(
            "8367e80001 8482410601",
            {"temperature": 23.2, "temperature_alarm": 1, "distance": 1601, "distance_alarm": 1},
            id="alarms",
        ),
        pytest.param(
            "01756403670b0104823b01050001",
            {"battery": 100, "temperature": 26.7, "distance": 315, "tilted": 1},
            id="nb-iot",
        ),
        pytest.param("0367ffff", {"temperature": -0.1}, id="below-zero"),
        pytest.param(
            "ff0bff ff0101 ff166749d19054690031 ff090310 ff0a0101 ff0f00 017564", {"battery": 100}, id="joins"
        ),
        pytest.param("017564 aabb01", {"battery": 100}, id="what-comes-after-is-new-to-us"),
    ],
)
def test_em400(model: str, content: str, says: dict[str, Any]) -> None:
    assert said(model, content) == [says]


@pytest.mark.parametrize(
    "model, content, says",
    [
        pytest.param("em500-udl", "017564 03821E00", {"battery": 100, "distance": 30}, id="em500-udl"),
        pytest.param("ws201", "017564 03823E00 04D645", {"battery": 100, "distance": 62, "remaining": 69}, id="ws201"),
        pytest.param("ws301", "01 75 64 03 00 01 04 00 01", {"battery": 100, "open": 1, "removed": 1}, id="ws301"),
    ],
)
def test_other_models(model: str, content: str, says: dict[str, Any]) -> None:
    assert said(model, content) == [says]


def test_a_stored_reading_has_a_time_of_its_own() -> None:
    assert said("em500-udl", "017564 20CE 00f15366 1e00") == [{"battery": 100}, {"ts": 1716777216, "distance": 30}]


@pytest.mark.parametrize(
    "model, content, told",
    [
        pytest.param("ws201", "03670101", "none of a WS201", id="another-model"),
        pytest.param("em400-mud", "01", "in the middle of a channel", id="half-a-channel"),
        pytest.param("em400-mud", "017564 048244", "in channel 0x04", id="half-a-value"),
    ],
)
def test_what_is_none(model: str, content: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        said(model, content)


@given(st.sampled_from(sorted(_CHANNELS)), st.binary(max_size=60))
def test_any_bytes_are_decoded_or_refused(model: str, content: bytes) -> None:
    try:
        made = list(Milesight.model_validate({"model": model}).decode(content))
    except ValueError:
        return
    assert all(each for each in made)


def test_it_has_no_time_and_so_is_no_codec_of_a_stream() -> None:
    assert "milesight" not in CODECS
