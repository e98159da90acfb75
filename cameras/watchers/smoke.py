"""smoke: does a grey veil rise in the picture? Contract only: tried on drawn pictures alone.

Reads pictures, one in two seconds or more. Reports for each zone the reading `smoke`, the share of it in per cent that
a veil covers, and 0 where there is none. A veil (Koschmieder 1924: what is seen is the scene times what comes through,
plus the veil's own light) takes a part of the scene's texture away and leaves it where it is; it adds light of its own,
which is grey. So a shadow, which adds none, is no veil, nor is an object, which hides the texture at once.

It is smoke when it has been there for `settle`, has not stood still, and has risen: it reaches higher than it did.
Where half of the picture is veiled it is fog, or a blurred lens, and nothing is told. Not known: steam, dust and the
spray of sprinklers, which are veils that rise as well; smoke by night, of the brightness of what is behind it, or
before what has no texture, such as the sky. It is no fire alarm.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from cameras.watcher import Look, View, Watcher
from pipeline.units import Quantity, Seconds, Share


class Smoke(Watcher):
    """Does a grey veil rise in the picture?"""

    measured: ClassVar[bool] = False

    each: Seconds = Field(Quantity(1.0), ge=0)
    """Pictures are looked at no more often."""
    report: Seconds = Field(Quantity(30.0), ge=0)
    """Readings are told as often, and at once when smoke begins or ends."""
    settle: Seconds = Field(Quantity(15.0), ge=0)
    """What has been a veil for so long, without interruption, may be smoke: a lorry's exhaust has gone by then."""
    learn: Seconds = Field(Quantity(10.0), ge=0)
    """For so long from the first picture on, whatever is there belongs to the scene, and nothing is told."""
    adapt: Seconds = Field(Quantity(300.0), gt=0)
    """The time in which the background follows what changes slowly."""
    smallest: Share = Field(Quantity(0.003), gt=0, lt=1)
    """The least part of the picture that is smoke."""
    rise: Share = Field(Quantity(0.05), gt=0, lt=1)
    """By so much of the picture's height it reaches higher than when it began."""
    grey: float = Field(14.0, gt=0, le=255)
    """Levels: the veil's own light is no more coloured."""
    shake: Share = Field(Quantity(0.03), ge=0, lt=0.5)
    """How far the camera may sway, as a share of the picture's width."""
    zones: tuple[str, ...] = ()
    """The zones of the picture that are meant; not given: all that the camera has, or the whole picture."""

    def begin(self, view: View) -> Look:
        """Begin to look at a scene. ValueError: a zone that the camera does not have."""
        from cameras.watchers.smoke_look import SmokeLook

        return SmokeLook(self, view.only(self.zones))
