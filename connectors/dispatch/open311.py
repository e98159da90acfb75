"""open311: cases as service requests of another city's system. Open311 GeoReport v2, http://wiki.open311.org/GeoReport_v2

A request can be made there and asked about, no more: so a message is a new request, and by default only `dispatch` and
`rework` are told. Open311 knows no idempotency key. So each request carries ours at the end of its description, and
before one that was begun is sent again theirs are looked through for it. What they have not listed by then, or have cut
off, is made twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from connectors.dispatch.message import Again, Message, Outcome, Refused, Sent, Status, checked_template, filled
from connectors.dispatch.open311_read import NotReadable, records
from connectors.dispatch.web import Answer, Web, WebTarget
from pipeline.links import Variable, secrets
from pipeline.units import Quantity, Seconds

LONGEST = 4000
"""A description may be so long, characters."""
BEFORE = 600.0
"""How far their clock may be behind ours where they are looked through, seconds."""
TOKEN = "token:"  # noqa: S105  not a password: begins a reference for which there is no number yet
Template = Annotated[str, AfterValidator(checked_template)]


class Open311Target(WebTarget):
    """`type: open311`: url is the endpoint, what comes before /requests.json."""

    type: Literal["open311"]
    format: Literal["json", "xml"] = Field("json", description="the standard demands only xml of them")
    jurisdiction: str | None = Field(None, description="their jurisdiction_id, where they serve several")
    api_key_env: Variable | None = None
    services: dict[str, str] = Field({}, description="our category -> their service_code")
    other_service: str | None = Field(None, description="of all other categories; none: those are refused")
    description: Template = Field("{text} {address}", description="what is written, with fields of the case")
    attributes: dict[str, Template | tuple[Template, ...]] = Field(
        {}, description="what their services ask for beside it: code -> value, or values, with fields of the case"
    )
    every: Seconds = Field(Quantity(300.0), gt=0, description="between two times that they are asked about a request")


class Open311Sender:
    """To one endpoint."""

    def __init__(
        self, name: str, settings: Open311Target, city: str, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self._settings, self.every = settings, settings.every
        (self._key,) = secrets(environment, api_key_env=settings.api_key_env)
        self._web = Web(settings, folder)

    # -- telling ------------------------------------------------------------------------------------------------------

    def send(self, message: Message) -> Outcome:
        """See `Sender.send`."""
        form = self._form(message)
        if isinstance(form, Refused):
            return form
        if message.again:
            found = self._find(message, form["service_code"])
            if not isinstance(found, str):
                return found
            if found:
                return Sent(found, self.every)
        answer = self._web.ask("POST", self._address("requests"), data=form)
        outcome = self._web.judge(answer)
        if not isinstance(outcome, Sent) or not isinstance(answer, Answer):
            return outcome
        made = self._read(answer, "service_requests")
        if isinstance(made, Again) or not made:
            # They have it, whatever they say of it: another one would be a second request.
            return Sent()
        token = made[0].get("token", "")
        return Sent(made[0].get("service_request_id") or (TOKEN + token if token else ""), self.every)

    def _form(self, message: Message) -> dict[str, Any] | Refused:
        case, settings = message.content["case"], self._settings
        service = settings.services.get(case["category"], settings.other_service)
        if service is None:
            return Refused(f"no service_code for category '{case['category']}'; add it to 'services', then retry")
        place: dict[str, Any] = {}
        if case["lat"] is not None and case["lon"] is not None:
            place = {"lat": f"{case['lat']:.6f}", "long": f"{case['lon']:.6f}"}
        if case["address"]:
            place["address_string"] = case["address"]
        if not place:
            return Refused("the case has neither a place nor an address, and Open311 wants one; correct it, then retry")
        mark = f"\n[{message.id}]"
        text = filled(settings.description, case).strip()
        form = {"service_code": service, **place, "description": text[: LONGEST - len(mark)] + mark}
        for code, value in settings.attributes.items():
            if isinstance(value, str):
                form[f"attribute[{code}]"] = filled(value, case)
            else:
                form[f"attribute[{code}][]"] = [filled(each, case) for each in value]
        return form | self._common() | ({} if self._key is None else {"api_key": self._key})

    def _find(self, message: Message, service: str) -> str | Outcome:
        """Their number of a request that carries our mark; '' where there is none."""
        since = datetime.fromtimestamp(message.first_tried - BEFORE, UTC).isoformat(timespec="seconds")
        query = {"service_code": service, "start_date": since.replace("+00:00", "Z"), **self._common()}
        found = self._records("requests", "service_requests", query)
        if isinstance(found, Again):
            return found
        mark = f"[{message.id}]"
        mine = (each.get("service_request_id", "") for each in found if mark in each.get("description", ""))
        return next(mine, "")

    # -- asking -------------------------------------------------------------------------------------------------------

    def ask(self, references: Sequence[str]) -> list[Status] | Again:
        """See `Asks.ask`."""
        numbers: dict[str, str] = {}
        for reference in references:
            number = self._number(reference)
            if isinstance(number, Again):
                return number
            if number:
                numbers[number] = reference
        if not numbers:
            return []
        query = {"service_request_id": ",".join(numbers), **self._common()}
        found = self._records("requests", "service_requests", query)
        if isinstance(found, Again):
            return found
        return [
            Status(
                reference=numbers[each["service_request_id"]],
                status=each.get("status", ""),
                note=each.get("status_notes", ""),
                at=each.get("updated_datetime", ""),
                expected=each.get("expected_datetime", ""),
                number=each["service_request_id"],
            )
            for each in found
            if each.get("service_request_id") in numbers
        ]

    def _number(self, reference: str) -> str | Again:
        if not reference.startswith(TOKEN):
            return reference
        token = reference.removeprefix(TOKEN)
        if not token.isalnum():
            return ""
        found = self._records(f"tokens/{token}", "service_requests", self._common())
        return found if isinstance(found, Again) else next((each.get("service_request_id", "") for each in found), "")

    # -- both ---------------------------------------------------------------------------------------------------------

    def test(self) -> Outcome:
        """Asks which services they have; nothing is made."""
        found = self._records("services", "services", self._common())
        if isinstance(found, Again):
            return found
        theirs = {each.get("service_code") for each in found}
        ours = {*self._settings.services.values(), self._settings.other_service} - {None}
        missing = sorted(code for code in ours if code not in theirs and code is not None)
        if missing:
            return Refused(f"{self._web.where} has no service {', '.join(missing)}; mend 'services'")
        return Sent()

    def close(self) -> None:
        """See `Sender.close`."""
        self._web.close()

    def _address(self, what: str) -> str:
        return f"{self._settings.url.rstrip('/')}/{what}.{self._settings.format}"

    def _common(self) -> dict[str, str]:
        return {} if self._settings.jurisdiction is None else {"jurisdiction_id": self._settings.jurisdiction}

    def _records(self, what: str, name: str, query: Mapping[str, str]) -> list[dict[str, str]] | Again:
        answer = self._web.ask("GET", self._address(what), params=query)
        outcome = self._web.judge(answer)
        if isinstance(answer, Again):
            return answer
        if not isinstance(outcome, Sent):
            return outcome if isinstance(outcome, Again) else Again(outcome.why)
        return self._read(answer, name)

    def _read(self, answer: Answer, name: str) -> list[dict[str, str]] | Again:
        try:
            return records(answer.body, self._settings.format, name)
        except NotReadable as error:
            return Again(f"{self._web.where} answers {error}; check 'url' and 'format'")
