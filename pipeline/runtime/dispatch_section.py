"""dispatch_section: the section `dispatch`: to which other systems cases go, by name.

Each entry is what all targets have (cases/outbox/settings.py) and what its type needs (connectors/dispatch).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from cases.outbox.settings import Answers, Delivery, Events
from connectors.dispatch.kafka import KafkaTarget
from connectors.dispatch.mqtt import MqttTarget
from connectors.dispatch.ngsi_ld import NgsiLdTarget
from connectors.dispatch.open311 import Open311Target
from connectors.dispatch.webhook import WebhookTarget


class WebhookSection(Delivery, WebhookTarget):
    """`type: webhook`: CloudEvents by HTTP, signed."""


class MqttSection(Delivery, MqttTarget):
    """`type: mqtt`: CloudEvents to a broker; answers from one of its topics."""

    @model_validator(mode="after")
    def _hears(self) -> MqttSection:
        if self.answer_topic is not None and self.answers is None:
            raise ValueError("expected 'answers' beside 'answer_topic': what their words mean")
        return self


class KafkaSection(Delivery, KafkaTarget):
    """`type: kafka`: CloudEvents to a topic."""


class Open311Section(Delivery, Open311Target):
    """`type: open311`: a service request for each time that a case is given to somebody; its status is asked for."""

    events: Events = Field(("dispatch", "rework"), description="by each of them a request is made there")
    answers: Answers | None = Field(
        Answers(words={"open": "", "closed": "handled"}), description="what their words for a status mean"
    )


class NgsiLdSection(Delivery, NgsiLdTarget):
    """`type: ngsi_ld`: an Alert for each case."""


TargetSection = Annotated[
    WebhookSection | MqttSection | KafkaSection | Open311Section | NgsiLdSection, Field(discriminator="type")
]
TargetName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""It stands in the history of cases as who answered."""
DispatchSection = dict[TargetName, TargetSection]
