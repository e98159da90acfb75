"""dispatch: cases to other systems, one file for each kind of system; `TARGETS` is all there is."""

from __future__ import annotations

from connectors.dispatch.kafka import KafkaSender, KafkaTarget
from connectors.dispatch.message import SenderKind
from connectors.dispatch.mqtt import MqttSender, MqttTarget
from connectors.dispatch.ngsi_ld import NgsiLdSender, NgsiLdTarget
from connectors.dispatch.open311 import Open311Sender, Open311Target
from connectors.dispatch.webhook import WebhookSender, WebhookTarget

TARGETS: dict[str, SenderKind] = {
    "webhook": SenderKind(WebhookTarget, WebhookSender),
    "mqtt": SenderKind(MqttTarget, MqttSender),
    "kafka": SenderKind(KafkaTarget, KafkaSender),
    "open311": SenderKind(Open311Target, Open311Sender),
    "ngsi_ld": SenderKind(NgsiLdTarget, NgsiLdSender),
}
"""Every kind of target, by the `type` that a configuration uses."""
