"""onvif_camera: a camera that can be turned and speaks ONVIF, for tests: SOAP over HTTP, and WS-Discovery by UDP.

It is our own and no camera's: what it answers has the form of ONVIF's specifications (core, media and PTZ service
22.12) and of what cameras send, so that what it proves is that both sides keep to them. It checks user and password as
they do: the digest of WS-UsernameToken.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

_SOAP = (
    '<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"'
    ' xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl"'
    ' xmlns:ter="http://www.onvif.org/ver10/error"><env:Body>{}</env:Body></env:Envelope>'
)
_REFUSED = (
    "<env:Fault><env:Code><env:Value>env:Sender</env:Value><env:Subcode><env:Value>ter:NotAuthorized</env:Value>"
    '</env:Subcode></env:Code><env:Reason><env:Text xml:lang="en">Sender not Authorized</env:Text></env:Reason>'
    "</env:Fault>"
)
_UNKNOWN = (
    "<env:Fault><env:Code><env:Value>env:Receiver</env:Value><env:Subcode><env:Value>ter:ActionNotSupported"
    '</env:Value></env:Subcode></env:Code><env:Reason><env:Text xml:lang="en">Action not supported</env:Text>'
    "</env:Reason></env:Fault>"
)
Place = tuple[float, float, float]
"""Pan, tilt, zoom."""


class OnvifServer:
    """A camera on a free loopback port."""

    def __init__(self, user: str = "", password: str = "", ptz: bool = True) -> None:
        self.ended = threading.Event()
        self.place: Place | None = (0.0, 0.0, 0.0)
        self.moving: str | None = "IDLE"
        self.presets: dict[str, tuple[str, Place | None]] = {
            "1": ("Gate", (0.0, 0.0, 0.0)),
            "2": ("Yard", (0.5, -0.2, 0.1)),
        }
        self.behaves = "well"
        """'well', 'rubbish' or 'silent'."""
        self.asked: list[str] = []
        self.user, self.password, self.ptz = user, password, ptz
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_POST(self) -> None:
                request = self.rfile.read(int(self.headers["Content-Length"])).decode()
                with contextlib.suppress(OSError):
                    code, said = camera.answer(request)
                    self.send_response(code)
                    self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
                    self.send_header("Content-Length", str(len(said)))
                    self.end_headers()
                    self.wfile.write(said)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: str) -> tuple[int, bytes]:
        found = re.search(r"Body[^>]*>\s*<(?:\w+:)?(\w+)", request)
        what = found.group(1) if found else ""
        self.asked.append(what)
        if self.behaves == "silent":
            self.ended.wait()
        if self.behaves == "rubbish":
            return 200, b"\x00<html>not a camera" * 3
        open_to_all = what == "GetSystemDateAndTime"
        if self.user and not open_to_all and not self._knows(request):
            return 400, _SOAP.format(_REFUSED).encode()
        said = getattr(self, re.sub("(?=[A-Z])", "_", what).lower(), lambda _: None)(request)
        return (500, _SOAP.format(_UNKNOWN).encode()) if said is None else (200, _SOAP.format(said).encode())

    def _knows(self, request: str) -> bool:
        def part(name: str) -> str:
            found = re.search(rf"<(?:\w+:)?{name}(?:\s[^>]*)?>([^<]*)<", request)
            return found.group(1) if found else ""

        digest = hashlib.sha1(base64.b64decode(part("Nonce")) + part("Created").encode() + self.password.encode())
        return part("Username") == self.user and part("Password") == base64.b64encode(digest.digest()).decode()

    # ---- what it answers ---------------------------------------------------------------------------------------------

    def _get_system_date_and_time(self, _: str) -> str:
        from datetime import UTC, datetime

        now = datetime.now(UTC)
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
            "<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime><tt:Time>"
            f"<tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second></tt:Time>"
            f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>"
            "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def _get_services(self, _: str) -> str:
        names = {"device": "ver10/device/wsdl", "media": "ver10/media/wsdl"} | (
            {"ptz": "ver20/ptz/wsdl"} if self.ptz else {}
        )
        # As a camera behind a router does: at an address that nobody here can reach.
        services = "".join(
            f"<tds:Service><tds:Namespace>http://www.onvif.org/{space}</tds:Namespace>"
            f"<tds:XAddr>http://192.0.2.7/onvif/{name}_service</tds:XAddr>"
            "<tds:Version><tt:Major>22</tt:Major><tt:Minor>12</tt:Minor></tds:Version></tds:Service>"
            for name, space in names.items()
        )
        return f"<tds:GetServicesResponse>{services}</tds:GetServicesResponse>"

    def _get_device_information(self, _: str) -> str:
        return (
            "<tds:GetDeviceInformationResponse><tds:Manufacturer>gridwatch</tds:Manufacturer>"
            "<tds:Model>test dome</tds:Model>"
            "<tds:FirmwareVersion>1.0</tds:FirmwareVersion><tds:SerialNumber>7</tds:SerialNumber>"
            "<tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse>"
        )

    def _get_profiles(self, _: str) -> str:
        turns = (
            '<tt:PTZConfiguration token="ptz"><tt:Name>ptz</tt:Name><tt:UseCount>2</tt:UseCount>'
            "<tt:NodeToken>node</tt:NodeToken></tt:PTZConfiguration>"
        )
        profiles = "".join(
            f'<trt:Profiles token="{token}" fixed="true"><tt:Name>{token}</tt:Name>'
            f'<tt:VideoEncoderConfiguration token="{token}"><tt:Name>{token}</tt:Name><tt:UseCount>1</tt:UseCount>'
            f"<tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height>"
            "</tt:Resolution><tt:Quality>5</tt:Quality><tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit>"
            "<tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl>"
            "<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:VideoEncoderConfiguration>"
            f"{turns if self.ptz else ''}</trt:Profiles>"
            for token, width, height in (("main", 1920, 1080), ("sub", 640, 360))
        )
        return f"<trt:GetProfilesResponse>{profiles}</trt:GetProfilesResponse>"

    def _get_stream_uri(self, request: str) -> str:
        stream = 2 if ">sub<" in request else 1
        return (
            # Some cameras write user and password into it.
            f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>rtsp://admin:geheim@192.0.2.7:554/stream{stream}</tt:Uri>"
            "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
            "<tt:Timeout>PT60S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>"
        )

    def _get_presets(self, _: str) -> str:
        presets = "".join(
            f'<tptz:Preset token="{token}"><tt:Name>{name}</tt:Name>{_place("PTZPosition", place)}</tptz:Preset>'
            for token, (name, place) in self.presets.items()
        )
        return f"<tptz:GetPresetsResponse>{presets}</tptz:GetPresetsResponse>"

    def _get_status(self, _: str) -> str:
        move = "" if self.moving is None else f"<tt:PanTilt>{self.moving}</tt:PanTilt><tt:Zoom>IDLE</tt:Zoom>"
        return (
            f"<tptz:GetStatusResponse><tptz:PTZStatus>{_place('Position', self.place)}"
            f"{f'<tt:MoveStatus>{move}</tt:MoveStatus>' if move else ''}"
            "<tt:UtcTime>2026-01-01T00:00:00Z</tt:UtcTime></tptz:PTZStatus></tptz:GetStatusResponse>"
        )


def _place(name: str, place: Place | None) -> str:
    if place is None:
        return ""
    space = "http://www.onvif.org/ver10/tptz"
    return (
        f'<tt:{name}><tt:PanTilt x="{place[0]}" y="{place[1]}" space="{space}/PanTiltSpaces/PositionGenericSpace"/>'
        f'<tt:Zoom x="{place[2]}" space="{space}/ZoomSpaces/PositionGenericSpace"/></tt:{name}>'
    )


class Discoverable:
    """Answers probes on the loopback interface, with these packets; {message} in them is the probe's identity."""

    def __init__(self, *packets: str) -> None:
        self.group = ("239.255.255.250", 0)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("", 0))
        self.group = ("239.255.255.250", self._socket.getsockname()[1])
        member = struct.pack("4s4s", socket.inet_aton(self.group[0]), socket.inet_aton("127.0.0.1"))
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        self._packets = packets
        self.asked = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                probe, who = self._socket.recvfrom(65_535)
                self.asked += 1
                found = re.search(rb"MessageID[^>]*>([^<]*)<", probe)
                message = found.group(1).decode() if found else ""
                for packet in self._packets:
                    self._socket.sendto(packet.replace("{message}", message).encode(), who)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def onvif_server() -> Iterator[Callable[..., OnvifServer]]:
    """Makes cameras, and ends them."""
    made: list[OnvifServer] = []

    def make(**how: object) -> OnvifServer:
        made.append(OnvifServer(**how))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.close()
