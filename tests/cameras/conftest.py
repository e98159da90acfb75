"""What tests of cameras talk to."""

from tests.services.mosquitto import own_mosquitto
from tests.services.onvif_camera import onvif_server
from tests.services.rtsp import rtsp_server
from tests.services.web_camera import web_camera

__all__ = ["onvif_server", "own_mosquitto", "rtsp_server", "web_camera"]
