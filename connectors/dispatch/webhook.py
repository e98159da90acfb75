"""webhook: each message is one POST of a CloudEvent, signed by Standard Webhooks. https://www.standardwebhooks.com

The receiver knows a repetition by `webhook-id`, which is the event's id. Any 2xx is its word that it has it.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from connectors.dispatch.event import CONTENT_TYPE, encoded, event, trial
from connectors.dispatch.message import Message, Outcome, Sent
from connectors.dispatch.web import Answer, Web, WebTarget
from pipeline.links import Variable, secrets


class WebhookTarget(WebTarget):
    """`type: webhook`."""

    type: Literal["webhook"]
    secret_env: Variable | None = Field(
        None, description="signs what is sent; several, with blanks between, while one replaces another"
    )
    token_env: Variable | None = Field(None, description="sent as 'Authorization: Bearer …'")
    reference: str = Field("reference", description="the key of their answer, where it is JSON, with their own number")


class WebhookSender:
    """To one address."""

    def __init__(
        self, name: str, settings: WebhookTarget, city: str, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._settings, self._city = settings, city
        own = {"secret_env": settings.secret_env, "token_env": settings.token_env}
        secret, self._token = secrets(environment, **own)
        self._keys = [_key(each) for each in (secret or "").split()]
        if secret is not None and not self._keys:
            raise ValueError(f"secret_env: the environment variable '{settings.secret_env}' is empty")
        self._web = Web(settings, folder)

    def send(self, message: Message) -> Outcome:
        """See `Sender.send`."""
        return self._post(message.id, event(message, self._city))

    def test(self) -> Outcome:
        """Sends an event of the type gridwatch.test."""
        id = str(uuid.uuid4())
        return self._post(id, trial(id, self._city, time.time()))

    def close(self) -> None:
        """See `Sender.close`."""
        self._web.close()

    def _post(self, id: str, what: Mapping[str, Any]) -> Outcome:
        body, now = encoded(what), int(time.time())
        headers = {"content-type": CONTENT_TYPE, "webhook-id": id, "webhook-timestamp": str(now)}
        if self._keys:
            at, text = datetime.fromtimestamp(now, UTC), body.decode()
            headers["webhook-signature"] = " ".join(key.sign(id, at, text) for key in self._keys)
        if self._token is not None:
            headers["authorization"] = f"Bearer {self._token}"
        answer = self._web.ask("POST", self._settings.url, content=body, headers=headers)
        outcome = self._web.judge(answer)
        if isinstance(outcome, Sent) and isinstance(answer, Answer):
            return Sent(_reference(answer.body, self._settings.reference))
        return outcome


def _key(secret: str) -> Webhook:
    try:
        return Webhook(secret)
    except (ValueError, EmptyWebhookSecretError):
        raise ValueError("secret_env: expected secrets such as 'whsec_…', in base64") from None


def _reference(body: bytes, key: str) -> str:
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    found = said.get(key) if isinstance(said, dict) else None
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
