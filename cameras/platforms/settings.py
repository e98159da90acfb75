"""settings: the section `platforms`: how a platform is asked for a camera's stream, and how many it gives at once.

A platform is told by templates and paths, not by code of its own: what is sent holds {names} of a camera's values, the
platform's values and its secrets; what comes back is JSON, in which dotted paths find the stream's address and what
went wrong. What is known of a kind of platform is a preset, a file in configs/platforms.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline.dotted import dotted_path
from pipeline.faults import did_you_mean
from pipeline.links import Tls, Variable, secrets
from pipeline.units import Quantity, Seconds

Text = Mapping[str, str]
"""By name."""
_SCHEMES = ("http", "https")


def _template(text: str) -> str:
    try:
        for _, name, form, change in string.Formatter().parse(text):
            if name is not None and (not name.isidentifier() or form or change):
                raise ValueError
    except ValueError:
        raise ValueError("expected text with names in braces, such as '/play/{device}/{channel}'") from None
    return text


Template = Annotated[str, AfterValidator(_template)]
Path_ = Annotated[str, AfterValidator(dotted_path)]


def names_in(text: str) -> set[str]:
    """Those in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


class OfPlatform(BaseModel):
    """`cameras.<name>.platform`: whose camera it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="one of `platforms`")
    values: Text = Field(default_factory=dict, description="by which the platform knows it, such as device and channel")
    priority: int = Field(1, ge=1, le=9, description="where streams are short, so many times the turns of one with 1")

    @property
    def shown(self) -> str:
        """As errors and logs name it; a value that is an address is left out, since it may hold a password."""
        values = ", ".join(value for value in self.values.values() if "://" not in value)
        return f"platform {self.name}" + (f" ({values})" if values else "")


class Asked(BaseModel):
    """One request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Literal["GET", "POST"] = "GET"
    path: Template = Field(pattern="^/", description="after `base`; {names} are replaced")
    query: Mapping[str, Template] = Field(default_factory=dict)
    body: Mapping[str, Template] | None = Field(None, description="sent as JSON")

    def texts(self) -> Iterator[str]:
        """All templates in it."""
        yield self.path
        yield from self.query.values()
        yield from (self.body or {}).values()

    def filled(self, values: Text) -> tuple[str, dict[str, str], dict[str, str] | None]:
        """Path, query and body. A value in the path is one part of it, whatever is in it."""
        quoted = {name: quote(value, safe="") for name, value in values.items()}
        query = {key: each.format_map(values) for key, each in self.query.items()}
        body = None if self.body is None else {key: each.format_map(values) for key, each in self.body.items()}
        return self.path.format_map(quoted), query, body


