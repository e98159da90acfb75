"""The documentation runs and is complete. How blocks are marked: tests/docs_pages.py.

docs/configuration.md has its own test beside the configuration's (tests/runtime/test_configuration_docs.py).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import pipeline.registry
from connectors import SOURCES
from connectors.codecs import CODECS
from gridwatch.cli import app
from pipeline.registry import DETECTORS, Registry, detector
from pipeline.runtime.config import Configuration, examine
from pipeline.runtime.document import parse_document
from pipeline.runtime.metrics import Metrics
from tests.docs_pages import (
    PAGES,
    ROOT,
    Block,
    Shell,
    anchors,
    blocks,
    headings,
    lacking,
    links,
    name,
    prose,
    sections,
)

DOCS = ROOT / "docs"
OURS = [page for page in PAGES if page.is_relative_to(DOCS)]
RUN = [
    page
    for page in PAGES
    if any(b.language in ("console", "python") for b in blocks(page)) and not page.is_relative_to(DOCS / "zh")
]
"""The Chinese guides have the very blocks of the English ones (tests/test_docs_zh.py)."""
page_by_page = pytest.mark.parametrize("page", PAGES, ids=name)


def _slow(page: Path) -> list[pytest.MarkDecorator]:
    """Clips are drawn for half a minute."""
    drawn = any("replay.simulator.pictures" in block.text for block in blocks(page) if block.language == "console")
    return [pytest.mark.slow, pytest.mark.timeout(600)] if drawn else []


# ---- it runs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [pytest.param(page, marks=_slow(page)) for page in RUN], ids=name)
def test_what_a_page_shows_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(pipeline.registry, "DETECTORS", Registry("detector", "detectors:DETECTORS", DETECTORS.group))
    before = set(sys.modules)
    try:
        with Shell(page) as shell:
            for block in blocks(page):
                shell.run(block)
            for file in sorted(tmp_path.glob("test_*.py")):
                found: dict[str, Any] = {}
                exec(compile(file.read_text(), file.name, "exec"), found)
                tests = [each for test, each in found.items() if test.startswith("test_")]
                assert tests, f"{file.name} tests nothing"
                for test in tests:
                    test()
    finally:
        for module in set(sys.modules) - before:
            if str(tmp_path) in str(getattr(sys.modules[module], "__file__", "")):
                del sys.modules[module]


def configurations() -> list[Block]:
    own = DOCS / "configuration.md"
    found = [block for page in PAGES if page != own for block in blocks(page) if block.language == "yaml"]
    top = "|".join(Configuration.model_fields)
    return [block for block in found if re.match(rf"({top}):", block.text) and not block.info.startswith("faulty")]


@pytest.mark.parametrize("block", configurations(), ids=lambda b: f"{name(b.page)}:{b.text.splitlines()[0]}")
def test_configurations_and_their_sections_are_without_fault(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page's own detectors are looked at where the page is run."""
    whole = next(b.text for b in blocks(DOCS / "configuration.md") if b.text.startswith("city:"))
    data = parse_document(block.text, "block").data
    if "city" not in data:
        data = {**parse_document(whole, "whole").data, **data}
    own = {rule["detector"] for rule in data.get("rules", [])} - set(DETECTORS.names())
    for each in own:
        monkeypatch.setitem(DETECTORS.own, each, detector("overspeed"))
    for rule in data.get("rules", []):
        rule["parameters"] = {} if rule["detector"] in own else rule.get("parameters", {})
    (tmp_path / "city.yaml").write_text(json.dumps(data), "utf-8")  # JSON is YAML
    assert [str(fault) for fault in examine(tmp_path / "city.yaml").faults] == []


# ---- it leads somewhere ----------------------------------------------------------------------------------------------


@page_by_page
def test_links_lead_to_what_is_there(page: Path) -> None:
    for file, anchor in links(page):
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{name(page)} leads to {file}"
        if anchor:
            assert anchor in anchors(target), f"{name(page)} leads to {file}#{anchor}"


def test_every_page_can_be_reached_from_the_index() -> None:
    reached, ahead = set(), [DOCS / "README.md"]
    while ahead:
        page = ahead.pop()
        if page not in reached:
            reached.add(page)
            ahead += [(page.parent / file).resolve() for file, _ in links(page) if file.endswith(".md")]
    assert [name(page) for page in OURS if page not in reached] == []


# ---- it is complete --------------------------------------------------------------------------------------------------


def test_every_detector_has_its_section_with_every_parameter() -> None:
    page = DOCS / "detectors.md"
    told = sections(page)
    groups = set(re.findall(r"(?m)^##? (.*)$", prose(page)))
    assert sorted(set(told) - groups) == sorted(DETECTORS.own)
    for each, kind in DETECTORS.own.items():
        for parameter in [*kind.model_fields, *kind.needs]:
            assert f"`{parameter}`" in told[each], f"{each}: {parameter}"
        assert any(f"detector: {each}\n" in b.text for b in blocks(page)), f"{each}: no example"


