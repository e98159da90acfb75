"""open311_kit: a request that is good, how it is posted, and XML as the standard maps it to JSON."""

from __future__ import annotations

from typing import Any

from lxml import etree

from tests.console.kit import SECRETS, Town

KEY = SECRETS["APP"]
GOOD: dict[str, Any] = {
    "api_key": KEY,
    "jurisdiction_id": "city.example",
    "service_code": "06042",
    "lat": "30.25",
    "long": "120.16",
    "address_string": "1 Liberation Rd",
    "email": "smit333@example.org",
    "first_name": "john",
    "last_name": "smith",
    "phone": "111111111",
    "description": "Bin <full> & smelly\n第二行",
    "device_id": "tt222111",
    "media_url": "https://pictures.example/1.jpg",
}


def post(town: Town, form: str = "json", **different: Any) -> Any:
    return town.client().post(f"/open311/v2/requests.{form}", data=GOOD | different)


def tree(xml: bytes) -> Any:
    """XML by the Spark convention: an element whose children are alike is a list."""

    def value(element: Any) -> Any:
        if element.tag in ("services", "service_requests", "errors", "attributes", "values", "endpoints", "formats"):
            return [value(each) for each in element]
        return {each.tag: value(each) for each in element} if len(element) else element.text

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return value(etree.fromstring(xml, parser))
