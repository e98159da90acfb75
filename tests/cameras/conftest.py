"""What tests of cameras talk to."""

from tests.services.rtsp import rtsp_server
from tests.services.web_camera import web_camera

__all__ = ["rtsp_server", "web_camera"]
