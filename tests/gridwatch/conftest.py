"""What tests of the front door talk to."""

from tests.services.rtsp import rtsp_server

__all__ = ["rtsp_server"]