@pytest.mark.parametrize("what", [*SOURCES, *CODECS])
def test_every_connector_and_codec_has_its_section(what: str) -> None:
    found = [h for page in (DOCS / "connectors").glob("*.md") for h in headings(page)]
    assert any(what in re.findall(r"\w+", heading.lower()) for heading in found), f"no heading names {what}"


def commands(group: Any = None, path: tuple[str, ...] = ("gridwatch",)) -> Iterator[tuple[str, Any]]:
    """Every command with its whole name."""
    top: Any = group or get_command(app)
    for word, command in top.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, word))
        else:
            yield " ".join((*path, word)), command


COMMANDS = dict(commands())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_section_with_every_option(command: str) -> None:
    told = sections(DOCS / "cli.md")
    assert command in told, f"docs/cli.md has no section '{command}'"
    shown = [o for p in COMMANDS[command].params if not getattr(p, "hidden", False) for o in p.opts]
    names = {o if o.startswith("--") else o.upper() for o in shown if o != "--help"}
    named = set(re.findall(r"(?<=\| )`[^|]*`(?= \|)", told[command]))
    assert set(re.findall(r"`([\w-]+)`", " ".join(named))) == names


@page_by_page
def test_commands_that_are_named_exist_with_the_options_that_are_named(page: Path) -> None:
    spoken = re.findall(r"`(gridwatch [^`]*)`", prose(page))
    spoken += [line.removeprefix("$ ") for b in blocks(page) for line in b.text.splitlines()]
    groups = {" ".join(each.split()[:2]) for each in COMMANDS}
    for line in spoken:
        for said in re.findall(r"(?:^|&& |ExecStart=\S*/)(gridwatch [a-z].*)", line):
            words = said.partition("#")[0].split()
            command = next((c for c in (" ".join(words[:n]) for n in (3, 2)) if c in COMMANDS or c in groups), None)
            short = len(words) > 1 and "|" in words[-1]
            assert command or short, f"{name(page)}: {said}"
            known = {o for p in getattr(COMMANDS.get(command or ""), "params", []) for o in p.opts}
            wrong = {w.strip("[]") for w in words if w.startswith(("--", "[--"))} - known - {"--help", "--version"}
            assert command not in COMMANDS or not wrong, f"{name(page)}: {said}"


def test_every_metric_is_named() -> None:
    told = "".join(prose(DOCS / page) for page in ("running.md", "operations.md"))
    exposed = {sample.name + ("_total" if sample.type == "counter" else "") for sample in Metrics().registry.collect()}
    assert sorted(each for each in exposed if f"`{each}" not in told) == []
    named = set(re.findall(r"`(gridwatch_[a-z_]+)", told))
    assert sorted(named - exposed) == []


@pytest.mark.parametrize("page", sorted((DOCS / "results").glob("*.md")), ids=name)
def test_results_name_the_command_that_makes_them(page: Path) -> None:
    modules = re.findall(r"`python -m ([\w.]+)", prose(page))
    ours = re.findall(r"`(gridwatch \w+)", prose(page))
    assert modules or ours, f"{name(page)} has numbers and no command that makes them"
    assert set(ours) <= set(COMMANDS), f"there are: {', '.join(COMMANDS)}"
    assert all(find_spec(module) for module in modules)


# ---- the tests can fail ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shown, output, missing",
    [
        pytest.param(["a b"], "x\na    b\n", None, id="blanks"),
        pytest.param(["a", "b"], "b\na\n", "b", id="order"),
        pytest.param(["{… x}"], "{1, 2, x}", None, id="anything"),
        pytest.param(["ends"], "ends not", "ends", id="whole-lines"),
        pytest.param(["3f2a91bc 2026-03-01 08:00"], "0a1b2c3d  2031-12-31 23:59", None, id="made-up"),
        pytest.param(["3f2a91bc 2026-03-01 08:00"], "10213243 2031-12-31 23:59", None, id="all-digits"),
        pytest.param(["20240501 rows"], "20240502 rows", "20240501 rows", id="a-number"),
        pytest.param(
            ["425a41f5-6aa4-51aa-b704-8e09c7d7043c at 2024-05-01T08:00:10Z"],
            "525a41f5-6aa4-51aa-b704-8e09c7d7043c at 2025-05-01T08:00:10.5Z",
            None,
            id="whole-ids",
        ),
    ],
)
def test_what_comes_out_is_compared(shown: list[str], output: str, missing: str | None) -> None:
    assert lacking(shown, output) == missing


def test_a_block_that_does_not_do_what_it_shows_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = DOCS / "cli.md"
    with Shell(page) as shell:
        shell.run(Block(page, "console", "", "$ gridwatch init x\nx: …\n"))
        with pytest.raises(AssertionError, match="'z: …'"):
            shell.run(Block(page, "console", "", "$ gridwatch init y\nz: …\ny: …\n"))
        with pytest.raises(AssertionError, match="ended with 2"):
            shell.run(Block(page, "console", "", "$ gridwatch init x\n"))
        shell.run(Block(page, "console", "exit=2", "$ gridwatch init x\n"))
        with pytest.raises(ZeroDivisionError):
            shell.run(Block(page, "python", "", "1 / 0\n"))
