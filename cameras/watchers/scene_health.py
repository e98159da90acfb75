"""scene_health: is the picture any good, and is it still the picture of this scene?

Reports readings of the camera itself, each 0 to 1; from 0.5 on it is a fault, and what it counts stands in brackets:

- `health_black` (darkness of the brightest twentieth), `health_overexposed` (share of pixels at the upper end);
- `health_frozen` (time in which nothing changed but an overlay such as a clock);
- `health_covered` (share of the scene's structure that is gone), `health_blurred` (sharpness lost against this scene's
  own), `health_moved` (likeness lost against this scene as it was), `health_colour_cast` (the colours' common shift).

The last four are told against what is normal here, which is learnt from the first picture on and follows slowly: dusk
is normal, a bag over the camera is not. Of what excludes each other only the first is told: a black picture is not
covered too. A lorry may cover the view, and one picture may be bad: a rule with detector `threshold` and a hold of
minutes makes a camera fault of a reading.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from cameras.watcher import Look, View, Watcher
from pipeline.units import Quantity, Seconds, Share

METRICS = tuple(
    f"health_{what}" for what in ("black", "overexposed", "frozen", "covered", "moved", "blurred", "colour_cast")
)
"""In the order in which the first excludes the others; frozen goes with all but the first two."""


class SceneHealth(Watcher):
    """Is the picture any good, and is it still the picture of this scene?"""

    measured: ClassVar[bool] = True

    each: Seconds = Field(Quantity(5.0), ge=0)
    """Pictures are looked at no more often."""
    report: Seconds = Field(Quantity(60.0), ge=0)
    """Readings are told as often, and at once when one becomes a fault or ceases to be one."""
    learn: Seconds = Field(Quantity(600.0), gt=0)
    """How fast what is normal follows what is seen: the light of dusk halves in about ten minutes."""
    accept: Seconds = Field(Quantity(86400.0), gt=0)
    """What has been odd for so long is normal: somebody turned the camera, and meant it."""
    frozen: Seconds = Field(Quantity(60.0), gt=0)
    """A picture has frozen when it is the same, to the bit, for so long; encoded anew, to noise, for ten times that."""
    overlay: Share = Field(Quantity(0.05), ge=0, lt=0.5)
    """A clock and a name may take so much of the picture; what changes there is not the scene."""
    dark: Share = Field(Quantity(0.07), gt=0, lt=0.5)
    """Black is where not even a twentieth of the picture is lighter than this. Night under one lamp is lighter."""
    bright: Share = Field(Quantity(0.94), gt=0.5, lt=1)
    """From here on a pixel is at its upper end."""
    burnt: Share = Field(Quantity(0.70), gt=0, lt=1)
    """Overexposed is where so much of the picture is at its upper end: sky and low sun take half of one."""
    covered: Share = Field(Quantity(0.50), gt=0, lt=1)
    """Covered is where so much of the scene's structure is gone."""
    blurred: Share = Field(Quantity(0.50), gt=0, lt=1)
    """Blurred is where so much of the sharpness is gone: edges twice as broad, about 0.6 % of the picture's width."""
    moved: Share = Field(Quantity(0.55), gt=0, lt=1)
    """Moved is where so much of the likeness is gone. A view turned by more than `shake` keeps two fifths at most."""
    shake: Share = Field(Quantity(0.04), ge=0, lt=0.25)
    """A pole in the wind moves the view by this share of the picture; that is not moved."""
    cast: float = Field(0.25, gt=0)
    """A cast is a shift of the logarithm of red times blue over green squared by this: a quarter towards green or
    magenta, where daylight, dusk and lamps do not go. Along their way, from blue to orange, three times as much."""

    def begin(self, view: View) -> Look:
        from cameras.picture_health import PictureHealth

        return PictureHealth(self)
