"""static_object: what stands there that was not there before? A bag, a heap of waste, a parked car; without a model.

Reads pictures, at any rate from one in ten seconds on. Reports each object that has come to rest since the watcher
began, in every picture in which it can be seen, as `object`; and where something that was there has been taken away,
`removed`, for `told`. What the first pictures show was there before.

Two backgrounds (Porikli 2007: dual foregrounds) find what is new and still: a long one that knows the scene, and a
short one that holds what has been at a pixel for most of the last seconds, if that is something else. Who passes, and
rain, are in neither. Then the place is compared with what it was (`static_presence`): shadows, light and a shaking
camera leave the texture of the ground, and change nothing there. Found, an object is watched pixel by pixel: it stands
until its background can be seen again, however many walk past.

Default 5 s: who stops to look at a phone stands for as long, and a bag is not yet abandoned; how long is too long is
for the rule to say.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from cameras.watcher import Look, View, Watcher
from pipeline.units import Quantity, Seconds, Share


class StaticObject(Watcher):
    """What stands there that was not there before?"""

    measured: ClassVar[bool] = True

    settle: Seconds = Field(Quantity(5.0), gt=0)
    """What has been at rest for so long is an object. One picture proves at most a third of it."""
    smallest: Share = Field(Quantity(0.0001), gt=0, lt=1)
    """The least part of the picture that an object covers: 0.01 % of 1920 x 1080 is 14 x 14 pixels."""
    learn: Seconds = Field(Quantity(6.0), ge=0)
    """For so long from the first picture on, whatever comes to rest belongs to the scene."""
    contrast: Share = Field(Quantity(0.03), gt=0, lt=1)
    """How much an object differs from what is behind it, at least, in brightness or in colour."""
    adapt: Seconds = Field(Quantity(60.0), gt=0)
    """The time in which the background follows what changes slowly."""
    remember: Seconds = Field(Quantity(120.0), gt=0)
    """For so long an object may be hidden and be the same again; for as long as it has stood, if that is less."""
    told: Seconds = Field(Quantity(300.0), gt=0)
    """For so long it is said that something was removed; after it, the empty place is the background."""
    fixture: Seconds = Field(Quantity(172_800.0), gt=0)
    """What has stood for so long belongs to the scene."""
    shake: Share = Field(Quantity(0.03), ge=0, lt=0.5)
    """How far the camera may sway, as a share of the picture's width."""
    pixels: int = Field(130_000, ge=10_000, le=4_000_000)
    """How many of the picture's pixels are looked at, at most: more for what is small and far off, at their price."""
    zones: tuple[str, ...] = ()
    """The zones of the picture that are meant; not given: all that the camera has, or the whole picture."""

    def begin(self, view: View) -> Look:
        """Begin to look at a scene. ValueError: a zone that the camera does not have."""
        from cameras.watchers.static_look import StaticLook

        return StaticLook(self, [zone for _, zone in sorted(view.only(self.zones).zones.items())])