class Play(Asked):
    """`play`: what gives a camera's stream."""

    url: tuple[str, ...] = Field(
        min_length=1, description="where its address stands in the answer, the first that is there; or a template of it"
    )
    keep: Mapping[str, Path_] = Field(default_factory=dict, description="of the answer, by name: for `stop`, `alive`")
    timeout: Seconds = Field(Quantity(20.0), gt=0, le=300, description="the platform may have to ask the camera first")

    @field_validator("url", mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("url")
    @classmethod
    def _readable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            (_template if is_address(each) else dotted_path)(each)
        return value

    def texts(self) -> Iterator[str]:
        yield from super().texts()
        yield from (each for each in self.url if is_address(each))


def is_address(text: str) -> bool:
    """A template of an address, and no path into an answer."""
    return "{" in text or "://" in text


class Alive(Asked):
    """`alive`: what keeps a stream from being ended while somebody looks at it."""

    every: Seconds = Field(Quantity(30.0), ge=1)


class Listing(Asked):
    """`catalogue`: which cameras it has, page by page: {page} from 1 on, {count} rows each."""

    rows: Path_ = Field(description="where the answer has its list")
    count: int = Field(200, ge=1, le=10_000)

    @property
    def names(self) -> set[str]:
        """In its templates."""
        return {name for each in self.texts() for name in names_in(each)}


class Wrong(BaseModel):
    """`error`: how an answer says that it is none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Path_ = Field(description="where the answer has its code")
    ok: tuple[str, ...] = Field(("0",), description="codes that are fine, as text")
    message: Path_ | None = Field(None, description="where it says what is wrong")


class PlatformSettings(BaseModel):
    """`platforms.<name>`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    preset: str = Field(
        "", description="a kind of platform: a file in configs/platforms; what is said here goes before"
    )
    base: str = Field(description="https://host:port, and what all paths begin with")
    secrets: Mapping[str, Variable] = Field(default_factory=dict, description="name: the environment variable with it")
    values: Text = Field(default_factory=dict, description="for all its cameras")
    headers: Mapping[str, Template] = Field(default_factory=dict)
    tls: Tls | None = None
    error: Wrong | None = Field(None, description="not given: the status of HTTP alone says it")
    play: Play
    stop: Asked | None = Field(None, description="not given: it ends streams by itself that nobody reads")
    alive: Alive | None = None
    catalogue: Listing | None = Field(None, description="for `gridwatch camera import`")
    streams: int = Field(ge=1, le=1000, description="so many at once, at most: what the platform lets us have")
    turn: Seconds = Field(Quantity(60.0), ge=1, description="a camera is looked at for so long, if others wait")
    linger: Seconds = Field(Quantity(30.0), ge=0, description="a stream that can't be stopped counts for so long")

    @model_validator(mode="before")
    @classmethod
    def _of_preset(cls, value: Any) -> Any:
        name = str(value.get("preset") or "") if isinstance(value, Mapping) else ""
        if not name:
            return value
        known = presets()
        if name not in known:
            there = did_you_mean(name, known) or f"; there are: {', '.join(sorted(known))}"
            raise ValueError(f"no preset '{name}'{there}")
        return _over(known[name], value)

    @field_validator("base")
    @classmethod
    def _base(cls, text: str) -> str:
        try:
            parts = urlsplit(text)
            fits = parts.scheme in _SCHEMES and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            fits = False
        if not fits or "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("expected an address such as 'https://10.0.0.5:18080', without password, '?' and '#'")
        return text.rstrip("/")

    @model_validator(mode="after")
    def _known(self) -> PlatformSettings:
        for name in self.secrets:
            if any(name in names_in(each) for each in self.play.url if is_address(each)):
                raise ValueError(f"play.url: expected no secret in it, got {{{name}}}: addresses are told")
        return self

    def lacking(self, values: Iterable[str]) -> list[str]:
        """Names in its templates that nothing gives. values: names of what a camera gives."""
        asked = [*self.headers.values(), *self.play.texts()]
        before = {*values, *self.values, *self.secrets}
        wanted = {name for each in asked for name in names_in(each)} - before
        later = [text for each in (self.stop, self.alive) if each is not None for text in each.texts()]
        wanted |= {name for each in later for name in names_in(each)} - before - self.play.keep.keys()
        return sorted(wanted)

    def known(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Its secrets, by name. Raises ValueError naming the variable that is not set."""
        held = secrets(environment, **{f"secrets.{name}": variable for name, variable in self.secrets.items()})
        return {name: value or "" for name, value in zip(self.secrets, held, strict=True)}


@cache
def presets() -> Mapping[str, Mapping[str, Any]]:
    """By name: those that come with gridwatch, in a checkout or in an installed package."""
    from ruamel.yaml import YAML

    root = Path(__file__).resolve().parents[2]
    places = (root / "configs" / "platforms", root / "gridwatch" / "_configs" / "platforms")
    files = (file for place in places if place.is_dir() for file in sorted(place.glob("*.yaml")))
    found: dict[str, Mapping[str, Any]] = {}
    for file in files:
        found[file.stem] = YAML(typ="safe", pure=True).load(file.read_text("utf-8"))
    return found


def _over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Section by section, what is said last."""
    found = dict(under)
    for key, value in over.items():
        before = found.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            found[key] = _over(before, value)
        else:
            found[key] = value
    return found
