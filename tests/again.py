"""again: what failed beside other tests is run once more, alone, and both results are said.

`python -m tests.again [ARGUMENTS OF PYTEST]`, after a run of pytest that has failed. Some tests kill processes, cut
connections or look at a page while others use the same processor; such a one may fail by chance once in some thousand
runs, and there are ten thousand tests. A defect fails again. What passes the second time is unsteady: its name stays in
the log, and its cause is to be found. Where more than MOST have failed, nothing is run again.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

MOST = 5
LAST_FAILED = Path(".pytest_cache/v/cache/lastfailed")


def failed(record: Path = LAST_FAILED) -> list[str]:
    """What pytest has written down as failed: node ids, in order."""
    try:
        return sorted(json.loads(record.read_text("utf-8")))
    except FileNotFoundError:
        return []


def main(arguments: list[str]) -> int:
    """The exit status of `make test`: 0 where all that had failed has passed now."""
    tests = failed()
    if not 0 < len(tests) <= MOST:
        return 1
    sys.stdout.write("\n  ".join([f"\n{len(tests)} failed, run again alone; what passes now is unsteady:", *tests, ""]))
    sys.stdout.flush()
    return subprocess.run([sys.executable, "-m", "pytest", *arguments, *tests], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
