"""settings: the section `web:` of the configuration: where the console listens, who may speak to it, and Open311."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from cases.categories import Categories
from cases.intake.settings import IntakeSection
from cases.life import Role
from console.basemap_settings import MapSection
from console.duty_settings import DutySection, PublicSection
from console.roles import AnyRole, ConsoleRole
from console.settings_oidc import Oidc
from pipeline.sizes import Size
from pipeline.units import Quantity, Seconds

_NOBODY = (Role.POLICY, Role.PIPELINE)


def _name(text: str) -> str:
    if not text or len(text) > 80 or not text.isprintable():
        raise ValueError("expected a name of 1 to 80 letters, such as 'acceptor-1'")
    return text


Name = Annotated[str, AfterValidator(_name)]
Area = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_.:-]{1,40}$")]
"""The beginning of grid cells' codes: a street's, say."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Token(_Section):
    """Somebody who may speak to the city: by a token, or as a person who has logged in (`console.people.Person`)."""

    name: Name = Field(description="who: stands beside each step they take")
    roles: tuple[AnyRole, ...] = Field((), description="what they may do; none: only report and follow reports")
    unit: str = Field("", description="the unit that they act for; of a unit, they see and handle only its cases")
    areas: tuple[Area, ...] = Field((), description="beginnings of grid cells: they see only cases in these; none: all")
    channel: str = Field("", description="of their reports; otherwise collector for a collector, and hand")
    hotlines: tuple[str, ...] = Field((), description="whose orders they may bring, names of intake.hotlines")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        nobody = [role.value for role in self.roles if role in _NOBODY]
        if nobody:
            raise ValueError(f"roles: {', '.join(nobody)} is nobody's; it is what happens by itself")
        if Role.UNIT in self.roles and not self.unit:
            raise ValueError("unit: expected the unit's id for the role 'unit'")
        if self.channel == "machine":
            raise ValueError("channel: 'machine' is for what sensors find")
        return self

    @property
    def reports_by(self) -> str:
        """The channel of their reports."""
        return self.channel or ("collector" if Role.COLLECTOR in self.roles else "hand")

    @property
    def case_roles(self) -> tuple[Role, ...]:
        """The roles of `cases.life` in which they may act on a case."""
        operator = (Role.ACCEPTOR, Role.DISPATCHER) if ConsoleRole.OPERATOR in self.roles else ()
        return tuple(dict.fromkeys((*(role for role in self.roles if isinstance(role, Role)), *operator)))


class TokenSection(Token):
    """One of `web.tokens`: known by a secret."""

    token_env: str = Field(min_length=1, description="the environment variable that holds the secret")


class Sessions(_Section):
    """`web.sessions:` how long somebody who has logged in stays so."""

    idle: Seconds = Field(Quantity(8 * 3600.0), gt=0, description="without any request, then they log in again")
    longest: Seconds = Field(Quantity(7 * 86400.0), gt=0, description="whatever they do, then they log in again")
    most: int = Field(10, ge=1, le=100, description="of one person; a further login ends the oldest")


class Choice(_Section):
    """A value that may be chosen."""

    key: str = Field(min_length=1)
    name: str = Field(min_length=1)


class Attribute(_Section):
    """What else a service asks for; see GeoReport v2, service definition."""

    code: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")
    description: str
    datatype: Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"] = "string"
    required: bool = False
    help: str = Field("", description="how it is to be answered: datatype_description")
    values: tuple[Choice, ...] = ()

    @model_validator(mode="after")
    def _has_values(self) -> Self:
        if self.datatype.endswith("list") != bool(self.values):
            raise ValueError("expected 'values' for a singlevaluelist or multivaluelist, and only there")
        return self


class Service(_Section):
    """One of `web.open311.services`: what the public may report."""

    code: str = Field(pattern=r"^[^/?#\s]{1,40}$", description="service_code")
    name: Name = Field(description="service_name")
    category: str = Field("", description="of the reports; otherwise the code")
    description: str = ""
    keywords: tuple[str, ...] = ()
    group: str = ""
    notice: str = Field("", description="service_notice: what the reporter is told at once")
    attributes: tuple[Attribute, ...] = ()

    @field_validator("attributes")
    @classmethod
    def _once(cls, value: tuple[Attribute, ...]) -> tuple[Attribute, ...]:
        if len({each.code for each in value}) < len(value):
            raise ValueError("expected each code only once")
        return value


class Open311(_Section):
    """`web.open311:` the city as an Open311 GeoReport v2 server."""

    url: str | None = Field(None, description="of this server as others reach it: https://city.example/open311/v2")
    contact: str = Field("", description="whom developers may ask")
    key_service: str = Field("", description="how they get an api_key")
    jurisdiction: str = Field("", description="jurisdiction_id; none: any is taken")
    public: bool = Field(False, description="requests may be read without a key; the standard's way")
    services: tuple[Service, ...] = Field(min_length=1)

    @field_validator("services")
    @classmethod
    def _once(cls, value: tuple[Service, ...]) -> tuple[Service, ...]:
        if len({each.code for each in value}) < len(value):
            raise ValueError("expected each code only once")
        if len({each.category or each.code for each in value}) < len(value):
            raise ValueError("expected each category only once: reports are listed by it")
        return value


class WebSection(_Section):
    """`web:` the city's console and its API."""

    host: str = Field("127.0.0.1", description="0.0.0.0 only behind something that adds TLS")
    port: int = Field(8311, ge=0, le=65535)
    tokens: tuple[TokenSection, ...] = Field((), description="systems that may speak, beside people who log in")
    sessions: Sessions = Field(default_factory=Sessions)
    oidc: Oidc | None = None
    proxies: tuple[str, ...] = Field((), description="addresses that are believed about whose request they bring")
    requests_per_minute: int = Field(600, ge=1, description="of each token; of an address without one a tenth")
    max_body: Size = Field(16 << 20, description="of one request")
    patience: Seconds = Field(Quantity(5.0), gt=0, description="how long a step waits for its answer")
    open311: Open311 | None = None
    duty: DutySection = Field(default_factory=DutySection)
    public: PublicSection = Field(default_factory=PublicSection)
    map: MapSection = Field(default_factory=MapSection)
    audit_days: int = Field(400, ge=1, le=36_500, description="how long entries of the audit trail are kept")

    @field_validator("proxies")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            try:
                ip_network(each, strict=False)
            except ValueError:
                raise ValueError("expected addresses or networks, such as '127.0.0.1' or '10.0.0.0/8'") from None
        return value

    @field_validator("tokens")
    @classmethod
    def _once(cls, value: tuple[TokenSection, ...]) -> tuple[TokenSection, ...]:
        if len({each.name for each in value}) < len(value):
            raise ValueError("expected each name only once")
        return value


@dataclass(frozen=True, slots=True)
class Settings:
    """What the web API is told of the city."""

    web: WebSection
    folder: Path
    """Where the files of cases are kept: `cases.evidence_files.FOLDER` in the data folder."""
    intake: IntakeSection = field(default_factory=IntakeSection)
    zone: tzinfo = UTC
    """The city's."""
    zone_name: str = "UTC"
    """As browsers know it: Asia/Shanghai."""
    name: str = ""
    """The city's."""
    categories: Categories = field(default_factory=Categories)
    """Of the city's tables; empty: any code may be reported."""
    home: Path = Path()
    """The folder of the configuration, which files in it are beside."""
    data: Path | None = None
    """The city's data folder; None: it is not known."""
