"""What other systems answer is the step that it means: once, about what they were told of, and from them alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from standardwebhooks import Webhook

from cases.outbox.answers import Hearing, NotUnderstood, Unknown, at
from cases.outbox.looking import asked, ended, to_ask
from cases.outbox.outbox import Outbox, Outcome
from cases.outbox.settings import Answers, Delivery
from cases.words import Step
from tests.cases.outbox.told import T0, happened

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TARGETS = {
    "crm": Delivery(answers=Answers()),
    "vendor": Delivery.model_validate(
        {
            "answers": {
                "words": {"已接单": "accept", "已办结": "handled", "退单": "return", "处理中": ""},
                "status": "data.state",
                "reference": "data.order",
                "note": "data.opinion",
                "at": "data.time",
                "id": "seq",
            }
        }
    ),
    "deaf": Delivery(),
}


@pytest.fixture
def hearing(database: sa.Engine) -> Hearing:
    """Case a was given to crm and vendor, which call it 31 and 32; case b to nobody."""
    box = Outbox(database, "test", TARGETS)
    for case, event in [("a", "dispatch"), ("a", "urge")]:
        happened(database, case, event)
    box.follow()
    for reference, target in enumerate(TARGETS, 31):
        while (letter := box.next(target, T0)) is not None:
            number = str(reference) if letter.event == "dispatch" else ""
            box.record(target, letter.id, Outcome(taken=True, reference=number, look=60.0), T0)
    happened(database, "b", "opened")
    return Hearing(database, "test", TARGETS)


def step(hearing: Hearing, target: str, payload: Any, now: float = T0 + 10) -> Step:
    said = hearing.answer(target, payload, now)
    assert said is not None
    return said


@pytest.mark.parametrize(
    "target, payload, action, note, when",
    [
        pytest.param("crm", {"case": "a", "status": "accepted"}, "accept", "accepted", T0 + 10, id="accepted"),
        pytest.param(
            "crm", {"reference": 31, "status": "DONE", "note": "swept"}, "handled", "swept", T0 + 10, id="done"
        ),
        pytest.param(
            "crm",
            {"case": "a", "status": "refused", "at": "2026-01-01T08:00:05+08:00"},
            "return",
            "refused",
            T0 + 5,
            id="refused",
        ),
        pytest.param(
            "vendor",
            {"seq": 9, "data": {"order": "32", "state": "已办结", "opinion": "已清运", "time": T0 + 7}},
            "handled",
            "已清运",
            T0 + 7,
            id="words-and-paths-of-their-own",
        ),
        pytest.param(
            "crm", {"case": "a", "status": "done", "at": T0 + 1e6}, "handled", "done", T0 + 10, id="a-wrong-clock"
        ),
        pytest.param("crm", {"case": "a", "status": "done", "at": "noon"}, "handled", "done", T0 + 10, id="no-time"),
    ],
)
def test_their_words_become_a_step(
    hearing: Hearing, target: str, payload: dict[str, Any], action: str, note: str, when: float
) -> None:
    said = step(hearing, target, payload)
    assert (said.case, said.action, said.by, said.role, said.note) == ("a", action, target, "outside", note)
    assert said.at == when


@pytest.mark.parametrize(
    "target, payload, error, why",
    [
        pytest.param("crm", {"status": "done"}, NotUnderstood, "expected the case", id="no-case"),
        pytest.param("crm", ["done"], NotUnderstood, "expected the case", id="no-object"),
        pytest.param(
            "crm", {"case": "a"}, NotUnderstood, "expected one of 'accepted', 'done', 'refused'", id="no-word"
        ),
        pytest.param("crm", {"case": "a", "status": "lost"}, NotUnderstood, "got 'lost'", id="another-word"),
        pytest.param("crm", {"case": "b", "status": "done"}, Unknown, "told of no such case", id="not-told-of-it"),
        pytest.param("crm", {"reference": "32", "status": "done"}, Unknown, "no such case", id="anothers-number"),
        pytest.param("crm", {"case": "b", "reference": "31", "status": "done"}, Unknown, "no such", id="not-together"),
        pytest.param(
            "deaf", {"case": "a", "status": "done"}, Unknown, "no target 'deaf' gives answers", id="no-answers"
        ),
        pytest.param("other", {"case": "a", "status": "done"}, Unknown, "no target 'other'", id="no-target"),
    ],
)
def test_what_is_not_understood_is_said(
    hearing: Hearing, target: str, payload: Any, error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        hearing.answer(target, payload, T0)


def test_a_word_that_means_nothing_is_no_step(hearing: Hearing) -> None:
    assert hearing.answer("vendor", {"data": {"order": "32", "state": "处理中"}}, T0) is None


def test_the_same_answer_is_the_same_step_whenever_it_comes(hearing: Hearing) -> None:
    once = step(hearing, "crm", {"case": "a", "status": "done", "note": "swept"}, T0 + 1)
    again = step(hearing, "crm", {"note": "swept", "status": "done", "case": "a"}, T0 + 99)
    other = step(hearing, "crm", {"case": "a", "status": "done", "note": "swept again"}, T0 + 99)
    assert once.id == again.id != other.id
    numbered = [step(hearing, "vendor", {"seq": 9, "case": "a", "data": {"state": s}}) for s in ("已办结", "退单")]
    assert numbered[0].id == numbered[1].id


def test_after_the_case_was_given_again_the_same_words_are_a_new_answer(database: sa.Engine, hearing: Hearing) -> None:
    payload = {"case": "a", "status": "done"}
    before = step(hearing, "crm", payload)
    box = Outbox(database, "test", TARGETS)
    happened(database, "a", "rework")
    box.follow()
    while (letter := box.next("crm", T0)) is not None:
        box.record("crm", letter.id, Outcome(taken=True), T0)
    assert step(hearing, "crm", payload).id != before.id


@pytest.mark.parametrize(
    "path, found",
    [
        pytest.param("a", {"b": [{"c": 1}]}, id="key"),
        pytest.param("a.b.0.c", 1, id="way"),
        pytest.param("a.b.1.c", None, id="beyond-the-end"),
        pytest.param("a.x.c", None, id="nothing-there"),
        pytest.param("x.y", 2, id="a-key-with-a-dot"),
        pytest.param("", {"a": {"b": [{"c": 1}]}, "x.y": 2}, id="all"),
    ],
)
def test_paths(path: str, found: Any) -> None:
    assert at({"a": {"b": [{"c": 1}]}, "x.y": 2}, path) == found


# ---- from them alone -------------------------------------------------------------------------------------------------


def signature(body: bytes, id: str = "m1", when: float = T0) -> dict[str, str]:
    sign = Webhook(SECRET).sign(id, datetime.fromtimestamp(when, UTC), body.decode())
    return {"Webhook-Id": id, "Webhook-Timestamp": str(int(when)), "Webhook-Signature": f"v1,AAAA {sign}"}


BODY = json.dumps({"case": "a", "status": "done"}).encode()
SIGNED, TOKEN, NEITHER = Answers(secret_env="SECRET"), Answers(token_env="TOKEN"), Answers()


@pytest.mark.parametrize(
    "settings, headers, body, believed",
    [
        pytest.param(SIGNED, signature(BODY), BODY, True, id="signed"),
        pytest.param(SIGNED, signature(BODY), BODY + b" ", False, id="changed"),
        pytest.param(SIGNED, signature(BODY, when=T0 - 400), BODY, False, id="old"),
        pytest.param(SIGNED, {**signature(BODY), "Webhook-Id": "m2"}, BODY, False, id="another-id"),
        pytest.param(SIGNED, {**signature(BODY), "Webhook-Timestamp": "now"}, BODY, False, id="no-time"),
        pytest.param(SIGNED, {}, BODY, False, id="not-signed"),
        pytest.param(SIGNED, signature(b"x"), b"\xff", False, id="no-text"),
        pytest.param(TOKEN, {"Authorization": "Bearer t0ken"}, BODY, True, id="token"),
        pytest.param(TOKEN, {"Authorization": "Bearer other"}, BODY, False, id="another-token"),
        pytest.param(TOKEN, {"Authorization": "Bearer ö"}, BODY, False, id="no-ascii"),
        pytest.param(NEITHER, signature(BODY), BODY, False, id="nobody-is-believed"),
    ],
)
def test_only_who_has_the_secret_is_believed(
    database: sa.Engine, settings: Answers, headers: dict[str, str], body: bytes, believed: bool
) -> None:
    hearing = Hearing(database, "test", {"crm": Delivery(answers=settings)})
    environment = {"SECRET": SECRET, "TOKEN": "t0ken"}
    assert hearing.authentic("crm", headers, body, T0, environment) is believed


def test_a_secret_that_is_missing_or_none_is_said_without_its_value(database: sa.Engine) -> None:
    hearing = Hearing(database, "test", {"crm": Delivery(answers=SIGNED)})
    with pytest.raises(ValueError, match="'SECRET' is not set"):
        hearing.authentic("crm", {}, b"", T0, {})
    with pytest.raises(ValueError, match="expected a secret") as caught:
        hearing.authentic("crm", {}, b"", T0, {"SECRET": "whsec_ä"})
    assert "ä" not in str(caught.value)


# ---- asking --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("hearing")
def test_who_gives_no_answers_of_its_own_is_asked(database: sa.Engine) -> None:
    assert to_ask(database, "crm", T0 + 59, 10) == []
    first, *_ = to_ask(database, "crm", T0 + 60, 10)
    assert (first.case, first.reference, first.status) == ("a", "31", "")
    asked(database, first.message, "open", T0 + 120)
    assert [each.status for each in to_ask(database, "crm", T0 + 120, 10)] == ["", "open"]
    asked(database, first.message, "closed", None)
    assert [each.message for each in to_ask(database, "crm", 1e12, 10)] != [first.message]
    assert ended(database, ["a", "b"]) == set()
    happened(database, "a", "close", state="closed")
    assert ended(database, ["a", "b"]) == {"a"}


def test_what_is_only_worth_knowing_moves_nothing(hearing: Hearing) -> None:
    said = hearing.note("crm", "a", "m", "they promise 2026-01-01T12:00:00Z", T0)
    assert (said.action, said.role, said.note) == ("comment", "outside", "they promise 2026-01-01T12:00:00Z")
    assert said.id == hearing.note("crm", "a", "m", "they promise 2026-01-01T12:00:00Z", T0 + 9).id
