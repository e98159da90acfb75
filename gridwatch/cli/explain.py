"""explain: what a rule or a detector asks, its parameters with unit, default and why, what it needs and can't judge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gridwatch.cli.data import JsonOption, harmless, terminal
from gridwatch.cli.frame import Exit, Problem, city_file, print_json_lines
from gridwatch.cli.list import Language, LanguageOption

if TYPE_CHECKING:
    from console.rules_city import Parameter, Rule
    from pipeline.detector import Detector

_WORDS = {
    "detector": ("detector", "检测器"),
    "category": ("category", "类别"),
    "reads": ("reads", "读取"),
    "of": ("of", "指标"),
    "needs": ("needs", "需要"),
    "shows": ("the case shows", "案件显示"),
    "classes": ("only of the classes", "仅限类别"),
    "version": ("version", "版本"),
    "parameter": ("Parameter", "参数"),
    "here": ("Here", "当前值"),
    "default": ("Default", "默认值"),
    "means": ("What it means", "含义"),
    "not_set": ("not set", "未设置"),
    "judges": ("can judge", "可判定"),
    "from": ("of", "/"),
    "cannot": ("not", "不可判定"),
    "rules": ("rules with it here", "本配置中使用它的规则"),
    "any": ("any kind of row", "任意数据"),
}
_KINDS_ZH = {"position": "定位数据", "reading": "读数", "sighting": "目标数据", "presence": "区域占用数据"}
_HOLD_ZH = {
    "for": "持续异常多久才成立。",
    "clear": "持续正常多久才结束。",
    "gap": "无数据超过此时长即打断连续的异常；不设则不打断。",
    "assume": "最后一条数据之后，其结论继续有效的时长；不能与 gap 并用。",
}


def explain(
    name: Annotated[str, typer.Argument(metavar="RULE|DETECTOR", help="A rule of the configuration, or a detector.")],
    config: Annotated[
        Path | None, typer.Option(help="The city's configuration, or the folder it is in. Default: city.yaml, if any.")
    ] = None,
    as_json: JsonOption = False,
    language: LanguageOption = Language.en,
) -> None:
    """Explain a rule or a detector: what it asks, its parameters and why, what it needs, whom it can't judge."""
    file = city_file(config or Path("city.yaml"))
    rules = _rules(file) if config is not None or file.exists() else []
    rule = next((each for each in rules if each.id == name), None)
    told = _of_rule(rule) if rule is not None else _of_detector(name, rules)
    told = _in(language, told)
    if as_json:
        print_json_lines([told])
        return
    console = terminal()
    for part in _page(told, Words(language)):
        console.print(part)


class Words:
    """The page's own words in one language."""

    def __init__(self, language: Language) -> None:
        self._place = 1 if language is Language.zh else 0

    def __getitem__(self, name: str) -> str:
        return _WORDS[name][self._place]

    def kind(self, name: str) -> str:
        """A kind of row; '' is any."""
        return self["any"] if not name else _KINDS_ZH.get(name, name) if self._place else name


def _rules(file: Path) -> Sequence[Rule]:
    from gridwatch.rules_told import rules_of
    from pipeline.runtime.compose import load_city

    return rules_of(load_city(file))


def _kind(name: str, rules: Sequence[Rule]) -> type[Detector]:
    """The detector of that name. Raises Problem, which knows the rules too."""
    from pipeline.faults import did_you_mean
    from pipeline.registry import NotRegistered, detector, detectors

    try:
        return detector(name)
    except NotRegistered:
        known = [*(rule.id for rule in rules), *detectors()]
        hint = did_you_mean(name, known) or "; `gridwatch list detectors` lists them"
        raise Problem(f"no rule and no detector '{name}'{hint}", Exit.USAGE) from None
    except Exception as error:  # whatever a package's import raises
        raise Problem(f"the detector '{name}' can't be loaded: {type(error).__name__}: {error}") from error


def _of_rule(rule: Rule) -> dict[str, Any]:
    kind = _kind(rule.detector, ())
    return {
        "rule": rule.id,
        "detector": rule.detector,
        "question": rule.question,
        "about": rule.about,
        "category": rule.category,
        "reads": rule.kind,
        "metric": rule.metric,
        "classes": list(rule.classes),
        "needs": list(kind.needs),
        "unit": rule.unit,
        "version": rule.version,
        "parameters": [_parameter(each) for each in rule.parameters],
        "covered": {
            "judged": rule.covered.judged,
            "unjudged": rule.covered.unjudged,
            "reasons": [reason._asdict() for reason in rule.covered.reasons],
            "notes": list(rule.covered.notes),
        },
    }


