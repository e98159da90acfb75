"""fonts: which letters of a text can no font of this machine draw?

By fontconfig (`fc-list`), which is what Chromium asks too. Where there is none (Windows, macOS, which have fonts for
nearly all that is written) nothing is known, and nothing is said.
"""

from __future__ import annotations

import html
import shutil
import subprocess
import unicodedata

PACKAGE = "fonts-noto-cjk"
_PATIENCE = 20.0
_SHOWN = 12


def undrawn(text: str) -> str:
    """The letters that would be printed as boxes, each once, in their order; '': all are drawn, or nobody knows."""
    letters = sorted(each for each in set(html.unescape(text)) if ord(each) > 0x7F and _is_seen(each))
    covered = _covered() if letters else None
    if covered is None:
        return ""
    return "".join(each for each in letters if not any(low <= ord(each) <= high for low, high in covered))


def advice(letters: str) -> str:
    """What is said of letters that `undrawn` has found."""
    some = letters[:_SHOWN] + ("…" if len(letters) > _SHOWN else "")
    return (
        f"no font of this machine draws {len(letters)} of its letters ({some}): they are printed as boxes;"
        f" `apt-get install {PACKAGE}`, then print it again"
    )


def _is_seen(letter: str) -> bool:
    """Whether a font has to have it: no control, no blank, nothing that only changes the letter before."""
    return unicodedata.category(letter)[0] not in "CZM"


def _covered() -> set[tuple[int, int]] | None:
    """What the fonts draw, as ranges of code points; None: nobody knows."""
    program = shutil.which("fc-list")
    if program is None:
        return None
    try:
        done = subprocess.run([program, "--format=%{charset}\n"], capture_output=True, timeout=_PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    found = set()
    for part in set(done.stdout.decode("ascii", "replace").split()):
        low, _, high = part.partition("-")
        try:
            found.add((int(low, 16), int(high or low, 16)))
        except ValueError:
            continue
    return found
