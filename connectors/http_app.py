"""http_app: a request of a partner, from its token to the answer that says whether it is in the journal.

Reads HTTP by ASGI. Reports each request's deliveries to `hand_over`, which returns when they are committed, or not. Who
it is is asked before anything is read; a token is compared in the same time whatever it is, and is never in a message.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any
from urllib.parse import unquote

from connectors.codecs.topics import TopicPattern
from connectors.http_bodies import Bounds, Refused, payloads, too_large, unpacked
from connectors.http_limits import Keys, Rate
from connectors.http_settings import HttpSource, Partner, digest_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
HandOver = Callable[[str, list[bytes]], Awaitable[bool]]
"""(topic, payloads) -> are they in the journal?"""

LONGEST_TOPIC = 500
_BUSY = "the journal can't take it now; nothing is lost that you keep: send it again"


class _Known:
    """A partner at work."""

    def __init__(self, name: str, partner: Partner, digest: bytes, keys: int) -> None:
        self.name, self.partner, self.digest = name, partner, digest
        self.topics = partner.topics or (f"{name}/#",)
        self.rate, self.keys = Rate(partner.rate), Keys(keys)
        self._patterns = [TopicPattern(each) for each in self.topics]

    def may(self, topic: str) -> bool:
        return any(pattern.match(topic) is not None for pattern in self._patterns)


class HttpApp:
    """What answers requests. One for each source, on its loop alone."""

    def __init__(
        self,
        settings: HttpSource,
        tokens: Mapping[str, bytes],
        hand_over: HandOver,
        refused: Callable[[str, int, str], None],
    ) -> None:
        """tokens: by partner the digest. refused: told of (partner or '', status, what was said)."""
        self._settings, self._hand_over, self._refused = settings, hand_over, refused
        self._bounds = Bounds(settings.largest, settings.batch)
        self._partners = [
            _Known(name, partner, tokens[name], settings.keys) for name, partner in settings.partners.items()
        ]
        self.held = 0
        """Bytes of bodies that were read and are not answered."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        known: _Known | None = None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            if scope["method"] not in ("POST", "GET"):
                raise Refused(405, "POST a body, or ask with parameters as OsmAnd does")
            known = self._who(scope, headers)
            taken, again = await self._take(known, scope, headers, receive)
        except Refused as no:
            self._refused(known.name if known else "", no.status, no.message)
            await _answer(send, no.status, {"error": no.message}, retry=no.retry)
        else:
            await _answer(send, 202, {"accepted": taken}, replayed=again)

    def _who(self, scope: Scope, headers: Mapping[str, str]) -> _Known:
        """Whose token it is. Raises Refused."""
        given, in_query = _token(headers), False
        if given is None:
            given, in_query = _query_token(scope["query_string"]), True
        digest, found = digest_of(given or ""), None
        for each in self._partners:  # all of them, so that the time says nothing
            if hmac.compare_digest(each.digest, digest):
                found = each
        if given is None or found is None or (in_query and not found.partner.token_in_query):
            raise Refused(401, "expected a header 'Authorization: Bearer …' with the token that you were given")
        return found

    async def _take(
        self, known: _Known, scope: Scope, headers: Mapping[str, str], receive: Receive
    ) -> tuple[int, bool]:
        """How many deliveries were taken, and whether that was so before."""
        topic = _topic(scope)
        if not known.may(topic):
            raise Refused(403, f"this token may send to {', '.join(known.topics)}; '{topic[:100]}' is none of them")
        known.rate.take()
        read = [0]
        try:
            try:
                async with asyncio.timeout(self._settings.timeout):
                    body = await self._read(scope, headers, receive, read)
            except TimeoutError:
                raise Refused(408, f"the request was not whole after {self._settings.timeout:g} s") from None
            content = unpacked(body, headers.get("content-encoding", "").strip().lower(), self._bounds)
            found = self._payloads(known, scope, headers, content)
            key = headers.get("idempotency-key")
            if key is not None and known.keys.begin(key, topic, b"\0".join(found)):
                return len(found), True
            taken = False
            try:
                taken = await self._hand_over(topic, found)
            finally:
                if key is not None:
                    (known.keys.done if taken else known.keys.failed)(key)
            if not taken:
                raise Refused(503, _BUSY, retry=5)
            return len(found), False
        finally:
            self.held -= read[0]

    async def _read(self, scope: Scope, headers: Mapping[str, str], receive: Receive, read: list[int]) -> bytes:
        """The body as it came. read: how many bytes of it are held so far."""
        said = headers.get("content-length", "0")
        if said.isdecimal() and int(said[:20]) > self._bounds.largest:
            raise too_large(self._bounds)
        parts: list[bytes] = []
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refused(400, "the connection ended before the request did")
            part = message.get("body", b"")
            parts.append(part)
            read[0] += len(part)
            self.held += len(part)
            if read[0] > self._bounds.largest:
                raise too_large(self._bounds)
            if self.held > self._settings.held:
                raise Refused(429, "too many bodies wait for the journal; send it again", retry=2)
            if not message.get("more_body", False):
                return b"".join(parts)

    def _payloads(self, known: _Known, scope: Scope, headers: Mapping[str, str], content: bytes) -> list[bytes]:
        if content.strip():
            return payloads(content, headers.get("content-type", ""), known.partner.arrays == "whole", self._bounds)
        query = b"&".join(part for part in scope["query_string"].split(b"&") if part and not part.startswith(b"token="))
        if not query:
            raise Refused(400, "there is nothing in it; POST a body, or parameters such as ?id=…&lat=…&lon=…")
        return [query]


def _token(headers: Mapping[str, str]) -> str | None:
    """What the header says: a bearer token, or the password of devices that can do no better. None: there is none."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeError):
            return ""
    return None


def _query_token(query: bytes) -> str | None:
    found = [part[6:] for part in query.split(b"&") if part.startswith(b"token=")]
    return unquote(found[0].decode("latin-1")) if found else None


def _topic(scope: Scope) -> str:
    """Where it is sent to: the path."""
    topic = str(scope["path"]).strip("/")
    if not topic or len(topic) > LONGEST_TOPIC or set(topic) & set("+#\0") or not topic.isprintable():
        raise Refused(404, f"expected a topic as the path, such as /acme/bins, of at most {LONGEST_TOPIC} characters")
    return topic


async def _answer(
    send: Send, status: int, content: Mapping[str, Any], retry: int | None = None, replayed: bool = False
) -> None:
    body = json.dumps(content, ensure_ascii=False).encode()
    headers: list[Sequence[bytes]] = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if retry is not None:
        headers.append((b"retry-after", str(retry).encode()))
    if replayed:
        headers.append((b"idempotency-replayed", b"true"))
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if status == 405:
        headers.append((b"allow", b"POST, GET"))
    if status in (400, 408, 413, 429):
        headers.append((b"connection", b"close"))  # what is left of a body is not read
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
