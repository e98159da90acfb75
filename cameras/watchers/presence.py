"""presence: is something in this zone, whatever it is? Without a model.

Reads pictures, at any rate. Reports for each zone one `presence`, in every picture in which something can be seen in
it: who comes and goes is not told apart, so that a stall which customers crowd around is one presence, and so is a
queue. Its number is new when the zone has been empty; `still` is the seconds for which something has been there without
interruption, whether it moved or not; the box is around all that is there, and the score is the share of the zone that
it covers.

What is there differs from the scene behind it (`cameras.background`, which follows the light), and does not show the
scene's own texture in another light (`cameras.shading`): sun and shadow change how bright a place is, and hide nothing.
What the first pictures show is the scene. What comes and stays is told for as long as it stays, up to `fixture`.

Default bridge 3 s: who walks behind a lamp post is gone for less. That something is there is nothing wrong by itself;
how long, in which zone and at what hours is for a rule to say.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from cameras.watcher import Look, View, Watcher
from pipeline.units import Quantity, Seconds, Share


class Presence(Watcher):
    """Is something in this zone, whatever it is?"""

    measured: ClassVar[bool] = True

    settle: Seconds = Field(Quantity(1.0), ge=0)
    """What has been in the zone for so long is told. One picture proves at most half of it."""
    bridge: Seconds = Field(Quantity(3.0), ge=0)
    """A zone that is empty for so long is empty. One picture proves at most half of it."""
    smallest: Share = Field(Quantity(0.0005), gt=0, lt=1)
    """The least part of the picture that is something: 0.05 % of 1920 x 1080 is 32 x 32 pixels."""
    learn: Seconds = Field(Quantity(6.0), ge=0)
    """For so long from the first picture on, whatever is there belongs to the scene, and nothing is told."""
    contrast: Share = Field(Quantity(0.04), gt=0, lt=1)
    """How much something differs from what is behind it, at least, in brightness or in colour."""
    adapt: Seconds = Field(Quantity(60.0), gt=0)
    """The time in which the background follows what changes slowly."""
    fixture: Seconds = Field(Quantity(172_800.0), gt=0)
    """What has stood for so long in its place belongs to the scene."""
    shake: Share = Field(Quantity(0.03), ge=0, lt=0.5)
    """How far the camera may sway, as a share of the picture's width."""
    pixels: int = Field(130_000, ge=10_000, le=4_000_000)
    """How many of the picture's pixels are looked at, at most."""
    zones: tuple[str, ...] = ()
    """The zones of the picture that are meant; not given: all that the camera has, or the whole picture."""

    def begin(self, view: View) -> Look:
        """Begin to look at a scene. ValueError: a zone that the camera does not have."""
        from cameras.watchers.presence_look import PresenceLook

        return PresenceLook(self, view.only(self.zones))
