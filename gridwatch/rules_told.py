"""rules_told: the rules in force with all that a form needs: each parameter's value, default, kind, limits, words."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from console.rules_city import Covered, Parameter, Reason, Rule
from pipeline.detector import Detector

if TYPE_CHECKING:
    from pipeline.runtime.compose import City
    from pipeline.runtime.coverage import Coverage
    from pipeline.runtime.sections import RuleSection

_HOLD = {
    "for": "How long it must be wrong until it is an episode.",
    "clear": "How long it must be right until the episode is over.",
    "gap": "A silence longer than this breaks a run of wrong answers; not set: no silence does.",
    "assume": "For so long after the last row its answer is assumed to hold on; not beside 'gap'.",
}
_KINDS = {
    "a duration": "duration",
    "a length": "length",
    "a speed": "speed",
    "a percentage": "percentage",
    "a number in the unit": "amount",
}


def rules_of(city: City) -> list[Rule]:
    """All of them, in the order of the configuration."""
    from pipeline.runtime.coverage import coverage

    covered = {each.rule: each for each in coverage(city)}
    return [_told(section, covered[section.id]) for section in city.configuration.rules]


def _told(section: RuleSection, coverage: Coverage) -> Rule:
    from pipeline.runtime.compose import make_rule

    rule = make_rule(section)
    question, about = about_of(type(rule.detector))
    return Rule(
        id=section.id,
        detector=section.detector,
        question=question,
        about=about,
        category=section.category,
        kind=rule.kind.kind,
        metric=section.metric or "",
        classes=list(section.classes),
        version=rule.version,
        unit=rule.detector.unit,
        parameters=parameters_of(section),
        covered=_covered(coverage),
    )


def about_of(kind: type[Detector]) -> tuple[str, str]:
    """What a detector asks, and how it goes about it, as its code says."""
    about = inspect.getdoc(inspect.getmodule(kind)) or ""
    return (kind.__doc__ or "").strip().partition("\n")[0], about.partition("\n\n")[2] or about


def _covered(each: Coverage) -> Covered:
    reasons = [Reason(why, count, each.examples.get(why, [])) for why, count in each.reasons.items()]
    return Covered(each.judged, each.unjudged, sorted(reasons, key=lambda r: (-r.subjects, r.why)), each.notes)


def parameters_of(section: RuleSection) -> list[Parameter]:
    """Those of the hold, then the detector's."""
    from pipeline.registry import detector
    from pipeline.runtime.compose import make_rule
    from pipeline.runtime.schema import Written
    from pipeline.version import Hold
    from replay.written import written

    kind = detector(section.detector)
    now = written(make_rule(section))
    hold = Hold.model_json_schema(schema_generator=Written)
    own = kind.model_json_schema(schema_generator=Written)
    words = words_of(kind)
    given = {"for" if name == "for_" else name for name in section.model_fields_set} | set(section.parameters)
    return [*_of_schema(hold, _HOLD, now, given, held=True), *_of_schema(own, words, now, given, held=False)]


def parameters_of_detector(kind: type[Detector]) -> list[Parameter]:
    """Its own, at their defaults."""
    from pipeline.runtime.schema import Written

    return list(_of_schema(kind.model_json_schema(schema_generator=Written), words_of(kind), None, (), held=False))


def _of_schema(
    schema: Mapping[str, Any],
    words: Mapping[str, str],
    now: Mapping[str, Any] | None,
    given: Collection[str],
    *,
    held: bool,
) -> Iterator[Parameter]:
    """now: the values in force; None: the defaults are."""
    from replay.written import plain

    for name, said in schema.get("properties", {}).items():
        default = plain(said.get("default"))
        value = default if now is None else now.get(name)
        yield _parameter(name, _resolved(said, schema), value, default, words.get(name, ""), held, name in given)


def _resolved(said: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference stands for."""
    name = str(said.get("$ref", "")).rpartition("/")[2]
    return {**schema["$defs"][name], **said} if name else said


def _parameter(
    name: str, said: Mapping[str, Any], value: Any, default: Any, about: str, hold: bool, given: bool
) -> Parameter:
    options = [each for each in said.get("anyOf", [said]) if each.get("type") != "null"]
    one = {**said, **(options[0] if options else {})}
    kind = next((kind for begin, kind in _KINDS.items() if str(one.get("description", "")).startswith(begin)), "")
    if not kind:
        kind = {"boolean": "flag", "array": "list", "number": "number", "integer": "number"}.get(
            str(one.get("type")), "choice" if "enum" in one else "text"
        )
    return Parameter(
        name=name,
        value=value,
        default=f"{default:g} s" if kind == "duration" and isinstance(default, float) else default,
        kind=kind,
        about=about,
        hold=hold,
        given=given,
        optional=len(options) < len(said.get("anyOf", [said])),
        least=one.get("minimum", one.get("exclusiveMinimum")),
        most=one.get("maximum", one.get("exclusiveMaximum")),
        choices=tuple(map(str, one.get("enum", ()))),
        examples=tuple(map(str, one.get("examples", ()))),
    )


@cache
def words_of(kind: type) -> Mapping[str, str]:
    """What the source says below each attribute of a class and of those that it comes from."""
    found: dict[str, str] = {}
    for each in reversed([own for own in kind.__mro__ if issubclass(own, Detector) and own is not Detector]):
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(each)))
        except (OSError, TypeError, SyntaxError):
            continue
        body = tree.body[0].body if tree.body and isinstance(tree.body[0], ast.ClassDef) else []
        for before, node in itertools.pairwise(body):
            if (
                isinstance(before, ast.AnnAssign)
                and isinstance(before.target, ast.Name)
                and isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                found[before.target.id] = inspect.cleandoc(node.value.value)
    return found
