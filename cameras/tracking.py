"""tracking: which box is the same object as a box in the pictures before?

ByteTrack (Zhang et al. 2022) as the library `trackers` has it: a Kalman filter says where each object should be now,
boxes go to the objects that they overlap most, sure ones first and faint ones to what is left. So a score that sinks
for a moment loses nobody. Deterministic; the unit of the boxes does not matter.

It follows what moves. What stands, and is not seen for long, is found again by where it is (`cameras.still`): so the
tracker may forget soon, and a forecast of where a lorry went never runs far enough to be taken for another.
"""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pipeline.rows import Floats, Longs
from pipeline.units import Quantity, Seconds, Share

UNTRACKED = -1


class Tracking(BaseModel):
    """How boxes are followed from picture to picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sure: Share = Field(Quantity(0.25), ge=0, le=1)
    """From this score on a box may begin a track; a fainter one only carries one on."""
    overlap: Share = Field(Quantity(0.20), gt=0, lt=1)
    """How much of a box must lie where the object should be by now (intersection over union)."""
    lost: Seconds = Field(Quantity(2.0), gt=0)
    """What has not been seen for so long is no longer looked for."""


class Tracker:
    """The objects of one camera, followed from picture to picture."""

    def __init__(self, rate: float, settings: Tracking | None = None) -> None:
        """rate: pictures a second, about; the times of the pictures are what counts."""
        from trackers import ByteTrackTracker  # takes a second: only who follows boxes waits for it

        given = settings or Tracking()
        self._tracker = ByteTrackTracker(
            lost_track_buffer=round(given.lost * 30.0),  # it counts in pictures at 30 a second
            frame_rate=rate,
            track_activation_threshold=given.sure,
            high_conf_det_threshold=given.sure,
            minimum_iou_threshold=given.overlap,
            minimum_consecutive_frames=1,
        )

    def follow(self, ts: float, boxes: Floats, scores: Floats) -> Longs:
        """The track of each box of the next picture, shape (n,); UNTRACKED: seen once, or never surely.

        ts: seconds, later than that of the picture before. boxes: shape (n, 4), left, top, right, bottom. scores: shape
        (n,), 0..1; unknown (NaN) counts as sure.
        """
        from supervision import Detections

        n = len(boxes)
        if n == 0:
            self._tracker.update(Detections.empty(), timestamp=ts)
            return np.empty(0, np.int64)
        sure = np.where(np.isnan(scores), 1.0, scores)
        said = Detections(xyxy=boxes, confidence=sure, data={"place": np.arange(n)})
        found = self._tracker.update(said, timestamp=ts)  # in an order of its own
        tracks = np.full(n, UNTRACKED, np.int64)
        tracks[np.asarray(found.data["place"])] = np.asarray(found.tracker_id)
        return tracks
