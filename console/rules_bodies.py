"""rules_bodies: what the routes about rules take and answer. Times are ISO 8601."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from cases.case import iso
from console.bodies import Short
from console.rules_city import Rule, Tryout
from console.words import LANGUAGE, worded
from pipeline.detector_words import detector_words

Kind = Literal["duration", "length", "speed", "percentage", "amount", "number", "text", "choice", "flag", "list"]
Value = Annotated[
    bool | Annotated[float, Field(allow_inf_nan=False)] | Short | list[Short] | None,
    Field(description="as a configuration gives it: '30 s', '10 %'; null: not set"),
]
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,60}$")]


class ParameterOut(BaseModel):
    """A parameter. hold: of how long wrong must last. given: the configuration says it; else it is the default."""

    name: str
    value: Any
    default: Any
    kind: Kind
    about: str
    hold: bool
    given: bool
    optional: bool
    least: float | None
    most: float | None
    choices: list[str]
    examples: list[str]


class ReasonOut(BaseModel):
    """Why it can't judge some subjects."""

    why: str
    subjects: int
    examples: list[str]


class CoveredOut(BaseModel):
    """How many subjects it can judge."""

    judged: int
    unjudged: int
    reasons: list[ReasonOut]
    notes: list[str]


class FoundOut(BaseModel):
    """What came of a rule: cases of the last day and of seven, and of thirty what people said of them."""

    day: int
    week: int
    month: int
    confirmed: int
    false: int
    precision: float | None = Field(description="confirmed of those that were judged; null: none was")


class RuleOut(BaseModel):
    """A rule in force."""

    id: str
    detector: str
    question: str
    about: str
    category: str
    kind: str = Field(description="of the rows that it reads")
    metric: str
    classes: list[str]
    version: str
    unit: str
    parameters: list[ParameterOut]
    covered: CoveredOut
    found: FoundOut


class ValuesIn(BaseModel):
    """Other parameters of a rule."""

    model_config = ConfigDict(extra="forbid")

    values: dict[Name, Value] = Field(min_length=1, max_length=40)


class TryIn(ValuesIn):
    """Other parameters to be tried on the last hours."""

    hours: float = Field(24.0, gt=0, le=168)


class PutIn(ValuesIn):
    """Other parameters to be put in force. version: of the rule as it was seen."""

    version: Short
    why: Short = ""


class UndoIn(BaseModel):
    """The last change is to be taken back."""

    model_config = ConfigDict(extra="forbid")

    why: Short = ""


class RuleChangeOut(BaseModel):
    """Who put what in force. undoes: the change that it took back."""

    number: int
    at: str
    by: str
    why: str
    version: str
    before: dict[str, Any]
    after: dict[str, Any]
    undoes: int | None


class TriedCaseOut(BaseModel):
    """A case of a tryout; times are UTC seconds. case, number, verdict: of the city's own case that it is; ''."""

    started: float
    confirmed: float | None
    ended: float | None
    lon: float | None
    lat: float | None
    measure: float | None
    unit: str
    place: str
    case: str = ""
    number: str = ""
    verdict: str = ""


class DifferenceOut(BaseModel):
    """What is not the same."""

    what: Literal["appeared", "vanished", "moved", "changed"]
    subject: str
    fields: list[str]
    before: TriedCaseOut | None
    after: TriedCaseOut | None


class ResultOut(BaseModel):
    """What came of a tryout. verdicts: of the city's own cases that would not be there, by what people said."""

    since: str
    rows: int
    entries: int
    before: int
    after: int
    same: int
    counts: dict[str, int]
    verdicts: dict[str, int]
    differences: list[DifferenceOut]


class TryoutOut(BaseModel):
    """A tryout. ahead: how many are before it."""

    id: str
    rule: str
    version: str
    values: dict[str, Any]
    hours: float
    by: str
    asked: str
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    progress: float
    why: str
    ended: str | None
    seconds: float
    ahead: int
    result: ResultOut | None = None


def rule_out(rule: Rule, found: FoundOut) -> RuleOut:
    """A rule as it goes out, in the language of the request; what its detector has no words for is in English."""
    words = detector_words(rule.detector, LANGUAGE.get())
    covered = {
        **rule.covered._asdict(),
        "reasons": [
            {**each._asdict(), "why": words.missing.find(each.why) or worded(each.why)} for each in rule.covered.reasons
        ],
        "notes": [words.missing.find(each) or worded(each) for each in rule.covered.notes],
    }
    parameters = [
        {**each._asdict(), "about": words.parameters.get(each.name) or each.about} for each in rule.parameters
    ]
    said = {"question": words.question or rule.question, "about": words.about or rule.about}
    told = {"covered": covered, "parameters": parameters, "found": found.model_dump()}
    return RuleOut.model_validate(rule._asdict() | said | told)


def tryout_out(each: Tryout, ahead: int, result: ResultOut | None = None) -> TryoutOut:
    """A tryout as it goes out."""
    return TryoutOut(
        id=each.id,
        rule=each.rule,
        version=each.version,
        values=dict(each.values),
        hours=each.hours,
        by=each.by,
        asked=iso(each.asked),
        state=each.state,
        progress=round(each.progress, 4),
        why=worded(each.why),
        ended=None if each.ended is None else iso(each.ended),
        seconds=round(each.seconds, 1),
        ahead=ahead,
        result=result,
    )
