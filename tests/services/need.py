"""need: what to do where a service cannot be had.

On a developer's machine its tests are skipped and say how to get it; where CI is set that is an error, so that nothing
goes untested without anybody noticing.
"""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(what: str, how: str) -> NoReturn:
    """Skip or fail: `what` is not here, and `how` to get it."""
    reason = f"{what} is missing: {how}"
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
