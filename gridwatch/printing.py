"""printing: a page as PDF, by the Chromium that is there: the browser that people print with anyway.

Where a letter has no font the browser prints a box and says nothing; so that is looked for before, logged, and said at
the top of the page itself.
"""

from __future__ import annotations

import html
import logging
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from gridwatch.fonts import advice, undrawn
from gridwatch.problems import Problem

LOG = logging.getLogger("gridwatch.web")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "msedge")
_PATIENCE = 120.0
"""Seconds: a page of many pictures takes some."""


def browser() -> str | None:
    """The one that prints; None: there is none."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def pdf(page: bytes, beside: Path) -> bytes:
    """A page that stands alone, printed. Raises Problem where there is no browser, or it fails.

    beside: a folder for what it needs meanwhile: a browser that is confined (snap) sees nothing of /tmp.
    """
    program = browser()
    if program is None:
        raise Problem(
            "A PDF is printed by Chromium, which is not installed: `apt-get install chromium`, or any Chrome or Edge."
            " Without it export .html, and print that from a browser."
        )
    with tempfile.TemporaryDirectory(prefix="gridwatch-", dir=beside.resolve()) as folder:
        (Path(folder) / "page.html").write_bytes(_with_warning(page))
        out = Path(folder) / "page.pdf"
        command = [
            program,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            f"--user-data-dir={folder}/profile",
            "--no-pdf-header-footer",
            f"--print-to-pdf={out}",
            (Path(folder) / "page.html").as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium refuses to be root's in its sandbox; the page runs no script
        try:
            subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=True)
            return out.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise Problem(f"{program} could not print it ({type(error).__name__}). Export .html instead.") from None


def _with_warning(page: bytes) -> bytes:
    """The page; where letters of it have no font, with a line that says so, which has none but Latin ones."""
    lacking = undrawn(page.decode("utf-8", "replace"))
    if not lacking:
        return page
    LOG.warning("a page is printed: %s", advice(lacking))
    said = f"{len(lacking)} letters of this page have no font on the machine that printed it, and are boxes here."
    banner = f'<p style="border:2px solid;padding:4px">{html.escape(said)}</p>'.encode()
    head, body, rest = page.partition(b"<body>")
    return head + body + banner + rest if body else banner + page
