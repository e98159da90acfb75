"""said: a judgement as text, for the tables of the detectors' tests."""

from __future__ import annotations

from pipeline.detector import Judgement


def said(judgement: Judgement) -> str:
    """One letter a row: w wrong, r right, . neither."""
    right = ~judgement.wrong if judgement.right is None else judgement.right
    return "".join("w" if w else "r" if r else "." for w, r in zip(judgement.wrong, right, strict=True))
