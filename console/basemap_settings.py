"""basemap_settings: the section `web.map:` what the map is drawn on."""

from __future__ import annotations

import string
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline.geo import Datum
from pipeline.sizes import Size

_NAMES = {
    "xyz": ({"z", "x", "y"}, {"s", "key"}),
    "vector": ({"z", "x", "y"}, {"s", "key"}),
    "wmts": ({"TileMatrix", "TileCol", "TileRow"}, {"s", "key"}),
}
"""By type: what a template of tiles must have in it, and what it may."""


class MapSection(BaseModel):
    """`web.map:` the base map; without it, plain ground and the streets that `streets` names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["none", "xyz", "wmts", "vector", "pmtiles"] = Field("none", description="how its tiles are had")
    url: str = Field("", description="of tiles: https://host/{z}/{x}/{y}.png; {s}: a subdomain, {key}: that of key_env")
    subdomains: tuple[str, ...] = Field((), description="what {s} stands for in turn")
    key_env: str = Field("", description="the environment variable that holds {key}; it never reaches a browser")
    file: str = Field("", description="of type pmtiles: the file, beside this configuration")
    style: str = Field("", description="of vector tiles: a MapLibre style file; none: a plain one")
    datum: Datum = Field(Datum.WGS84, description="of the tiles; what is drawn on them is shifted to fit")
    tile_size: Literal[256, 512] = 256
    min_zoom: int = Field(0, ge=0, le=22)
    max_zoom: int = Field(18, ge=1, le=22)
    attribution: str = Field("", max_length=500, description="whom the map is from, in words")
    streets: str = Field(
        "", description="a GeoJSON file of streets to draw, in WGS-84; `name` and `width` (m) are used"
    )
    cache: Size = Field(64 << 20, description="of tiles of other hosts, in memory")
    points: int = Field(
        2_000_000, ge=1_000, le=50_000_000, description="of vehicles' trails, all together; 24 bytes each"
    )

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname):
            raise ValueError("expected an address that begins with https:// or http://")
        return value

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.type in _NAMES) != bool(self.url):
            raise ValueError("url: expected for the types xyz, wmts and vector, and only there")
        if (self.type == "pmtiles") != bool(self.file):
            raise ValueError("file: expected for the type pmtiles, and only there")
        if self.style and self.type not in ("vector", "pmtiles"):
            raise ValueError("style: expected for vector tiles only")
        if self.max_zoom < self.min_zoom:
            raise ValueError("max_zoom: expected at least min_zoom")
        if self.url:
            self._named()
        return self

    def _named(self) -> None:
        try:
            names = {name for _, name, _, _ in string.Formatter().parse(self.url) if name is not None}
        except ValueError:
            raise ValueError("url: expected names in braces, such as {z}") from None
        must, may = _NAMES[self.type]
        if not must <= names or names - must - may:
            wanted = ", ".join(f"{{{name}}}" for name in sorted(must))
            raise ValueError(f"url: expected {wanted}, and besides only {{s}} and {{key}}")
        if ("s" in names) != bool(self.subdomains):
            raise ValueError("subdomains: expected where url has {s}, and only there")
        if ("key" in names) != bool(self.key_env):
            raise ValueError("key_env: expected where url has {key}, and only there")
