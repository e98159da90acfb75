"""attaching: what a process that only reads what others file needs before it begins: where Kafka is, and the store."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from cases.database import StoreTrouble
from cases.migrations import OlderSchema
from cases.store import Store
from pipeline.faults import Fault, Faulty
from pipeline.runtime.cluster.settings import KafkaSection, connection
from pipeline.runtime.config import Configuration
from pipeline.runtime.logs import Trouble

AGAIN = 1.0
"""Between two attempts, seconds."""


def kafka_of(file: Path, configuration: Configuration) -> KafkaSection:
    """The section. Raises Faulty where the city runs in one process."""
    if configuration.runtime != "cluster" or configuration.kafka is None:
        message = "expected 'cluster', and a section 'kafka'; `gridwatch run` has the console of a city in one process"
        raise Faulty([Fault(str(file), 0, "runtime", message)])
    return configuration.kafka


def reached(file: Path, kafka: KafkaSection) -> dict[str, Any]:
    """What aiokafka's clients are made with. Raises Faulty where a secret, a file or a package is missing."""
    try:
        return connection(kafka, file.resolve().parent, os.environ)
    except (ValueError, OSError) as error:
        raise Faulty([Fault(str(file), 0, "kafka", str(error))]) from error


def store_when_there_are_tables(where: Path | str, log: Any, ending: threading.Event) -> Store | None:
    """The store beside its desk, once a worker has made its tables; None where it was given up since we are to stop.

    Raises AnotherDesk, NewerSchema, StoreBroken.
    """
    trouble = Trouble(log, "the cases can't be read")
    while not ending.is_set():
        try:
            store = Store(where, desk=False)
        except (StoreTrouble, OlderSchema) as error:
            trouble.failed(error)
        else:
            if not store.empty:
                trouble.worked()
                return store
            store.close()
            trouble.failed(RuntimeError("there are none yet; `gridwatch worker` makes their tables"))
        ending.wait(AGAIN)
    return None
