"""platforms: who may come in: `platform,user,password,m1,ia1,ic1,addresses`, from a file or the environment.

platform is the access code that its frames carry; m1, ia1 and ic1 are the numbers of its cipher, for one that encrypts;
addresses are those it may come from, with a space between them, such as `203.0.113.7 198.51.100.0/24`; none: any. No
secret is in any message.
"""

from __future__ import annotations

import csv
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path

from connectors.codecs.jt809.framing import Cipher
from connectors.gateway.listed import Listed
from connectors.jt809.settings import Jt809Source

COLUMNS = ("platform", "user", "password", "m1", "ia1", "ic1", "addresses")
NEEDED = ("platform", "user", "password")
MOST = 10_000
_LARGEST = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Platform:
    """One of the list."""

    user: int
    password: str = field(repr=False)
    cipher: Cipher | None = field(default=None, repr=False)
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def knows(self, password: str) -> bool:
        return hmac.compare_digest(self.password.encode(), password.encode())

    def at(self, address: str) -> bool:
        """Whether it may come from there."""
        try:
            return not self.networks or any(ip_address(address) in network for network in self.networks)
        except ValueError:
            return False


class PlatformList(Listed[dict[int, Platform]]):
    """The list that a section names."""

    def __init__(self, settings: Jt809Source, folder: Path, environment: Mapping[str, str]) -> None:
        """folder: what the file is relative to."""
        self.known: Mapping[int, Platform] = {}
        file = folder / settings.platforms if settings.platforms is not None else None
        super().__init__("platforms", file, settings.platforms_env, environment)

    def read(self, data: bytes, where: str) -> dict[int, Platform]:
        return _read(data, where)

    def take(self, found: dict[int, Platform]) -> None:
        self.known = found

    def allows(self, who: str) -> bool:
        return int(who) in self.known

    def __len__(self) -> int:
        return len(self.known)


def _read(data: bytes, where: str) -> dict[int, Platform]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{where}: expected UTF-8") from None
    rows = csv.DictReader(text.splitlines())
    names = [name.strip() for name in rows.fieldnames or []]
    if set(names) - set(COLUMNS) or set(NEEDED) - set(names):
        raise ValueError(
            f"{where}:1: expected the columns {', '.join(COLUMNS)}, of which {', '.join(NEEDED)} are needed"
        )
    rows.fieldnames = names
    found: dict[int, Platform] = {}
    for row in rows:
        said = {name: (row.get(name) or "").strip() for name in COLUMNS}
        try:
            code, platform = _platform(said)
        except ValueError as error:
            raise ValueError(f"{where}:{rows.line_num}: {error}") from None
        if code in found:
            raise ValueError(f"{where}:{rows.line_num}: this platform is there twice")
        if len(found) >= MOST:
            raise ValueError(f"{where}: expected at most {MOST} platforms")
        found[code] = platform
    return found


def _platform(said: Mapping[str, str]) -> tuple[int, Platform]:
    """Raises ValueError, which never repeats a secret."""
    code, user = _number(said, "platform"), _number(said, "user")
    if not 1 <= len(said["password"].encode()) <= 8:
        raise ValueError("password: expected 1 to 8 bytes")
    keys = [said[name] for name in ("m1", "ia1", "ic1")]
    if any(keys) and not all(keys):
        raise ValueError("expected m1, ia1 and ic1, or none of them")
    cipher = Cipher(*(_number(said, name) for name in ("m1", "ia1", "ic1"))) if all(keys) else None
    try:
        networks = tuple(ip_network(each) for each in said["addresses"].split())
    except ValueError:
        raise ValueError("addresses: expected addresses such as '203.0.113.7 198.51.100.0/24'") from None
    return code, Platform(user, said["password"], cipher, networks)


def _number(said: Mapping[str, str], name: str) -> int:
    if not said[name].isascii() or not said[name].isdecimal() or int(said[name][:11]) > _LARGEST:
        raise ValueError(f"{name}: expected a number up to {_LARGEST}")
    return int(said[name])
