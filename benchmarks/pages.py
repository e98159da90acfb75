"""pages: what every benchmark does that is a page of the docs: print it, or write it with --write."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def command(about: str | None, page: Path, needed: Iterable[Path], make: Callable[[], str]) -> None:
    """The command of a page. about: its help. needed: the recordings that it is made of; make: the page's text."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"write {page.relative_to(ROOT)}")
    wanted = parser.parse_args()
    for each in needed:
        if not each.exists():
            sys.exit(f"There is no {each}. Put the recordings there, or name their folder in GRIDWATCH_DATA.")
    text = make()
    if wanted.write:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, "utf-8")
    sys.stdout.write(text)
