"""gridwatch: the names that plug-in authors import. What is not here is not public.

from gridwatch import Codec, Detector, Judgement, RowDetector
"""

from __future__ import annotations

from pipeline.codec import Codec, Picture
from pipeline.detector import Detector, Judgement, RowDetector

__all__ = ["Codec", "Detector", "Judgement", "Picture", "RowDetector", "__version__"]

__version__ = "0.1.0"
