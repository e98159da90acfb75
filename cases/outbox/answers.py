"""answers: what other systems say about a case becomes a step, which `Office.say` takes like anybody's.

Their words, and where they stand in what they send, are configured (`answers:`); the step is by the target's name, in
the role `outside`. It may speak only of cases that it was told of. Its id hangs on the answer's own id, or else on what
it says and on the message that it answers: the same answer again is the same step, and changes nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from cases.life import Role
from cases.outbox.looking import Told, told
from cases.outbox.settings import Answers, Delivery
from cases.words import Step
from pipeline.episode import city_namespace
from pipeline.links import secrets

OLD = 300.0
"""How far a signature's time may be from ours, seconds; Standard Webhooks says five minutes."""
NOTE = 2000
"""What is kept of what they write, characters."""


class NotUnderstood(ValueError):
    """It says nothing that we know what to do with. Plain text, which may go back to whoever sent it."""


class Unknown(LookupError):
    """There is no such target, it gives no answers, or it was never told of such a case. Plain text."""


class Hearing:
    """What a city's targets may answer."""

    def __init__(self, engine: sa.Engine, city: str, targets: Mapping[str, Delivery]) -> None:
        self._engine, self._targets = engine, dict(targets)
        self._namespace = city_namespace(city)

    def answer(self, target: str, payload: Any, now: float) -> Step | None:
        """What an answer asks for; None where nothing is to be done. payload: as JSON says it; now: UTC seconds.

        Raises Unknown, NotUnderstood.
        """
        settings = self._settings(target)
        said = {n: _text(at(payload, getattr(settings, n))) for n in ("status", "case", "message", "reference", "note")}
        if not any(said[name] for name in ("case", "message", "reference")):
            where = f"'{settings.case}', '{settings.message}' or '{settings.reference}'"
            raise NotUnderstood(f"expected the case, the message or their number at {where}")
        about = told(self._engine, target, case=said["case"], message=said["message"], reference=said["reference"])
        if about is None:
            raise Unknown("this target was told of no such case")
        action = _action(settings, said["status"])
        if not action:
            return None
        own = _text(at(payload, settings.id))
        return Step(
            id=self._id(target, about, own or canonical(payload)),
            case=about.case,
            action=action,
            by=target,
            role=Role.OUTSIDE,
            at=min(_time(at(payload, settings.at), now), now),
            note=(said["note"] or said["status"])[:NOTE],
            data={"reference": said["reference"]} if said["reference"] else {},
        )

    def note(self, target: str, case: str, message: str, text: str, now: float) -> Step:
        """Something that is worth knowing and moves nothing, such as by when they promise it."""
        id = self._id(target, Told(case, message), text)
        return Step(id=id, case=case, action="comment", by=target, role=Role.OUTSIDE, at=now, note=text[:NOTE])

    def authentic(
        self, target: str, headers: Mapping[str, str], body: bytes, now: float, environment: Mapping[str, str]
    ) -> bool:
        """Whether an answer over HTTP is the target's own: signed (Standard Webhooks) or with its token.

        A target with neither `secret_env` nor `token_env` is never believed. Raises Unknown; ValueError naming a
        variable that is not set.
        """
        settings = self._settings(target)
        own = {"secret_env": settings.secret_env, "token_env": settings.token_env}
        secret, token = secrets(environment, **own)
        given = {name.lower(): value for name, value in headers.items()}
        if secret is not None:
            return signed(secret, given, body, now)
        if token is not None:
            return hmac.compare_digest(f"Bearer {token}".encode(), given.get("authorization", "").encode())
        return False

    def _settings(self, target: str) -> Answers:
        delivery = self._targets.get(target)
        if delivery is None or delivery.answers is None:
            raise Unknown(f"no target '{target}' gives answers; see 'dispatch' in the configuration")
        return delivery.answers

    def _id(self, target: str, about: Told, said: str) -> str:
        name = "\x1f".join(("answer", target, about.case, about.message, said))
        return str(uuid.uuid5(self._namespace, hashlib.sha256(name.encode()).hexdigest()))


def at(payload: Any, path: str) -> Any:
    """What stands at a path of keys and places (`data.items.0.status`); None where there is nothing.

    A key that has dots itself is found too, where the whole rest of the path is its name.
    """
    found, rest = payload, path
    while rest:
        if isinstance(found, Mapping) and rest in found:
            return found[rest]
        key, _, rest = rest.partition(".")
        if isinstance(found, Mapping):
            found = found.get(key)
        elif isinstance(found, list) and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
        else:
            return None
    return found


def canonical(payload: Any) -> str:
    """The same content, the same text."""
    return json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def signed(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether the signature of Standard Webhooks fits. headers: names in small letters.

    Their own `verify` looks at a clock, so its time is looked at here; a bad header is a bad signature. Raises
    ValueError where the secret is none.
    """
    key = signing_key(secret)
    id, stamp, signatures = (headers.get(f"webhook-{n}", "") for n in ("id", "timestamp", "signature"))
    try:
        when = int(stamp)
        expected = key.sign(id, datetime.fromtimestamp(when, UTC), body.decode())
    except (ValueError, OverflowError, OSError):
        return False
    if not id or abs(when - now) > OLD:
        return False
    return any(hmac.compare_digest(expected.encode(), each.encode()) for each in signatures.split())


def signing_key(secret: str) -> Webhook:
    """Of Standard Webhooks. Raises ValueError, without the secret, where it is none."""
    try:
        return Webhook(secret)
    except (ValueError, EmptyWebhookSecretError):
        raise ValueError("expected a secret such as 'whsec_…', in base64") from None


def _text(value: Any) -> str:
    """What is compared and kept: text as it is, numbers as JSON has them, '' for the rest."""
    if isinstance(value, str):
        return value.strip()
    return "" if isinstance(value, bool) or not isinstance(value, int | float) else canonical(value)


def _action(settings: Answers, word: str) -> str:
    known = {each.casefold(): action for each, action in settings.words.items()}
    if word.casefold() not in known:
        expected = ", ".join(f"'{each}'" for each in sorted(settings.words))
        raise NotUnderstood(f"expected one of {expected} at '{settings.status}', got '{word[:100]}'")
    return known[word.casefold()]


def _time(value: Any, now: float) -> float:
    """UTC seconds; now where it says nothing that a calendar has."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) and value > 0 else now
    try:
        when = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return now
    return now if when.tzinfo is None else when.timestamp()
