"""presets: one camera's scenes, as its configuration has them: pictures of each preset, or its token by ONVIF."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from cameras.scenes import Pointing, Scenes
from cameras.settings import CameraSettings


def scenes(
    settings: CameraSettings, unread: Callable[[str], object], pointing: Callable[[], Pointing | None] | None = None
) -> Scenes:
    """The camera's scenes. unread: told of each picture that can't be read. pointing: what the camera says."""
    found = Scenes(pointing=pointing or _silent)
    for name, preset in settings.presets.items():
        found.add(name)
        for file in preset.pictures:
            image = cv2.imread(str(file))
            if image is None:
                unread(f"presets.{name}: {file} is no picture that can be read")
            else:
                found.learn(name, np.asarray(image, np.uint8))
    return found


def _silent() -> Pointing | None:
    return None
