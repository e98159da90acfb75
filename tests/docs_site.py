"""docs_site: the documentation as a site, built for tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

from docs.site.sources import ROOT
from tests.services.need import missing

PYTHON = ROOT / ".venv" / "docs" / "bin" / "python"
"""Where `make generator` puts the site's generator."""


def built(to: Path) -> Path:
    """The site, in a folder that is made."""
    if not PYTHON.exists():
        missing("the generator of the documentation's site", "make generator")
    command = [str(PYTHON), "-m", "docs.site.build", str(to)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return to.resolve()
