"""edge_file: the sections about pictures, as models: `cameras`, `publish`, `evidence`; and a file of these alone.

A city's file may have them beside its own, and `vehicle_photos`; an edge box's file has nothing else, but `metrics`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from cameras.evidence.settings import EvidenceSettings
from cameras.evidence.vehicle_photos import VehiclePhotos
from cameras.latest_settings import LatestSettings
from cameras.platforms.settings import PlatformSettings
from cameras.publish import Broker
from cameras.settings import CameraName, CameraSettings
from pipeline.runtime.sections import MetricsSection, Section


class CameraSections(Section):
    """What a city's file may say of its cameras."""

    cameras: Mapping[CameraName, CameraSettings] = Field({}, description="which there are, and what they watch for")
    platforms: Mapping[CameraName, PlatformSettings] = Field({}, description="whose gateways are asked for streams")
    publish: Broker | None = Field(None, description="the broker to which what they see goes")
    evidence: EvidenceSettings | None = Field(None, description="what is kept of what they see; none: nothing")
    frames: LatestSettings | None = Field(None, description="their latest pictures, for the console; none: none")


class CitySections(CameraSections):
    """... and of pictures that are none of its cameras'."""

    vehicle_photos: VehiclePhotos | None = Field(None, description="what is kept of vehicles' pictures; none: nothing")


class EdgeSections(CameraSections):
    """All that an edge box's file may say."""

    cameras: Mapping[CameraName, CameraSettings] = Field(min_length=1)
    publish: Broker
    metrics: MetricsSection | None = Field(default_factory=MetricsSection)
