"""categories: what cases are about: a template of a city's own table, its check, and what holds in the end."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridwatch.cli.data import JsonOption, harmless
from gridwatch.cli.frame import Exit, Problem, city_file, print_json_lines

if TYPE_CHECKING:
    from cases.categories import Categories, CategoriesSection, Category

app = typer.Typer(help="Categories of cases: a template, a check, and the list of them.", no_args_is_help=True)


class Standard(StrEnum):
    """Whose codes."""

    gb47678 = "gb47678"
    gb30428 = "gb30428"
    none = "none"


class Language(StrEnum):
    """Of headings and names."""

    zh = "zh"
    en = "en"


StandardOption = Annotated[Standard, typer.Option(help="Whose codes the city uses; none: only its own.")]
TABLES = (".csv", ".xlsx")


@app.command("template")
def template(
    file: Annotated[Path, typer.Argument(help="The table to write, .xlsx or .csv; it must not exist.")],
    standard: StandardOption = Standard.gb47678,
    language: Annotated[Language, typer.Option(help="Of the headings; either is read.")] = Language.zh,
) -> None:
    """Write a table to fill in: the standard's categories, with room for limits, units and categories of your own."""
    from cases.categories import read_categories
    from cases.categories.template import template as written

    if file.suffix.lower() not in TABLES:
        raise Problem(f"{file}: expected a name that ends in .xlsx or .csv", Exit.USAGE)
    categories = read_categories(_section(standard), Path())
    try:
        with file.open("xb") as to:
            to.write(written(categories, file.name, language.value))
    except FileExistsError:
        raise Problem(f"{file} is there already; name another file.", Exit.USAGE) from None
    typer.echo(f"{file}: {len(categories.own())} categories")
    typer.echo(f"Next: fill in limits, then gridwatch categories check {file}")


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="The city's own table, .xlsx or .csv.", exists=True, dir_okay=False)],
    standard: StandardOption = Standard.gb47678,
) -> None:
    """Name every bad row of a table, all at once."""
    from cases.categories.reading import table_over_standard
    from pipeline.faults import Faulty

    categories, faults = table_over_standard(_section(standard), file.read_bytes(), str(file))
    if faults:
        raise Faulty(faults)
    limited = sum(bool(each.conditions) for each in categories.own())
    typer.echo(f"{file}: no faults; {len(categories.own())} categories in all, {limited} with limits of their own")


@app.command("list")
def list_(
    config: Annotated[
        Path | None, typer.Option(help="The city whose categories these are. Default: the standard's alone.")
    ] = None,
    standard: Annotated[Standard | None, typer.Option(help="Another one than the city's.")] = None,
    language: Annotated[Language, typer.Option(help="Of the names.")] = Language.zh,
    as_json: JsonOption = False,
) -> None:
    """Which categories there are, how they are handled, and by when."""
    categories = _of_city(config, standard)
    if as_json:
        print_json_lines(_objects(categories))
        return
    rows = [_columns(each, categories, language.value) for each in categories.own()]
    widths = [max((_width(row[at]) for row in rows), default=0) for at in range(3)]
    for row in rows:
        padded = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False)]
        typer.echo(harmless("  ".join([*padded, *row[3:]]).rstrip()))
    if not rows:
        typer.echo("There are no categories. A city's own come from `categories: {file: …}` in its configuration.")


def _of_city(config: Path | None, standard: Standard | None) -> Categories:
    from cases.categories import CategoriesSection, read_categories
    from pipeline.runtime.config import load

    if config is None:
        return read_categories(_section(standard or Standard.gb47678), Path())
    file = city_file(config)
    section = load(file).categories or CategoriesSection(standard="none")
    if standard is not None:
        section = section.model_copy(update={"standard": standard.value})
    return read_categories(section, file.resolve().parent)


def _section(standard: Standard) -> CategoriesSection:
    from cases.categories import CategoriesSection

    return CategoriesSection(standard=standard.value)


def _columns(each: Category, categories: Categories, language: str) -> list[str]:
    """Kind, code, name, severity, mode, limits."""
    limits = ", ".join(_limits(each)) or f"({categories.default_limit})"
    return [each.kind, each.code, each.called(language), str(each.severity), each.mode, limits]


def _limits(each: Category) -> Iterator[str]:
    """'4 work hours', 'A 2 work hours', '2: 4 work hours'."""
    for condition in each.conditions:
        for area, limit in sorted(condition.limits.items()):
            yield f"{condition.id}: " * (condition.id != "") + f"{area} " * (area != "") + str(limit)


def _objects(categories: Categories) -> Iterator[dict[str, Any]]:
    import msgspec

    for each in categories.own():
        found = {name: getattr(each, name) for name in each.__struct_fields__ if name != "conditions"}
        found["conditions"] = [
            {
                "id": condition.id,
                "text": condition.text,
                "text_en": condition.text_en,
                "limits": {area: str(limit) for area, limit in sorted(condition.limits.items())},
            }
            for condition in each.conditions
        ]
        yield msgspec.to_builtins(found)


def _width(text: str) -> int:
    """Columns on a terminal, where Chinese characters take two."""
    from rich.cells import cell_len

    return cell_len(text)
