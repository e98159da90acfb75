"""compare_view: how what differs between two sides is shown in a terminal."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import typer
from rich import box
from rich.table import Table

from gridwatch.cli.data import duration, harmless, terminal

if TYPE_CHECKING:
    from cases.case import Case
    from replay.comparing.explaining import Both
    from replay.comparing.looking import Row
    from replay.comparing.matching import Difference
    from replay.comparing.settings import Changed
    from replay.comparing.told import Compared

_KINDS = ("vanished", "appeared", "moved", "changed")
_LISTED = 20
"""Differences of a rule and kind that are listed; --json has all."""


def show(compared: Compared, versions: Mapping[str, int]) -> None:
    """All of it on stdout. versions: how many were in force one after another, by side."""
    for letter, name in (("A", compared.a), ("B", compared.b)):
        several = f"   ({versions[letter]} versions, one after another)" if versions[letter] > 1 else ""
        typer.echo(f"{letter}  {harmless(name)}{several}")
    differences = compared.matched.differences
    if differences or compared.settings:
        terminal().print(_table(compared))
    alike = [rule for rule in compared.rules if rule not in compared.settings and compared.matched.same[rule]]
    alike = [rule for rule in alike if not any(one.rule == rule for one in differences)]
    if alike:
        cases = sum(compared.matched.same[rule] for rule in alike)
        typer.echo(f"alike: {cases} cases of {', '.join(str(harmless(rule)) for rule in alike)}")
    for line in _settings(compared):
        typer.echo(line)
    if not differences:
        typer.echo("No case differs.")
        return
    for rule in dict.fromkeys(one.rule for one in differences):
        mine = [(n, one) for n, one in enumerate(differences) if one.rule == rule]
        for kind in _KINDS:
            for line in _listed([(n, one) for n, one in mine if one.what == kind], compared):
                typer.echo(line)
    many = f"{len(differences)} cases differ" if len(differences) > 1 else "1 case differs"
    typer.echo(f"\n{many}: {', '.join(_counts(differences))}")


def _counts(differences: Sequence[Difference]) -> Iterator[str]:
    count = Counter(one.what.value for one in differences)
    yield from (f"{count[kind]} {kind}" for kind in _KINDS if count[kind])


def _table(compared: Compared) -> Table:
    matched = compared.matched
    count = Counter((one.rule, one.what.value) for one in matched.differences)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("rule", no_wrap=True)
    for name in ("cases A", "cases B", "same", *_KINDS):
        table.add_column(name, justify="right")
    for rule, other in sorted(compared.rules.items()):
        if rule not in compared.settings and not any(count[rule, kind] for kind in _KINDS):
            continue
        kinds = [str(count[rule, kind] or "") for kind in _KINDS]
        name = rule if rule == other else f"{rule} = {other}"
        table.add_row(harmless(name), str(matched.a[rule]), str(matched.b[rule]), str(matched.same[rule]), *kinds)
    return table


# ---- what differs in what judged


def _settings(compared: Compared) -> Iterator[str]:
    for rule, changed in sorted(compared.settings.items()):
        if changed and changed[0].name == "rule":
            yield f"{rule}: only {'A' if changed[0].b is None else 'B'} has this rule"
        elif changed and changed[0].name == "version":
            one = changed[0]
            yield f"{rule}: version {one.a} in A, {one.b} in B; what differs in it can't be seen from here"
        else:
            yield f"{rule}: {'; '.join(map(_change, changed))}"
    for each in compared.worlds:
        if each.name.startswith("stream") or each.name in ("city", "ahead", "forget", "time_zone"):
            yield f"{each.name}: {_value(each.a)} in A, {_value(each.b)} in B"
        else:
            sides = (f"{_value(value)} only in {side}" for side, value in (("A", each.a), ("B", each.b)) if value)
            yield f"register {each.name}: {'; '.join(sides)}"
    if compared.settings or compared.worlds:
        yield ""


def _change(each: Changed) -> str:
    return f"{each.name} {_value(each.a)} → {_value(each.b)}"


def _value(value: object) -> str:
    return "none" if value is None or value == "" else str(value)


# ---- the cases


def _listed(mine: Sequence[tuple[int, Difference]], compared: Compared) -> Iterator[str]:
    """Those of one rule and kind."""
    for n, one in mine[:_LISTED]:
        subject = harmless(f"{one.case.subject} {one.case.part}".rstrip())
        yield f"{one.what:9} {harmless(one.rule)}  {subject}  {_happened(one)}"
        why = compared.whys.get(n)
        if why is not None:
            for line in why.because:
                yield f"          {line}"
            yield from _rows(why.rows, one.case.unit)
            yield ""
    if len(mine) > _LISTED:
        yield f"… and {len(mine) - _LISTED} more; --json has all"


def _happened(one: Difference) -> str:
    if one.a is None or one.b is None:
        return _case(one.case)
    return f"{_time(one.a.started)}  " + "; ".join(_field(name, one.a, one.b) for name in one.fields)


def _case(case: Case) -> str:
    lasted = "goes on" if math.isnan(case.ended) else f"for {duration(case.ended - case.started)}"
    worst = "" if math.isnan(case.measure) else f", {case.measure:.4g} {case.unit}".rstrip()
    return f"{_time(case.started)} {lasted}{worst}"


def _field(name: str, a: Case, b: Case) -> str:
    one, other = getattr(a, name), getattr(b, name)
    if name in ("started", "confirmed", "ended"):
        if math.isnan(one) or math.isnan(other):
            return f"{name} {_time(one) or 'not yet'} → {_time(other) or 'not yet'}"
        return f"{name} {duration(abs(other - one))} {'later' if other > one else 'earlier'}"
    if isinstance(one, float):
        return f"{name} {one:.4g} → {other:.4g} {b.unit}".rstrip()
    return f"{name} {_value(one)} → {_value(other)}"


def _time(ts: float) -> str:
    return "" if math.isnan(ts) else f"{datetime.fromtimestamp(ts, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _rows(rows: Sequence[Both], unit: str) -> Iterator[str]:
    if not rows:
        return
    names = list(dict.fromkeys(name for row in rows for name, _ in row.columns))
    whole = all(later.ts - row.ts >= 1 or later.skipped for row, later in pairwise(rows))
    yield "            time       " + "".join(f"{name:>12}" for name in names) + f"   {'A':20}B"
    for n, row in enumerate(rows):
        if n and row.skipped:
            yield "            …"
        columns = dict(row.columns)
        cells = "".join(f"{columns[name]:>12.4g}" if name in columns else " " * 12 for name in names)
        mark = ">" if row.differs else " "
        time = f"{datetime.fromtimestamp(row.ts, UTC):%H:%M:%S.%f}"[: 8 if whole else 10]
        yield f"          {mark} {time:10} {cells}   {_said(row.a, unit):20}{_said(row.b, unit)}".rstrip()


def _said(row: Row | None, unit: str) -> str:
    if row is None:
        return "no row for it"
    return row.said if math.isnan(row.measure) else f"{row.said:8}{row.measure:.4g} {unit}".rstrip()
