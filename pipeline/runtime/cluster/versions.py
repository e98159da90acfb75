"""versions: how a configuration comes into force in all partitions of a city.

First what the version names, then a VERSION entry in every partition, then that it is the current one. A process that
dies in between leaves a version that some partitions judge by already and the next start makes current; the same entry
twice changes nothing.
"""

from __future__ import annotations

from pipeline.entries import EntryBuffer, Kind
from pipeline.journal import Contents
from pipeline.runtime.cluster.contents import SharedContents
from pipeline.runtime.cluster.producing import Producer
from pipeline.runtime.cluster.routing import Part
from pipeline.runtime.compose import City, version_payload


def publish_version(
    city: City, contents: Contents, shared: SharedContents, producer: Producer, partitions: int, at: float
) -> bytes:
    """Make a city's configuration the one in force, where it is not; its payload.

    contents: this process' own. at: the entry's `received`, UTC seconds. Raises NotTaken, JournalError: it may be tried
    again.
    """
    payload = version_payload(city.configuration, city.world, contents)
    if shared.current() == payload:
        return payload
    shared.publish(contents, payload)
    buffer = EntryBuffer()
    buffer.add(Kind.VERSION, "", "", at, payload)
    producer.put([Part(partition, buffer.batch()) for partition in range(partitions)])
    shared.make_current(payload)
    return payload
