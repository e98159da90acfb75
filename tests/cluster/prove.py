"""prove: every scenario of the rule book, replayed in one process, and by workers of which some are killed: the same?

    python -m tests.cluster.prove [--workers 3] [NAME ...]

Needs the services (`make services`); takes some ten minutes. Says of each whether the cases are the same.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from gridwatch.cluster_replay import ClusterReplay
from pipeline.journal.contents import CONTENTS
from replay.scenarios.library import SCENARIOS
from tests.cluster.local import told
from tests.cluster.recordings import recorded
from tests.cluster.test_proof import Breaking
from tests.services.kafka import Kafka

FAMILIES = ("fleet", "sensors")


def proved(broker: str, folder: Path, scenario: str, family: str, workers: int) -> str:
    """A line about one."""
    opened = recorded(folder, scenario, family, seed=7)
    whole = opened.judge()
    assert opened.recording is not None
    breaking = Breaking(30, 90)
    replay = ClusterReplay(
        [broker],
        opened.entries(),
        opened.recording.journal / CONTENTS,
        workers=workers,
        rows=300,
        every=10,
        watching=breaking,
    )
    found = replay.run()
    several = sum(case.members > 1 for case in whole.cases)
    about = f"{len(whole.cases)} cases, {several} of several episodes, {breaking.killed} workers killed"
    return f"{'the same' if told(found) == told(whole) else 'DIFFERENT'}: {family} {scenario}: {about}"


def main() -> int:
    parser = argparse.ArgumentParser(description="prove: see the head of the file")
    parser.add_argument("names", nargs="*", help="scenarios; none: all")
    parser.add_argument("--workers", type=int, default=3)
    options = parser.parse_args()
    different = 0
    with tempfile.TemporaryDirectory(prefix="gridwatch-prove-") as name:
        server = Kafka(Path(name) / "kafka").start()
        try:
            for scenario in options.names or [each.name for each in SCENARIOS]:
                for family in FAMILIES:
                    folder = Path(name) / f"{family}-{scenario}"
                    folder.mkdir()
                    line = proved(server.address, folder, scenario, family, options.workers)
                    different += line.startswith("DIFFERENT")
                    sys.stdout.write(line + "\n")
                    sys.stdout.flush()
        finally:
            server.end()
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
