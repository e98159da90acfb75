"""settings: the section `fusion:`, by which rules happenings become one case.

Without the section every episode and every report is a case of its own. Rules are tried in the order in which they
stand; the first that says something decides. See docs/concepts/fusion.md.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, model_validator

from pipeline.units import Metres, Quantity, Seconds

AREAS = ("all", "grid", "place", "subject")
_METRES: TypeAdapter[float] = TypeAdapter(Metres)


def _id(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ValueError("expected letters, digits, '.', '-' and '_', such as 'same-place'")
    return name


Id = Annotated[str, AfterValidator(_id)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Which(_Section):
    """Which happenings: all of what is given must fit; `*` stands for anything."""

    rules: tuple[str, ...] = Field((), description="ids of rules; none: all, people's reports too")
    categories: tuple[str, ...] = Field((), description="codes of categories; none: all")
    subjects: tuple[str, ...] = Field((), description="none: all")
    cameras: tuple[str, ...] = Field((), description="none: all")
    places: tuple[str, ...] = Field((), description="zones that it happened in; none: all")


class Part(Which):
    """One of what adds up to something else."""

    alone: Literal["case", "wait", "nothing"] = Field(
        "case", description="without the others: a case, a case when the others have not come in time, or nothing"
    )


class FusionRule(Which):
    """One of `fusion.rules`: the same subject, the same place, or parts that add up to another category."""

    id: Id = Field(description="names the rule in the case's history")
    same: Literal["subject", "place"] | None = Field(
        None, description="one category and one subject, or one place; with 'all' subject: all parts have one"
    )
    all: tuple[Part, ...] = Field((), max_length=4, description="the parts that must all be there")
    near: Metres | None = Field(None, gt=0, le=10_000, description="how far apart they may be")
    within: Seconds | None = Field(
        None, gt=0, description="how long apart; of 'same: subject' without it: until the case is closed"
    )
    reopens: Seconds | None = Field(
        None, ge=0, description="what comes back this soon after closing reopens the case; default: fusion.reopens"
    )
    parts: Literal["apart", "together"] = Field(
        "apart", description="whether two tracks (metrics, zones) of one subject are two happenings"
    )
    becomes: str = Field("", description="of 'all': the category that they add up to")
    wait: Seconds | None = Field(
        None, gt=0, description="of 'all': how long a part waits for the others; default: within"
    )

    @property
    def of_subject(self) -> bool:
        """Whether its parts have to be about one subject."""
        return bool(self.all) and self.same == "subject"

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.same is None) == (not self.all) and not self.of_subject:
            raise ValueError("expected 'same: subject', 'same: place' or 'all: […]', one of them")
        if self.same == "subject" and not self.all and self.near is not None:
            raise ValueError("expected 'near' with 'same: place' or 'all'; a subject is the same wherever it is")
        if self.of_subject and self.within is None:
            raise ValueError("expected 'within' (such as '30min')")
        if self.same != "subject" and (self.near is None or self.within is None):
            raise ValueError("expected 'near' (such as '50 m') and 'within' (such as '30min')")
        if self.all and (len(self.all) < 2 or not self.becomes):
            raise ValueError("expected two to four parts in 'all', and 'becomes', the category that they add up to")
        if self.all and (self.reopens is not None or self.parts != "apart"):
            raise ValueError("expected 'reopens' and 'parts' without 'all' only")
        if not self.all and (self.becomes or self.wait is not None):
            raise ValueError("expected 'becomes' and 'wait' with 'all' only")
        return self


def _area(value: object) -> object:
    if value in AREAS:
        return value
    try:
        metres = _METRES.validate_python(value)
    except ValueError:
        metres = 0.0
    if metres <= 0:
        raise ValueError(f"expected {', '.join(AREAS)} or the side of a square such as '1 km'")
    return f"{metres:.15g} m"


class StormRule(Which):
    """One of `fusion.storms`: above a rate one case collects the rest."""

    id: Id = Field(description="names the storm in the case's history")
    area: Annotated[str, BeforeValidator(_area)] = Field(
        "all", description="counted apart for each: all, grid, place, subject, or squares of a side such as '1 km'"
    )
    more_than: int = Field(ge=1, description="more new cases than this …")
    within: Seconds = Field(gt=0, description="… in this time are a storm")
    quiet: Seconds | None = Field(
        None, gt=0, description="it ends when it has not been above the rate for this long; default: within"
    )
    category: str = Field("", description="the storm case's; default: that of the happening that it begins with")

    @property
    def side(self) -> float:
        """Of the squares, metres; 0 where there are none."""
        return 0.0 if self.area in AREAS else float(_METRES.validate_python(self.area))

    @property
    def ends(self) -> float:
        """Seconds after it was last above the rate."""
        return self.within if self.quiet is None else self.quiet


class Proposals(_Section):
    """`fusion.proposals`: for how long the suppression that a verdict proposes is to last."""

    false_alarm: Seconds = Field(Quantity(7 * 86400.0), gt=0)
    known_fixture: Seconds = Field(Quantity(90 * 86400.0), gt=0)
    duplicate: Seconds = Field(Quantity(30 * 86400.0), gt=0)
    longest: Seconds = Field(Quantity(366 * 86400.0), gt=0, description="no suppression lasts longer")
    near: Metres = Field(Quantity(10.0), gt=0, description="around a known fixture")


class FusionSettings(_Section):
    """`fusion:` what is one case."""

    rules: tuple[FusionRule, ...] = ()
    groups: tuple[tuple[str, ...], ...] = Field(
        (), description="categories that count as the same: old and new codes, a sensor's and a camera's"
    )
    reopens: Seconds = Field(Quantity(0.0), ge=0, description="what comes back this soon after closing reopens a case")
    storms: tuple[StormRule, ...] = ()
    proposals: Proposals = Proposals()

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        ids = [rule.id for rule in self.rules] + [storm.id for storm in self.storms]
        twice = sorted({id for id in ids if ids.count(id) > 1})
        if twice:
            raise ValueError(f"expected each id once in 'rules' and 'storms'; twice: {', '.join(twice)}")
        codes = [code for group in self.groups for code in group]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise ValueError(f"expected each category in one of 'groups'; twice: {', '.join(twice)}")
        return self

    @property
    def longest(self) -> float:
        """For how long a closed case is remembered, seconds."""
        return max([self.reopens, *(rule.reopens or 0.0 for rule in self.rules)])
