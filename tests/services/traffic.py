"""traffic: a seeded city on the move, without end: a few hundred trucks and bins, each going wrong now and then.

Each subject reports once a round, a round is a second of event time, and all of it lies in the past, so that event time
runs as fast as messages are sent. A truck drives to and fro on its route; from time to time it is too fast, or off its
route, or in the zone where it must not be, or mute for a while, or blind: what it sees in a tunnel is uploaded when it
comes out. Bins fill and are emptied. The same seed and prefix give the same messages, however many are taken.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.services.publisher import Message

ROW_MADE = ("overspeed", "no-go", "off-route", "bin-full")
"""Rules whose cases come of rows alone: no timer has a part in them, so that they are the same in any live run."""

CITY = """\
city: crash
time_zone: Asia/Shanghai
data: data
metrics: {{host: 127.0.0.1, port: 0}}
registers:
  datum: WGS-84
  vehicles: vehicles.csv
  bins: bins.csv
  zones: zones.geojson
  routes: routes.geojson
  permits: permits.csv
  speed_limits: {{default: 60 km/h}}
time: {{tick: 200ms}}
journal: {{snapshot_every: {every}}}
sources:
  fleet:
    type: mqtt
    host: 127.0.0.1
    port: {port}
    client_id: {client}
    subscribe: ["{prefix}/+/gps", "{prefix}/+/state"]
streams:
  gps:
    source: fleet
    topic: {prefix}/{{device}}/gps
    codec: json
    rows: position
    subject: "{{device}}"
    datum: WGS-84
    gap: 150s
    fields:
      ts: {{path: t, unit: unix_s}}
      lon: {{path: p.lon}}
      lat: {{path: p.lat}}
      speed: {{path: v, unit: km/h}}
  bins:
    source: fleet
    topic: {prefix}/{{device}}/state
    codec: json
    rows: reading
    subject: "{{device}}"
    fields: {{ts: {{path: t, unit: unix_s}}}}
    metrics: {{fullness: {{path: fill, unit: "%"}}}}
rules:
  - {{id: overspeed, detector: overspeed, category: fast, for: 5s, clear: 3s, gap: 150s}}
  - {{id: no-go, detector: no_go_zone, category: zone, for: 3s, gap: 150s}}
  - {{id: off-route, detector: off_route, category: route, for: 4s, clear: 2s}}
  - {{id: bin-full, detector: threshold, category: bin, metric: fullness, clear: 2s}}
  # These two have timers.
  - {{id: silent, detector: silent, rows: position, category: silent, parameters: {{after: 6s}}}}
  - {{id: overspeed-assumed, detector: overspeed, category: fast, for: 30s, assume: 8s}}
