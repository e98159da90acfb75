"""served: a gateway on a journal in a folder, as a process of its own that can be killed.

python -m tests.connectors.jt808.served FOLDER: writes its port, and ends when standard input does.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from connectors.jt808.gateway import Jt808Receiver
from connectors.jt808.settings import Jt808Source
from pipeline.journal import Journal
from tests.connectors.fakes import ListLog


def main() -> None:
    journal = Journal.open(Path(sys.argv[1]))
    settings = Jt808Source.model_validate({"type": "jt808", "port": 0, "unknown": "accept"})
    receiver = Jt808Receiver("trucks", settings, journal.commit, 0.1, log=ListLog())
    receiver.start()
    listens = threading.Event()
    while receiver.status.connected_since is None:
        listens.wait(0.01)
    sys.stdout.write(f"{receiver.port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    receiver.stop()
    journal.close()


if __name__ == "__main__":
    main()
