"""gridwatch: the names that plug-in authors import. What is not here is not public.

from gridwatch import Detector, Judgement, RowDetector
"""

from __future__ import annotations

from pipeline.detector import Detector, Judgement, RowDetector

__all__ = ["Detector", "Judgement", "RowDetector", "__version__"]

__version__ = "0.1.0"
