"""conditions: what stands between what happened in the made-up city and what gridwatch hears of it.

Nothing in here changes what is wrong: the same seed has the same drives, bins and labels under all conditions that it
can be heard under. Receivers (noise.py) and terminals (terminal.py) read the first half; what the network does to
messages on their way (transport.py), whichever device sends them, the second.

The defaults are an ordinary day in a city with high houses and tunnels, which is what the demo shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Upload(StrEnum):
    """What a terminal does with what it stored without network, once it is out."""

    BEFORE = "before"
    """It sends that first, in order, then goes on."""
    BESIDE = "beside"
    """It goes on at once, and sends that beside it, in up to three bursts."""
    EITHER = "either"
    """One half of the terminals does this, the other half that."""


UPLOADED = 900.0
"""Seconds after which all that was stored in a dead zone is uploaded."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under what conditions the city is heard."""

    sigma: float = 3.0
    """metres: the standard deviation of a fix on each axis, in the open"""
    canyons: bool = True
    """bursts of 10 to 30 m between high houses"""
    outliers: float = 1 / 4_000
    """single fixes 0.15 to 2.5 km off, a second of each receiver"""
    freezes: float = 1 / 6_000
    """how often a receiver repeats its last fix for 10 to 40 s, a second of each that moves"""
    spares: bool = True
    """whether no receiver freezes where something is wrong, so that a demo shows each wrong that it has"""
    dark: bool = True
    """whether there is no network in the tunnels and cuttings"""
    upload: Upload = Upload.EITHER

    repeats: float = 1 / 250
    """the share of messages that are sent twice, the second 0.5 to 5 s after the first"""
    lost: float = 0.0
    """the share of messages that never arrive"""
    held: float = 0.0
    """the share of messages that are held up, so that later ones overtake them"""
    held_for: float = 30.0
    """seconds at most"""
    skew: float = 0.0
    """seconds by which some devices' clocks are ahead (below 0: behind)"""
    skewed: float = 0.0
    """the share of devices with such a clock"""

    @property
    def doubt(self) -> tuple[float, float]:
        """By how much clocks are wrong, and how long after the fact all that was stored is uploaded, seconds."""
        return abs(self.skew) if self.skewed else 0.0, UPLOADED if self.dark else 0.0

    @property
    def text(self) -> str:
        """In a few words, for a table: '10 m, dead zones'."""
        words = [f"{self.sigma:g} m"]
        words += ["canyons"] * self.canyons + ["outliers"] * (self.outliers > 0) + ["frozen fixes"] * (self.freezes > 0)
        words += ["dead zones"] * self.dark + [f"{100 * self.lost:g}% lost"] * (self.lost > 0)
        words += [f"{100 * self.repeats:g}% repeated"] * (self.repeats >= 0.005)
        words += [f"{100 * self.held:g}% held up to {self.held_for:g} s"] * (self.held > 0)
        if self.skew and self.skewed:
            words.append(f"{self.skewed:.0%} of clocks {abs(self.skew):g} s {'ahead' if self.skew > 0 else 'behind'}")
        return ", ".join(words)


ORDINARY = Conditions()
"""As above."""
CLEAR = Conditions(sigma=1.0, canyons=False, outliers=0.0, freezes=0.0, dark=False, repeats=0.0)
"""Open sky, network everywhere, a network that does what it should."""
