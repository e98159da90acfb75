"""victoria: a real VictoriaMetrics for tests, of Debian's package, on a free loopback port, ended by process id."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.services.mosquitto import free_port
from tests.services.wait import until


class Victoria:
    """A server of our own. One point is kept of those that are the same, as docs/history.md says."""

    def __init__(self, folder: Path) -> None:
        found = shutil.which("victoria-metrics")
        if found is None:  # a second choice: whoever has InfluxDB needs none
            pytest.skip("VictoriaMetrics is missing: apt-get install victoria-metrics (as root)")
        self.url = f"http://127.0.0.1:{free_port()}"
        options = {"storageDataPath": folder, "retentionPeriod": "5y", "dedup.minScrapeInterval": "1ms"}
        command = [found, f"-httpListenAddr={self.url.removeprefix('http://')}"]
        with (folder.parent / "victoria.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *(f"-{name}={value}" for name, value in options.items())], stdout=log, stderr=log
            )
        until(self._answers, "VictoriaMetrics", seconds=60)

    def _answers(self) -> bool:
        assert self._process.poll() is None
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def series(self, name: str, since: float, until: float) -> list[dict[str, Any]]:
        """Those of a name, with their values and timestamps, as its export has them."""
        urllib.request.urlopen(f"{self.url}/internal/force_flush", timeout=10).close()
        asked = urllib.parse.urlencode({"match[]": name, "start": since, "end": until})
        with urllib.request.urlopen(f"{self.url}/api/v1/export?{asked}", timeout=10) as answer:
            return [json.loads(line) for line in answer]

    def end(self) -> None:
        """It keeps nothing that anybody wants."""
        self._process.kill()
        self._process.wait(10)


@pytest.fixture
def victoria(tmp_path: Path) -> Iterator[Victoria]:
    """One for a test."""
    server = Victoria(tmp_path / "victoria")
    yield server
    server.end()
