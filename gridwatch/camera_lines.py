"""camera_lines: cameras as lines of the configuration, for people to go on from."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cameras.settings import LONGEST_NAME

if TYPE_CHECKING:
    from gridwatch.camera_catalogue import Listed
    from pipeline.geo import Datum


def camera_lines(cameras: Sequence[Listed], platform: str, datum: Datum | None, every: str = "") -> str:
    """The section `cameras` with them, as YAML. datum: of their places; None: none has one. every: a snapshot that
    often; '': key frames."""
    lines = ["cameras:"]
    for each in cameras:
        lines.append(f"  {quoted(each.code)}:{'  # it was offline' if each.online is False else ''}")
        lines += [
            f"    {key}: {quoted(said)}"
            for key, said in (("name", each.name or each.address[:LONGEST_NAME]), ("area", each.area))
            if said
        ]
        if not math.isnan(each.lon) and datum is not None:
            lines.append(f"    at: {{lon: {each.lon!r}, lat: {each.lat!r}, datum: {datum.value}}}")
        values = f"{{device: {quoted(each.device)}, channel: {quoted(each.code)}}}"
        lines.append(f"    platform: {{name: {quoted(platform)}, values: {values}}}")
        if every:
            lines.append(f"    every: {every}")
        lines.append("    watchers: {scene_health: {}}")
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """As YAML takes it, whatever it is."""
    return json.dumps(text, ensure_ascii=False)
