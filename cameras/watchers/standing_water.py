"""standing_water: how much of a road does water stand on? Contract only: tried on drawn pictures alone.

Reads a picture every `each`. Reports for each zone the reading `standing_water`, the share of it in per cent that has
lost its texture: water covers the grain of a road, and shows the sky. It is looked for in the median of nine pictures,
so that traffic is left out, against the road as it was, which is learnt from the first pictures and followed slowly.

A zone is a stretch of road. What has an outline as sharp as an object's is none; where the rest of the picture has lost
its texture too, by fog or a blurred lens, and where the zone has none to lose, nothing is told. Not known: water that
mirrors houses, which is texture again; snow, mud and fresh tarmac, which cover the grain as well.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from cameras.watcher import Look, View, Watcher
from pipeline.units import Quantity, Seconds, Share


class StandingWater(Watcher):
    """How much of a road does water stand on?"""

    measured: ClassVar[bool] = False

    each: Seconds = Field(Quantity(20.0), ge=0)
    """Pictures are looked at no more often; nine of them make one that is judged."""
    report: Seconds = Field(Quantity(60.0), ge=0)
    """Readings are told as often."""
    settle: Seconds = Field(Quantity(300.0), ge=0)
    """What has been wet for so long is told: after less, a cleaning cart has passed."""
    adapt: Seconds = Field(Quantity(86_400.0), gt=0)
    """The time in which the road as it was follows what is seen of it."""
    lost: Share = Field(Quantity(0.40), gt=0, lt=1)
    """A texture is gone when less than this of its contrast is left."""
    smallest: Share = Field(Quantity(0.002), gt=0, lt=1)
    """The least part of the picture that is a puddle."""
    shake: Share = Field(Quantity(0.03), ge=0, lt=0.5)
    """How far the camera may sway, as a share of the picture's width."""
    zones: tuple[str, ...] = ()
    """The zones of the picture that are meant; not given: all that the camera has, or the whole picture."""

    def begin(self, view: View) -> Look:
        """Begin to look at a scene, which is dry. ValueError: a zone that the camera does not have."""
        from cameras.watchers.standing_water_look import StandingWaterLook

        return StandingWaterLook(self, view.only(self.zones))
