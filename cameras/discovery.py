"""discovery: which cameras are in this network? WS-Discovery (OASIS 2009), as ONVIF's core specification uses it.

A probe for video transmitters goes out by UDP multicast; each camera answers with its address and its scopes, among
them its name and hardware. Multicast ends at the router: cameras of another network, or where a switch filters it, are
not found, and can be asked by their address. Anybody may answer, so that answers are bounded and say nothing for sure.
"""

from __future__ import annotations

import socket
import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

GROUP = ("239.255.255.250", 3702)
_LARGEST = 65_535
_MOST = 4096
"""Answers that are read, at most."""
_AGAIN = 0.5
"""Seconds after which the probe is sent once more: UDP loses some."""
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_WSA = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_WSD = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_PROBE = f"""<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="{_SOAP}" xmlns:w="{_WSA}" xmlns:d="{_WSD}" xmlns:n="http://www.onvif.org/ver10/network/wsdl">
<e:Header><w:MessageID>{{message}}</w:MessageID>
<w:ReplyTo><w:Address>{_WSA}/role/anonymous</w:Address></w:ReplyTo>
<w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>
<w:Action e:mustUnderstand="true">{_WSD}/Probe</w:Action></e:Header>
<e:Body><d:Probe><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe></e:Body>
</e:Envelope>"""
_SCOPE = "onvif://www.onvif.org/"


@dataclass(frozen=True, slots=True)
class Discovered:
    """A camera that answered."""

    host: str
    port: int
    name: str
    hardware: str
    scopes: tuple[str, ...]
    address: str
    """Of its device service."""


def discover(seconds: float = 3.0, interface: str | None = None, group: tuple[str, int] = GROUP) -> list[Discovered]:
    """The cameras that answer within so long, sorted. interface: our own address in the network that is meant, where
    there are several. Raises OSError."""
    message = f"uuid:{uuid.uuid4()}"
    probe = _PROBE.format(message=message).encode()
    found: dict[str, Discovered] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 4)
        if interface is not None:
            link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
        link.sendto(probe, group)
        began, again = time.monotonic(), True
        for _ in range(_MOST):
            left = began + seconds - time.monotonic()
            if left <= 0:
                break
            link.settimeout(min(left, _AGAIN))
            try:
                found |= answers(link.recvfrom(_LARGEST)[0], message)
            except TimeoutError:
                if again:
                    link.sendto(probe, group)
                    again = False
    return sorted(found.values(), key=lambda one: (one.host, one.port, one.address))


def answers(packet: bytes, message: str) -> dict[str, Discovered]:
    """What a packet says, by the camera's own identity; nothing where it is no answer to our probe.

    message: the probe's identity.
    """
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root: Any = etree.fromstring(packet, parser)
    except (etree.XMLSyntaxError, ValueError):
        return {}
    if root is None or (root.findtext(f"{{{_SOAP}}}Header/{{{_WSA}}}RelatesTo") or "").strip() != message:
        return {}
    found = {}
    for match in root.iterfind(f".//{{{_WSD}}}ProbeMatch"):
        one = _camera(_words(match, "XAddrs"), _words(match, "Scopes"))
        if one is not None:
            identity = (match.findtext(f"{{{_WSA}}}EndpointReference/{{{_WSA}}}Address") or "").strip()
            found[identity or one.address] = one
    return found


def _words(match: Any, name: str) -> list[str]:
    words = (match.findtext(f"{{{_WSD}}}{name}") or "").split()
    return [word for word in words if word.isprintable()]


def _camera(addresses: list[str], scopes: list[str]) -> Discovered | None:
    """None: it does not say where it is."""
    for address in sorted(addresses, key=lambda each: "[" in each):  # IPv4 first: link-local IPv6 needs more to be used
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            continue
        if host and parts.scheme in ("http", "https"):
            return Discovered(host, port, _scope(scopes, "name"), _scope(scopes, "hardware"), tuple(scopes), address)
    return None


def _scope(scopes: list[str], kind: str) -> str:
    start = f"{_SCOPE}{kind}/"
    found = next((unquote(each.removeprefix(start)) for each in scopes if each.startswith(start)), "")
    return "".join(c for c in found if c.isprintable())
