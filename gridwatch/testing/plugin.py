"""plugin: what gridwatch adds to pytest: a fixture, and recordings that are tests.

The fixture `gridwatch` has `drive` and `replay` (gridwatch.testing), which know the project's configuration. With
`gridwatch_config` in pytest's configuration, every recording (`recording.json`) below the folders that are tested is
judged by it, and each threshold of its section `expect:` is a test:

    [tool.pytest.ini_options]
    testpaths = ["tests", "recordings"]
    gridwatch_config = "city.yaml"

Loaded with pytest wherever gridwatch is installed; nothing of gridwatch is imported before it is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gridwatch.testing import AnyRule
    from pipeline.episode import Episode
    from replay.expect import Expectations
    from replay.outcome import Outcome

INI = "gridwatch_config"
_MANIFEST = "recording.json"
_SHOWN = 10
"""Missed labels and false cases that a failure names."""


class Harness:
    """The fixture `gridwatch`: `drive` and `replay`, with the project's configuration where none is named."""

    def __init__(self, config: Path | None) -> None:
        self.config = config
        """What `gridwatch_config` names; None: nothing."""

    def drive(self, rules: Iterable[AnyRule], rows: Iterable[Mapping[str, float | str]], **how: Any) -> list[Episode]:
        """As `gridwatch.testing.drive`."""
        from gridwatch.testing import drive

        if "city" not in how and "world" not in how and "speed_limits" not in how:
            how["city"] = self.config
        return drive(list(rules), rows, **how)

    def replay(self, folder: str | Path, **how: Any) -> Outcome:
        """As `gridwatch.testing.replay`."""
        from gridwatch.testing import replay

        how.setdefault("config", self.config)
        return replay(folder, **how)


@pytest.fixture
def gridwatch(request: pytest.FixtureRequest) -> Harness:
    """Rules and recordings: `gridwatch.drive(rules, rows)`, `gridwatch.replay(folder)`."""
    return Harness(_config(request.config))


def pytest_addoption(parser: pytest.Parser) -> None:
    """The project's configuration."""
    parser.addini(INI, "gridwatch: the configuration that rules are of and recordings are judged by", default="")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A recording, where there is a configuration to judge it by."""
    if file_path.name != _MANIFEST or _config(parent.config) is None:
        return None
    recording: Recording = Recording.from_parent(parent, path=file_path)
    return recording


class Recording(pytest.File):
    """A recording: one test for each threshold."""

    def collect(self) -> Iterator[pytest.Item]:
        """Those of the configuration. Nothing is judged yet."""
        for rule, thresholds in self.expected.items():
            for what, wanted in thresholds:
                if wanted is not None:
                    yield Threshold.from_parent(self, name=f"{rule} {what}", rule=rule, what=what)

    @property
    def config_file(self) -> Path:
        """The configuration."""
        file = _config(self.config)
        if file is None:
            raise ValueError(f"expected {INI} in pytest's configuration")
        return file

    @cached_property
    def expected(self) -> Expectations:
        """Its section `expect:`."""
        from gridwatch.cli.reporting import read_expectations

        return read_expectations(self.config_file)

    @cached_property
    def outcome(self) -> Outcome:
        """Judged once for all thresholds."""
        from gridwatch.testing import replay

        return replay(self.path.parent, config=self.config_file)


class Threshold(pytest.Item):
    """One threshold on one recording."""

    def __init__(self, *, parent: Recording, rule: str, what: str, **more: Any) -> None:
        super().__init__(parent=parent, **more)
        self.recording, self.rule, self.what = parent, rule, what

    def runtest(self) -> None:
        """Fails where it is missed."""
        from replay.expect import results

        recording = self.recording
        wanted = {self.rule: recording.expected[self.rule]}
        (result,) = [each for each in results(wanted, recording.outcome) if each.what == self.what]
        if not result.met:
            raise Missed("\n".join([str(result), *_details(recording.outcome, self.rule)]))

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """What was missed, without a traceback; for anything else, with one."""
        return str(excinfo.value) if isinstance(excinfo.value, Missed) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands."""
        return self.path, None, f"{self.path.parent.name}: {self.name}"


class Missed(AssertionError):
    """A recording did not come to what was expected of it."""


def _details(outcome: Outcome, rule: str) -> Iterator[str]:
    """What was missed and what was false, the first of each."""
    from gridwatch.cli.replay_view import span

    for name, score in outcome.scores.items():
        if rule in (name, "all"):
            for label in score.missed[:_SHOWN]:
                yield f"  {name}: missed {label.subject} {span(label.started, label.ended)}"
            for case in score.false[:_SHOWN]:
                yield f"  {name}: false {case.subject} {span(case.started, case.ended)}"


def _config(config: pytest.Config) -> Path | None:
    named = str(config.getini(INI))
    return config.rootpath / named if named else None
