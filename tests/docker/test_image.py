"""The image: what its file promises, and what is picked of the lock for it. docker/exercise.sh builds and runs it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PICK = REPOSITORY / "docker" / "pick.py"
TEXT = (REPOSITORY / "docker" / "Dockerfile").read_text("utf-8")
STEPS = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", TEXT)).splitlines()
LAST = STEPS[max(n for n, step in enumerate(STEPS) if step.startswith("FROM ")) :]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))


def pick(*arguments: str, code: int = 0) -> str:
    done = subprocess.run([sys.executable, str(PICK), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def names(requirements: str) -> set[str]:
    return set(re.findall(r"(?m)^([\w.-]+)==", requirements))


def test_every_room_is_copied_and_let_in() -> None:
    """A room that .dockerignore keeps out is an image that can't be built."""
    allowed = set((REPOSITORY / ".dockerignore").read_text("utf-8").split())
    for room in (*PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"], "configs"):
        assert f"COPY {room} {room}" in STEPS, room
        assert f"!{room}" in allowed, room


def test_what_is_copied_is_there_and_let_in() -> None:
    allowed = {line.removeprefix("!") for line in (REPOSITORY / ".dockerignore").read_text("utf-8").split()}
    for step in STEPS:
        if step.startswith("COPY ") and "--from" not in step:
            for source in step.split()[1:-1]:
                assert (REPOSITORY / source).exists(), source
                assert any(source == each or source.startswith(f"{each}/") for each in allowed), source


def test_bases_have_a_version_and_can_be_pinned() -> None:
    arguments = dict(re.findall(r"(?m)^ARG (\w+_IMAGE)=(.+)$", TEXT))
    assert {step for step in STEPS if step.startswith("FROM ")} == {
        "FROM ${NODE_IMAGE} AS pages",
        "FROM ${PYTHON_IMAGE} AS build",
        "FROM ${PYTHON_IMAGE}",
    }
    assert all(re.search(r":\d[\w.-]*$", image) for image in arguments.values())


def test_it_runs_as_nobody_in_particular_and_is_asked_how_it_is() -> None:
    assert "USER 10001:10001" in LAST
    assert LAST.index("USER 10001:10001") < LAST.index('ENTRYPOINT ["gridwatch"]')
    (check,) = (step for step in LAST if step.startswith("HEALTHCHECK"))
    assert check.endswith('CMD ["gridwatch", "healthy", "/city"]')
    assert not any(step.startswith(("ADD ", "COPY --chown")) for step in STEPS)
    assert all("--require-hashes" in one for one in re.findall(r"install [^&]*-r \S+", TEXT))


def test_its_label_has_the_version_of_the_project() -> None:
    assert f"ARG VERSION={PROJECT['project']['version']}" in LAST


def test_without_extras_what_is_picked_is_what_a_run_needs() -> None:
    assert names(pick()) == names((REPOSITORY / "requirements" / "run.txt").read_text("utf-8"))


@pytest.mark.parametrize("extra", PROJECT["project"]["optional-dependencies"])
def test_an_extra_is_picked_whole_and_nothing_for_tests(extra: str) -> None:
    found = pick(extra)
    picked = names(found)
    wanted = {re.split(r"[\[<>=;]", each)[0] for each in PROJECT["project"]["optional-dependencies"][extra]}
    assert wanted <= picked
    assert not picked & {"pytest", "mypy", "ruff", "moto", "playwright"}
    assert found.count("==") <= found.count("--hash=sha256:")


def test_a_tool_is_picked_alone() -> None:
    picked = names(pick("--only", "hatchling"))
    assert "hatchling" in picked
    assert "pydantic" not in picked


@pytest.mark.parametrize(
    "arguments, says",
    [
        pytest.param(["nix"], "no extra nix; there are: cameras", id="no-extra"),
        pytest.param(["--only", "nix"], "not in the lock: nix", id="no-tool"),
    ],
)
def test_what_is_not_there_is_named(arguments: list[str], says: str) -> None:
    assert says in pick(*arguments, code=1)