def _of_detector(name: str, rules: Sequence[Rule]) -> dict[str, Any]:
    from gridwatch.rules_told import about_of, parameters_of_detector
    from pipeline.rows import Rows

    kind = _kind(name, rules)
    question, about = about_of(kind)
    return {
        "detector": name,
        "question": question,
        "about": about,
        "reads": "" if kind.rows is Rows else kind.rows.kind,
        "needs": list(kind.needs),
        "unit": "" if isinstance(kind.unit, property) else kind.unit,  # its column's, which a rule names
        "version": kind.version,
        "parameters": [_parameter(each) for each in parameters_of_detector(kind)],
        "rules": [rule.id for rule in rules if rule.detector == name],
    }


def _parameter(each: Parameter) -> dict[str, Any]:
    keys = ("name", "value", "default", "kind", "about", "hold", "given", "least", "most")
    return {key: getattr(each, key) for key in keys} | {"choices": list(each.choices)}


def _in(language: Language, told: dict[str, Any]) -> dict[str, Any]:
    """With the detector's words of another language, as far as there are any."""
    from pipeline.detector_words import detector_words

    if language is Language.en:
        return told
    words = detector_words(told["detector"], language)
    told["question"] = words.question or told["question"]
    told["about"] = words.about.strip() or told["about"]
    for each in told["parameters"]:
        other = _HOLD_ZH if each["hold"] else words.parameters
        each["about"] = other.get(each["name"], each["about"])
    for reason in told.get("covered", {}).get("reasons", ()):
        reason["why"] = words.missing.find(reason["why"]) or reason["why"]
    return told


def _page(told: dict[str, Any], words: Words) -> Iterator[Any]:
    yield Text.assemble((told.get("rule", told["detector"]), "bold"), ": ", told["question"])
    facts = [f"{words['detector']} {told['detector']}"] if "rule" in told else []
    facts += [f"{words['category']} {told['category']}"] if told.get("category") else []
    facts.append(f"{words['reads']} {words.kind(told['reads'])}")
    facts[-1] += f" {words['of']} {told['metric']}" if told.get("metric") else ""
    facts += [f"{words['needs']} {', '.join(told['needs'])}"] if told["needs"] else []
    facts += [f"{words['shows']} {told['unit']}"] if told["unit"] else []
    facts += [f"{words['classes']} {', '.join(told['classes'])}"] if told.get("classes") else []
    facts += [f"{words['version']} {told['version']}"] if told["version"] else []
    yield Padding(harmless("; ".join(facts)), (0, 0, 0, 2), expand=False)
    for paragraph in _paragraphs(told["about"]):
        yield Padding(Text(paragraph), (1, 0, 0, 2), expand=False)
    if told["parameters"]:
        yield Padding(_table(told, words), (1, 0, 0, 2), expand=False)
    yield from _covered(told, words)
    if told.get("rules"):
        yield Padding(harmless(f"{words['rules']}: {', '.join(told['rules'])}"), (1, 0, 0, 2), expand=False)


def _paragraphs(about: str) -> Iterator[str]:
    for paragraph in about.strip().split("\n\n"):
        yield " ".join(paragraph.split())


def _table(told: dict[str, Any], words: Words) -> Table:
    """The parameters; what the configuration says itself is bold."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold")
    table.add_column(words["parameter"], no_wrap=True)
    heads = ["here", "default"] if "rule" in told else ["default"]
    for head in heads:
        table.add_column(words[head], overflow="fold")
    table.add_column(words["means"], overflow="fold", ratio=1)
    for each in told["parameters"]:
        shown = [_value(each["value"], words, bold=each["given"]), _value(each["default"], words)]
        limits = _limits(each)
        meaning = harmless(" ".join(each["about"].split()) + (f" {limits}" if limits else ""))
        table.add_row(Text(each["name"]), *shown[-len(heads) :], meaning)
    return table


def _value(value: Any, words: Words, *, bold: bool = False) -> Text:
    if value is None or value in ([], ()):
        return Text(words["not_set"], "dim")
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return harmless(text) if not bold else Text.assemble((harmless(text).plain, "bold"))


def _limits(each: dict[str, Any]) -> str:
    if each["choices"]:
        return f"({' | '.join(each['choices'])})"
    least, most = each["least"], each["most"]
    if least is None and most is None:
        return ""
    return f"({'' if least is None else f'{least:g}'}…{'' if most is None else f'{most:g}'})"


def _covered(told: dict[str, Any], words: Words) -> Iterator[Any]:
    covered = told.get("covered")
    if covered is None:
        return
    total = covered["judged"] + covered["unjudged"]
    head = Text(
        f"{words['judges']} {covered['judged']:,} {words['from']} {total:,}", "green" if covered["judged"] else "red"
    )
    yield Padding(head, (1, 0, 0, 2), expand=False)
    for reason in covered["reasons"]:
        examples = f" ({', '.join(reason['examples'][:3])}…)" if reason["examples"] else ""
        line = f"{reason['subjects']:,} {words['cannot']}: {reason['why']}{examples}"
        yield Padding(harmless(line), (0, 0, 0, 4), expand=False)
    for note in covered["notes"]:
        yield Padding(harmless(note), (0, 0, 0, 4), expand=False)
