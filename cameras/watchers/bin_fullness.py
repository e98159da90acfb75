"""bin_fullness: how full is each bin that the camera looks into, and how much lies beside it?

Needs no model. A zone that says whom it is about (a bin of the registers) is drawn around the opening of a bin, or
around the inside of an open container, and the reading `fullness` is the share of it, in per cent, that no longer looks
as when the bin was empty. A zone named in `beside` is the ground around one; its reading is `beside`.

What it looks like when it is empty says `empty`: pictures of the scene with the bins empty, one by day and, where the
camera has infrared light, one by night. Without, the first pictures by day are taken for it, which is right only where
somebody begins it with empty bins; by infrared light nothing is said then.

Waste has texture or colour of its own. Light has neither: sun, shadow and dusk change how bright a place is, and not
how it looks. Who stands before a bin for a moment is left out by a median.

With a `classifier`, which needs no picture of the empty bin, the reading `waste` says how likely it is, in per cent,
that waste lies in or around the bin's zones. It is asked by day only.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from cameras.bin_classifier import Classifier
from cameras.watcher import Look, View, Watcher
from pipeline.units import Quantity, Seconds, Share


class BinFullness(Watcher):
    """How full is each bin that the camera looks into, and how much lies beside it?"""

    measured: ClassVar[bool] = False

    empty: tuple[Path, ...] = ()
    """Pictures of the scene with its bins empty."""
    beside: tuple[str, ...] = ()
    """Zones that are the ground around a bin."""
    each: Seconds = Field(Quantity(10.0), ge=0)
    """Pictures are looked at no more often."""
    report: Seconds = Field(Quantity(60.0), ge=0)
    """Readings are told as often."""
    settle: Seconds = Field(Quantity(60.0), ge=0)
    """A reading is the median of so many seconds, and of three pictures at least."""
    contrast: Share = Field(Quantity(0.06), gt=0, lt=1)
    """What has less contrast than this, as a share of its brightness, has no texture."""
    alike: Share = Field(Quantity(0.50), gt=0, lt=1)
    """A texture is still the same when it correlates with what it was by this."""
    colour: float = Field(14.0, gt=0, le=255)
    """A colour is another one from as many grey levels on, after the picture's own shift is taken off."""
    shake: Share = Field(Quantity(0.03), ge=0, lt=0.25)
    """How far the camera may sway, as a share of the picture."""

    classifier: Classifier | None = None
    """What judges the picture around each bin as well; none: nothing does."""

    def begin(self, view: View) -> Look:
        """ValueError: no zone says which bin it is about, `beside` names a zone that is none, or a picture of `empty`
        can't be read. ModelError: the classifier can't be had."""
        from cameras.fullness import Fullness

        unknown = [name for name in self.beside if name not in view.zones]
        if unknown:
            there = ", ".join(sorted(view.zones)) or "none"
            raise ValueError(f"beside: camera '{view.camera}' has no zone '{unknown[0]}'; its zones: {there}")
        meant = [zone for _, zone in sorted(view.zones.items()) if zone.about]
        if not meant:
            raise ValueError(f"camera '{view.camera}' has no zone with `about`: draw one around a bin's opening")
        return Fullness(self, meant)
