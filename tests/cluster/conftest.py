from __future__ import annotations

from tests.services.certificates import certificates
from tests.services.kafka import kafka, kafka_cluster, own_kafka, secured_kafka
from tests.services.mosquitto import mosquitto, own_mosquitto
from tests.services.postgres import own_postgres, postgres

__all__ = [
    "certificates",
    "kafka",
    "kafka_cluster",
    "mosquitto",
    "own_kafka",
    "own_mosquitto",
    "own_postgres",
    "postgres",
    "secured_kafka",
]
