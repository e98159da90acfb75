"""compare: two configurations, versions, detectors or releases on the same recording: which cases differ, and why?

What a changed rule does before a city runs it, and what a new release changes. Exit code 1 where anything differs, so
that a pipeline can hold it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridwatch.cli.frame import Exit, Problem
from gridwatch.cli.replay import progress

if TYPE_CHECKING:
    from gridwatch.cli.compare_sides import Side
    from replay.comparing.explaining import Why
    from replay.comparing.looking import Looked, Window
    from replay.comparing.matching import Difference, Matched
    from replay.comparing.settings import Changed

_SIDE = "A configuration, 'recorded' (what was in force), a version's id, or a file of cases."


def compare(
    a: Annotated[str, typer.Argument(help=_SIDE, metavar="A")],
    b: Annotated[str, typer.Argument(help="The same: what A is held against.", metavar="B")],
    on: Annotated[
        Path | None, typer.Option(help="The recording that both judge; not needed for two files of cases.")
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option(help="Only these, commas between; mine=theirs takes A's rule `mine` for B's `theirs`."),
    ] = None,
    within: Annotated[str, typer.Option(help="Times so near are the same.", metavar="DURATION")] = "1s",
    explain: Annotated[int, typer.Option(min=0, help="Of each rule, how many differences are explained.")] = 3,
    json_: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write all of it there; - is stdout.")
    ] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all of it as one HTML file.")] = None,
    batch: Annotated[int, typer.Option(min=1, hidden=True)] = 65_536,
) -> None:
    """Which cases appeared, vanished, moved or changed from A to B, and why? Exit code 1: some did."""
    from gridwatch.cli.compare_sides import side_of
    from gridwatch.cli.compare_view import show
    from replay.comparing.matching import match
    from replay.comparing.told import Compared, to_json

    near = _duration(within)
    asked = None if rules is None else _asked(rules)
    left = side_of(a, on, "A", asked, batch)
    right = side_of(b, on, "B", None if asked is None else set(asked.values()), batch)
    pairs = _pairs(asked, left, right)
    parts = left.opened is not None and right.opened is not None
    matched = match(left.cases, right.cases, pairs, near, parts=parts)
    compared = Compared(
        left.name,
        right.name,
        matched,
        pairs,
        {mine: changed for mine, theirs in pairs.items() if (changed := _settings(left, right, mine, theirs))},
        _worlds(left, right),
        _whys(matched, left, right, explain, batch),
    )
    if json_ == "-":
        typer.echo(to_json(compared), nl=False)
    elif json_ is not None:
        Path(json_).write_text(to_json(compared), "utf-8")
    if report is not None:
        from replay.comparing.page import page

        report.write_text(page(compared), "utf-8")
    if json_ != "-":
        show(compared, {"A": left.versions, "B": right.versions})
    if matched.differences:
        raise typer.Exit(Exit.FOUND)


def _duration(text: str) -> float:
    from pydantic import TypeAdapter, ValidationError

    from pipeline.units import Seconds

    try:
        seconds = float(TypeAdapter(Seconds).validate_python(text))
    except ValidationError:
        seconds = -1.0
    if seconds < 0:
        raise Problem(f"--within: expected a duration such as '1s' or '2min', got '{text}'", Exit.USAGE)
    return seconds


def _asked(text: str) -> dict[str, str]:
    """A's rule -> B's, as --rules says it."""
    pairs: dict[str, str] = {}
    for word in (each.strip() for each in text.split(",") if each.strip()):
        mine, _, theirs = (part.strip() for part in word.partition("="))
        theirs = theirs or mine
        if mine in pairs or theirs in pairs.values():
            raise Problem(f"--rules: '{word}' names a rule for the second time", Exit.USAGE)
        pairs[mine] = theirs
    return pairs


def _pairs(asked: dict[str, str] | None, a: Side, b: Side) -> dict[str, str]:
    """Those that are asked about, or else all that there are, each with its own like."""
    from pipeline.faults import did_you_mean

    known = [{*side.rules, *(case.rule for case in side.cases)} for side in (a, b)]
    for mine, theirs in (asked or {}).items():
        if mine not in known[0] and theirs not in known[1]:
            hint = did_you_mean(mine, known[0] | known[1])
            raise Problem(f"--rules: neither A has a rule '{mine}' nor B a rule '{theirs}'{hint}", Exit.USAGE)
    return {rule: rule for rule in sorted(known[0] | known[1])} if asked is None else asked


def _settings(a: Side, b: Side, mine: str, theirs: str) -> list[Changed]:
    """What differs in a rule; of a file of cases only its version is known."""
    from replay.comparing.settings import Changed, of_rules

    if a.version is not None and b.version is not None:
        return of_rules(a.rules.get(mine), b.rules.get(theirs))
    one, other = _rule_versions(a, mine), _rule_versions(b, theirs)
    return [Changed("version", one, other)] if one and other and one != other else []


def _rule_versions(side: Side, rule: str) -> str:
    if rule in side.rules and side.versions == 1:
        return side.rules[rule].version
    return ", ".join(sorted({case.rule_version for case in side.cases if case.rule == rule}))


def _worlds(a: Side, b: Side) -> list[Changed]:
    from replay.comparing.settings import of_worlds

    return of_worlds(a.version, b.version) if a.version is not None and b.version is not None else []


def _whys(matched: Matched, a: Side, b: Side, most: int, batch: int) -> dict[int, Why]:
    """Why the first differences of each rule are: each side is judged once more for their rows."""
    from replay.comparing.explaining import why, windows_of

    picked: list[tuple[int, Difference]] = []
    count: dict[tuple[str, str], int] = {}
    for n, one in enumerate(matched.differences):
        count[one.rule, one.what] = count.get((one.rule, one.what), 0) + 1
        if count[one.rule, one.what] <= most:
            picked.append((n, one))
    if not picked:
        return {}
    windows = {n: windows_of(one, a.rules.get(one.rule), b.rules.get(one.other)) for n, one in picked}
    seen = [_looked(side, [pair[k] for pair in windows.values()], "AB"[k], batch) for k, side in enumerate((a, b))]
    found: dict[int, Why] = {}
    for n, one in picked:
        rows = [None if looked is None else looked.rows[windows[n][k]] for k, looked in enumerate(seen)]
        found[n] = why(one, a.rules.get(one.rule), b.rules.get(one.other), rows[0], rows[1])
    return found


def _looked(side: Side, windows: list[Window], letter: str, batch: int) -> Looked | None:
    from replay.comparing.looking import look

    opened = side.opened
    if opened is None:
        return None
    with progress(opened.head - opened.first, f"{letter} once more, for the rows: ") as (bar, task):
        return look(
            opened.entries(),
            opened.load,
            windows,
            current=opened.current,
            batch=batch,
            progress=lambda at: bar.update(task, completed=at - opened.first),
        )
