"""rtsp_server: a real RTSP server, run by the system's Python, which has GStreamer (tests/services/rtsp.py).

    python3 rtsp_server.py PORT LAUNCH     serves what the pipeline LAUNCH makes at rtsp://127.0.0.1:PORT/cam

RTSP_USER and RTSP_PASSWORD in the environment: it asks for them. Says `ready` when it listens.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any


def main() -> None:
    gi: Any = importlib.import_module("gi")
    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    gst: Any = importlib.import_module("gi.repository.Gst")
    served: Any = importlib.import_module("gi.repository.GstRtspServer")
    glib: Any = importlib.import_module("gi.repository.GLib")
    gst.init(None)
    server = served.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(sys.argv[1])
    factory = served.RTSPMediaFactory()
    factory.set_launch(sys.argv[2])
    factory.set_shared(True)
    user = os.environ.get("RTSP_USER")
    if user:
        auth, token = served.RTSPAuth(), served.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        auth.add_basic(served.RTSPAuth.make_basic(user, os.environ["RTSP_PASSWORD"]), token)
        server.set_auth(auth)
        permissions = served.RTSPPermissions()
        permissions.add_permission_for_role("viewer", "media.factory.access", True)
        permissions.add_permission_for_role("viewer", "media.factory.construct", True)
        factory.set_permissions(permissions)
    server.get_mount_points().add_factory("/cam", factory)
    if server.attach(None) == 0:
        sys.exit(f"port {sys.argv[1]} is taken")
    print("ready", flush=True)  # noqa: T201
    glib.MainLoop().run()


if __name__ == "__main__":
    main()
