"""settings_oidc: `web.oidc:` logging in by an OpenID Connect provider: which, and what its claims mean here."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, field_validator

from console.roles import AnyRole


class Oidc(BaseModel):
    """People whom the provider names come in with the roles that their claims mean; a local password is not needed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = Field(description="https://id.example.org/realms/city: where /.well-known/openid-configuration is")
    client_id: str = Field(min_length=1)
    client_secret_env: str | None = Field(None, description="the variable that holds the secret; none: a public client")
    url: str = Field(description="of this console as browsers reach it: https://city.example.org")
    label: str = Field("OpenID", min_length=1, max_length=40, description="what the button says")
    scopes: tuple[str, ...] = ("openid", "profile")
    name_claim: str = Field("preferred_username", min_length=1, description="the name they have here")
    roles_claim: str = Field("groups", min_length=1, description="a list or one; 'realm_access.roles' goes inside")
    roles: Mapping[str, tuple[AnyRole, ...]] = Field(description="what each value of that claim makes of somebody")
    unit_claim: str = Field("", description="their unit's id")
    areas_claim: str = Field("", description="beginnings of grid cells that they are limited to")

    @field_validator("issuer", "url")
    @classmethod
    def _address(cls, value: str) -> str:
        local = ("http://127.0.0.1", "http://localhost", "http://[::1]")
        if not value.startswith(("https://", *local)):
            raise ValueError("expected an address that begins with https://")
        return value.rstrip("/")
