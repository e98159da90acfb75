"""What tests of cameras talk to."""

from tests.services.mosquitto import own_mosquitto
from tests.services.rtsp import rtsp_server
from tests.services.web_camera import web_camera

__all__ = ["own_mosquitto", "rtsp_server", "web_camera"]
