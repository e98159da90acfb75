"""topics: which topics a city has, whether they are as it needs them, and making those that are missing.

What exists is never changed: another number of partitions would judge a subject in two places, and who runs Kafka may
have reasons for the rest. So what does not fit is said, with what to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.runtime.cluster.names import Topics
from pipeline.runtime.cluster.producing import LARGEST, NotTaken
from pipeline.runtime.cluster.settings import KafkaSection

_SOON = 0.1
"""Seconds between two looks whether a topic that was made is there."""
_AT_LEAST = ("retention.ms", "max.message.bytes", "min.insync.replicas")
_EXISTS = 36
"""Kafka's error code for a topic that somebody else has just made."""


class TopicsUnfit(Exception):
    """A city can't run on the topics as they are. The message has one line for each thing to mend."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A topic as a city needs it."""

    name: str
    partitions: int
    configuration: dict[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """What there is."""

    brokers: int
    missing: list[Wanted]
    unfit: list[str]
    """One line each: what does not fit, and what to do."""

    @property
    def faults(self) -> list[str]:
        """All that is to be mended before anything runs."""
        return [f"{each.name}: is missing; `gridwatch topics` makes it" for each in self.missing] + self.unfit


def wanted(section: KafkaSection, topics: Topics) -> list[Wanted]:
    """All of a city's topics."""
    common = {
        "min.insync.replicas": "2" if section.replication >= 3 else "1",
        "max.message.bytes": str(LARGEST),
    }
    kept = {**common, "cleanup.policy": "delete", "retention.ms": str(round(section.retention * 1000))}
    compacted = {**common, "cleanup.policy": "compact"}
    return [
        Wanted(topics.entries, section.partitions, kept),
        Wanted(topics.known, 1, kept),
        Wanted(topics.deadletters, 1, kept),
        Wanted(topics.contents, 1, compacted),
        Wanted(topics.changelog, section.partitions, compacted),
    ]


def look(connection: Mapping[str, Any], section: KafkaSection, topics: Topics) -> Found:
    """What is missing and what does not fit. Raises NotTaken where Kafka can't be asked."""
    return _admin(connection, lambda admin: _look(admin, section, topics))  # type: ignore[no-any-return]


def make(connection: Mapping[str, Any], section: KafkaSection, missing: list[Wanted]) -> list[str]:
    """Make topics; their names. Raises NotTaken, TopicsUnfit where Kafka refuses one."""
    return _admin(connection, lambda admin: _make(admin, section, missing))  # type: ignore[no-any-return]


def require(connection: Mapping[str, Any], section: KafkaSection, topics: Topics) -> None:
    """Raises TopicsUnfit where something is missing or does not fit, NotTaken where Kafka can't be asked now."""
    faults = look(connection, section, topics).faults
    if faults:
        raise TopicsUnfit("\n".join(faults))


def _admin(connection: Mapping[str, Any], what: Any) -> Any:
    return asyncio.run(_asked(dict(connection), what))


async def _asked(how: dict[str, Any], what: Any) -> Any:
    from aiokafka.admin import AIOKafkaAdminClient
    from aiokafka.errors import KafkaError

    admin = AIOKafkaAdminClient(**how)
    try:
        async with asyncio.timeout(3 * how["request_timeout_ms"] / 1000):
            await admin.start()
            return await what(admin)
    except (KafkaError, OSError, TimeoutError) as error:
        where, why = ", ".join(how["bootstrap_servers"]), str(error) or type(error).__name__
        raise NotTaken(
            f"Kafka at {where} does not answer ({why}); check 'kafka.brokers', and that they run."
        ) from error
    finally:
        await admin.close()


async def _look(admin: Any, section: KafkaSection, topics: Topics) -> Found:
    brokers = len((await admin.describe_cluster())["brokers"])
    all_wanted = wanted(section, topics)
    there = set(await admin.list_topics())
    missing = [each for each in all_wanted if each.name not in there]
    unfit = []
    if section.replication > brokers:
        unfit.append(
            f"kafka.replication is {section.replication}, but {_count(brokers, 'broker')} can be seen: start the"
            f" others, or set it to {brokers}"
        )
    present = [each for each in all_wanted if each.name in there]
    names = [each.name for each in present]
    described = {each["topic"]: each for each in (await admin.describe_topics(names) if names else [])}
    for each in present:
        unfit += _partitions(each, described[each.name]["partitions"], section)
        unfit += _configuration(each, await _configured(admin, each.name))
    return Found(brokers, missing, unfit)


def _partitions(topic: Wanted, partitions: list[dict[str, Any]], section: KafkaSection) -> list[str]:
    lines = []
    if len(partitions) != topic.partitions:
        told = "delete it, if nothing else uses it, and run `gridwatch topics`"
        if topic.partitions == section.partitions and topic.partitions != 1:
            told = (
                f"set kafka.partitions to {len(partitions)}: the number is fixed at the first start, since by it a"
                " subject has its place"
            )
        lines.append(f"{topic.name}: has {_count(len(partitions), 'partition')}, expected {topic.partitions}; {told}")
    fewest = min((len(each["replicas"]) for each in partitions), default=0)
    if fewest < section.replication:
        lines.append(
            f"{topic.name}: is kept by {_count(fewest, 'broker')}, expected {section.replication} (kafka.replication);"
            " have Kafka reassign it (kafka-reassign-partitions.sh), or set kafka.replication to that"
        )
    return lines


def _configuration(topic: Wanted, configured: Mapping[str, str]) -> list[str]:
    lines = []
    for key, value in topic.configuration.items():
        got = configured.get(key, "")
        if got == value or (key in _AT_LEAST and (got == "-1" or (got.isdigit() and int(got) >= int(value)))):
            continue
        more = " or more" if key in _AT_LEAST else ""
        lines.append(
            f"{topic.name}: {key} is {got or 'not known'}, expected {value}{more}; set it: kafka-configs.sh --alter"
            f" --topic {topic.name} --add-config {key}={value}"
        )
    return lines


async def _configured(admin: Any, name: str) -> dict[str, str]:
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    return {entry[0]: entry[1] or "" for answer in answers for resource in answer.resources for entry in resource[4]}


async def _make(admin: Any, section: KafkaSection, missing: list[Wanted]) -> list[str]:
    from aiokafka.admin import NewTopic

    if not missing:
        return []
    new = [
        NewTopic(each.name, each.partitions, section.replication, topic_configs=each.configuration) for each in missing
    ]
    refused, made = [], []
    for error in (await admin.create_topics(new)).topic_errors:
        name, code, why = error[0], error[1], error[2] if len(error) > 2 else ""
        if code in (0, _EXISTS):
            made.append(name)
        else:
            refused.append(f"{name}: Kafka refuses to make it ({why or f'error {code}'})")
    if refused:
        raise TopicsUnfit("\n".join(refused))
    while not set(made) <= set(await admin.list_topics()):  # noqa: ASYNC110  brokers hear of it one after the other
        await asyncio.sleep(_SOON)
    return made


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"
