"""junit: what was expected and what came, as JUnit XML that GitLab, Jenkins and GitHub's actions read.

A testsuite a rule, a testcase an expectation, a failure where it was missed; what was missed and what was false is in
the suite's system-out. Elements and attributes are those of the Jenkins schema junit-10.xsd, which the others accept;
`time` is 0, because how long it took is not the same each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from cases.case import Case, iso
from replay.expect import ALL
from replay.report.facts import Facts
from replay.report.plain import fit


def as_junit(facts: Facts) -> bytes:
    """The XML in UTF-8."""
    failed = len(facts.missed_results())
    name = fit(facts.title or f"gridwatch replay {facts.recording}")
    root = ET.Element("testsuites", {"name": name, **_counts(len(facts.results), failed)})
    expected = {result.rule for result in facts.results}
    unknown = sorted(expected - {ALL, *facts.rules()})
    suites = (_suite(facts, rule) for rule in [ALL, *facts.rules(), *unknown])
    root.extend(suite for suite in suites if len(suite))
    ET.indent(root)
    text = '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
    return text.encode()


def _counts(tests: int, failures: int) -> dict[str, str]:
    return {"tests": str(tests), "failures": str(failures), "errors": "0", "time": "0"}


def _suite(facts: Facts, rule: str) -> ET.Element:
    mine = [result for result in facts.results if result.rule == rule]
    failed = sum(not result.met for result in mine)
    suite = ET.Element("testsuite", {"name": fit(rule), **_counts(len(mine), failed), "skipped": "0"})
    for result in mine:
        case = ET.SubElement(suite, "testcase", {"classname": fit(rule), "name": result.what, "time": "0"})
        if not result.met:
            text = f"expected {result.wanted}, got {result.gotten}"
            failure = ET.SubElement(case, "failure", {"type": "expectation", "message": fit(text)})
            failure.text = fit(str(result))
    lines = "\n".join(fit(line) for line in _wrong(facts, rule))
    if lines:
        ET.SubElement(suite, "system-out").text = lines
    return suite


def _wrong(facts: Facts, rule: str) -> Iterator[str]:
    """A line for each event of a rule that was missed and each case that was false."""
    score = facts.outcome.scores.get(rule)
    if score is None or not facts.labelled:
        return
    for label in score.missed:
        yield f"missed {label.subject} {iso(label.started)} to {iso(label.ended) or 'the end'}"
    for case in score.false:
        part = f" {case.part}" if case.part else ""
        which = f" {case.id}" if isinstance(case, Case) else ""
        yield f"false {case.subject}{part} {iso(case.started)} to {iso(case.ended) or 'the end'}{which}"
