"""simulator: a made-up city whose vehicles and bins report as real ones do, and whose wrongs are known.

    city = City(seed=1)
    for message in city.run(start=1_700_000_000.0, seconds=3600):
        ...                      # Message(ts_sent, topic, payload), in the order in which they are sent
    city.labels                  # what was really wrong, when and with whom

Deterministic by seed and driven by simulated time alone: whoever publishes the messages paces them.
"""

from __future__ import annotations

from replay.labels import Label
from replay.simulator.city import City
from replay.simulator.conditions import Conditions
from replay.simulator.transport import Message

__all__ = ["City", "Conditions", "Label", "Message"]
