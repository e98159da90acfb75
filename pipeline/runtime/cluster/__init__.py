"""cluster: a city on Kafka, by Faust: docs/decisions/cluster.md."""