"""

KINDS = ("fast", "off", "zone", "mute", "blind")


@dataclass(slots=True)
class _Truck:
    """One truck. What it does next is drawn when what it did before has ended."""

    name: str
    route: int
    dice: random.Random
    kind: str = ""
    begin: int = 0
    end: int = 0
    stored: list[Message] = field(default_factory=list)

    def doing(self, at: int) -> str:
        """What it is up to in round `at`; '' for driving as it should."""
        if at >= self.end:
            calm, length = self.dice.randrange(30, 500), self.dice.randrange(6, 60)
            self.kind = self.dice.choice(KINDS)
            if self.kind in ("mute", "blind"):
                length += 150  # beyond the gap of stream and rules
            self.begin, self.end = at + calm, at + calm + length
        return self.kind if at >= self.begin else ""


class Traffic:
    """The messages, round by round, and the city's folder."""

    def __init__(self, prefix: str, began: float, seed: int, trucks: int = 300, bins: int = 40) -> None:
        """began: event time of the first round, UTC seconds."""
        self.prefix, self.began, self.seed = prefix, began, seed
        self.trucks = [f"T{n:03}" for n in range(trucks)]
        self.bins = [f"B{n:02}" for n in range(bins)]
        self.given: list[Message] = []
        """All that `messages` has given so far."""

    def messages(self) -> Iterator[Message]:
        """Without end. One iterator at a time."""
        trucks = [_Truck(name, n % 20, random.Random(f"{self.seed} {name}")) for n, name in enumerate(self.trucks)]
        fills = {name: float(n) for n, name in enumerate(self.bins)}
        at = 0
        while True:
            for truck in trucks:
                yield from self._given(self._truck(truck, at))
            for name in self.bins:
                fills[name] = fills[name] + 0.4 if fills[name] < 97 else 3.0
                yield from self._given([self._state(name, at, fills[name])])
            at += 1

    def last(self) -> list[Message]:
        """A truck of its own that is too fast: when its case is there, all that was given before has been judged."""
        return [self._gps("LAST", second, 121.4, 31.2, 150.0) for second in range(10)]

    def write(self, folder: Path, port: int, client: str, every: str = "700ms") -> Path:
        """The configuration and registers, for one receiver."""
        folder.mkdir(parents=True, exist_ok=True)
        text = CITY.format(port=port, client=client, prefix=self.prefix, every=every)
        (folder / "city.yaml").write_text(text)
        trucks = "".join(f"{name},lorry,,,2020-01-01,\n" for name in [*self.trucks, "LAST"])
        (folder / "vehicles.csv").write_text("id,class,plate,speed_limit,valid_from,valid_to\n" + trucks)
        bins = "".join(f"{name},litter,121.4{n:02},31.3,,2020-01-01,\n" for n, name in enumerate(self.bins))
        (folder / "bins.csv").write_text("id,class,lon,lat,address,valid_from,valid_to\n" + bins)
        permits = "".join(f"P{name},{name},R{n % 20},2020-01-01,\n" for n, name in enumerate(self.trucks))
        (folder / "permits.csv").write_text("id,vehicle,route,valid_from,valid_to\n" + permits)
        routes = [
            {"properties": {"id": f"R{n}"}, "geometry": {"type": "LineString", "coordinates": _line(n)}}
            for n in range(20)
        ]
        ring = [[121.44, 31.10], [121.46, 31.10], [121.46, 31.12], [121.44, 31.12], [121.44, 31.10]]
        zone = {"properties": {"id": "Z1", "use": "no_go"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for file, features in (("routes.geojson", routes), ("zones.geojson", [zone])):
            whole = {"type": "FeatureCollection", "features": [{"type": "Feature"} | each for each in features]}
            (folder / file).write_text(json.dumps(whole))
        return folder / "city.yaml"

    def _given(self, messages: list[Message]) -> Iterator[Message]:
        for message in messages:  # one by one: whoever takes them may stop in the middle of an upload
            self.given.append(message)
            yield message

    def _truck(self, truck: _Truck, at: int) -> list[Message]:
        doing = truck.doing(at)
        away = abs((at + 7 * truck.route) % 400 - 200) / 200  # 0..1 along its route
        lon, lat, speed = 121.40 + 0.1 * away, 31.2 + 0.002 * truck.route, 40.0 + at % 7
        if doing == "fast" or (doing == "blind" and at % 100 < 30):
            speed = 75.0 + at % 20
        elif doing == "off":
            lat += 0.003 + 0.00001 * (at % 50)  # some 330 m
        elif doing == "zone":
            lon, lat = 121.45, 31.11
        message = self._gps(truck.name, at, lon, lat, speed)
        if doing == "mute":
            return []
        if doing == "blind":
            truck.stored.append(message)
            return []
        stored, truck.stored = truck.stored, []
        return [message, *stored]  # out of the tunnel: where it is comes first, then what it has kept

    def _gps(self, name: str, second: float, lon: float, lat: float, speed: float) -> Message:
        body = {"t": self.began + second, "p": {"lon": round(lon, 6), "lat": round(lat, 6)}, "v": speed}
        return f"{self.prefix}/{name}/gps", json.dumps(body).encode()

    def _state(self, name: str, second: float, fill: float) -> Message:
        body = {"t": self.began + second, "fill": round(fill, 1)}
        return f"{self.prefix}/{name}/state", json.dumps(body).encode()


def _line(n: int) -> list[list[float]]:
    lat = 31.2 + 0.002 * n
    return [[121.40 + 0.005 * k, lat] for k in range(21)]
