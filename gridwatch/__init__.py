"""gridwatch: the names that plug-in authors import. What is not here is not public.

from gridwatch import Codec, Connector, Detector, Judgement, RowDetector, Watcher
"""

from __future__ import annotations

from cameras.watcher import Frame, Look, Measured, Seen, View, Watcher
from pipeline.codec import Codec, Picture
from pipeline.connector import Connector, Delivery
from pipeline.detector import Detector, Judgement, RowDetector

__all__ = [
    "Codec",
    "Connector",
    "Delivery",
    "Detector",
    "Frame",
    "Judgement",
    "Look",
    "Measured",
    "Picture",
    "RowDetector",
    "Seen",
    "View",
    "Watcher",
    "__version__",
]

__version__ = "0.1.0"
