"""geo_report: a strict Open311 server for tests, written from the GeoReport v2 text.

What that demands is refused where it is missing, what it allows is done. https://wiki.open311.org/GeoReport_v2
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

from tests.cases.outbox.told import T0
from tests.connectors.dispatch.others import Reply, Request

CODES = {"001": "Overflowing bin", "002": "Illegal dumping"}
KEY, JURISDICTION = "k3y", "city.example.org"
KNOWN = {
    *("jurisdiction_id", "service_code", "lat", "long", "address_string", "address_id", "email", "device_id"),
    *("account_id", "first_name", "last_name", "phone", "description", "media_url", "api_key"),
}


class GeoReport:
    """One jurisdiction. tokens: requests get their numbers only later, as the standard allows."""

    def __init__(self, format: str = "json", tokens: bool = False) -> None:
        self.format, self.tokens = format, tokens
        self.requests: list[dict[str, Any]] = []
        self.failing: list[Reply] = []
        """What POST answers next, after it has done what it was asked."""

    def __call__(self, request: Request) -> Reply:
        path = urlsplit(request.path).path
        query = parse_qs(urlsplit(request.path).query)
        name, dot, format = path.removeprefix("/v2/").rpartition(".")
        if not dot or format != self.format or not path.startswith("/v2/"):
            return self._error(404, "no such resource")
        if request.method == "POST":
            return self._make(request) if name == "requests" else self._error(404, "no such resource")
        if query.get("jurisdiction_id") != [JURISDICTION]:
            return self._error(404, "jurisdiction_id provided was not found")
        if name == "services":
            return self._say(
                [{"service_code": c, "service_name": n, "type": "realtime"} for c, n in CODES.items()], "service"
            )
        if name.startswith("tokens/"):
            token = name.removeprefix("tokens/")
            known = [{"service_request_id": r["id"], "token": r["token"]} for r in self.requests if r["token"] == token]
            return self._say(known) if known else self._error(404, "token not found")
        if name == "requests":
            return self._list(query)
        return self._error(404, "no such resource")

    def _make(self, request: Request) -> Reply:
        if request.headers.get("content-type") != "application/x-www-form-urlencoded":
            return self._error(400, "expected application/x-www-form-urlencoded")
        form = parse_qs(request.body.decode("utf-8", "strict"), strict_parsing=True)
        one = {name: values[0] for name, values in form.items() if not name.startswith("attribute[")}
        if set(one) - KNOWN:
            return self._error(400, f"unknown: {sorted(set(one) - KNOWN)}")
        if one.get("api_key") != KEY:
            return self._error(403, "Missing or Invalid API Key")
        if one.get("jurisdiction_id") != JURISDICTION:
            return self._error(404, "jurisdiction_id provided was not found")
        if one.get("service_code") not in CODES:
            return self._error(404 if "service_code" in one else 400, "service_code provided was not found")
        if not ({"lat", "long"} <= set(one) or "address_string" in one or "address_id" in one):
            return self._error(400, "a location is required")
        if "lat" in one and not (abs(float(one["lat"])) <= 90 and abs(float(one["long"])) <= 180):
            return self._error(400, "lat and long are WGS84 degrees")
        if len(one.get("description", "")) > 4000:
            return self._error(400, "description is too long")
        if one["service_code"] == "002" and "attribute[WHISPAWN]" not in form:
            return self._error(400, "attribute WHISPAWN is required")
        id = str(638344 + len(self.requests))
        attributes = {name: values for name, values in form.items() if name.startswith("attribute[")}
        told = {"id": id, "token": f"t{id}", "status": "open", "notes": "", "attributes": attributes}
        self.requests.append({**one, **told})
        if self.failing:
            return self.failing.pop(0)
        return self._say([{"token": f"t{id}"} if self.tokens else {"service_request_id": id, "account_id": None}])

    def _list(self, query: Mapping[str, list[str]]) -> Reply:
        found = self.requests
        if "service_request_id" in query:
            wanted = query["service_request_id"][0].split(",")
            found = [each for each in found if each["id"] in wanted]
        else:
            start = datetime.fromisoformat(query["start_date"][0])
            assert start.tzinfo is not None
            assert start < datetime.fromtimestamp(T0 + 60, UTC)
            found = [each for each in found if each["service_code"] in query["service_code"][0].split(",")]
        return self._say(
            [
                {
                    "service_request_id": each["id"],
                    "status": each["status"],
                    "status_notes": each["notes"],
                    "service_name": CODES[each["service_code"]],
                    "service_code": each["service_code"],
                    "description": each["description"],
                    "requested_datetime": "2026-01-01T08:01:00+08:00",
                    "updated_datetime": "2026-01-01T08:30:00+08:00",
                    "expected_datetime": "2026-01-01T12:00:00+08:00",
                    "lat": float(each["lat"]) if "lat" in each else None,
                    "long": float(each["long"]) if "long" in each else None,
                }
                for each in found
            ]
        )

    def _say(self, records: list[dict[str, Any]], item: str = "request") -> Reply:
        if self.format == "json":
            return Reply(200, json.dumps(records).encode())
        root = ElementTree.Element("services" if item == "service" else "service_requests")
        for record in records:
            made = ElementTree.SubElement(root, item)
            for name, value in record.items():
                ElementTree.SubElement(made, name).text = None if value is None else str(value)
        return Reply(200, ElementTree.tostring(root, "utf-8", xml_declaration=True))

    def _error(self, code: int, description: str) -> Reply:
        if self.format == "json":
            return Reply(code, json.dumps([{"code": code, "description": description}]).encode())
        error = f"<errors><error><code>{code}</code><description>{description}</description></error></errors>"
        return Reply(code, error.encode())
