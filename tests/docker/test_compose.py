"""The compose files: by the specification's own schema, and by the rules of docs/operations.md#security."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from ruamel.yaml import YAML

from connectors.history.settings import HistorySection
from gridwatch.cli import COMMANDS, GROUPS
from pipeline.runtime.config import examine
from pipeline.runtime.document import parse_document
from tests.gridwatch.test_cli_check import CITY

REPOSITORY = Path(__file__).resolve().parents[2]
DOCKER = REPOSITORY / "docker"
FILES = {name: YAML(typ="safe").load(DOCKER / name) for name in ("compose.yaml", "compose.cluster.yaml")}
SCHEMA = json.loads(Path(__file__).with_name("compose-spec.json").read_text("utf-8"))
"""As github.com/compose-spec/compose-go v2.16.2 has it (schema/compose-spec.json, Apache-2.0)."""


every_service = pytest.mark.parametrize(
    "service",
    [
        pytest.param(service, id=f"{file.split('.')[1]}-{name}")
        for file, data in FILES.items()
        for name, service in data["services"].items()
    ],
)


@pytest.mark.parametrize("name", FILES)
def test_it_is_what_the_specification_says(name: str) -> None:
    data = {key: value for key, value in FILES[name].items() if not key.startswith("x-")}
    faults = list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(data))
    assert [f"{'/'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in faults] == []


@every_service
def test_a_service_may_little_and_is_bounded(service: dict[str, Any]) -> None:
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    limits = service["deploy"]["resources"]["limits"]
    assert {"memory", "pids"} <= limits.keys()
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert service["restart"] in ("unless-stopped", "no")
    tag = service["image"].rpartition(":")[2]
    assert service.get("build") or re.match(r"v?\d", tag), "an image of others is named by a version"


@every_service
def test_what_is_published_is_published_on_this_machine(service: dict[str, Any]) -> None:
    for port in service.get("ports", []):
        assert re.match(r"\$\{GRIDWATCH_\w+_BIND:-127\.0\.0\.1\}:\d+:\d+$", port)


@every_service
def test_no_secret_stands_in_the_file(service: dict[str, Any]) -> None:
    for name, value in service.get("environment", {}).items():
        if re.search(r"PASS|TOKEN|SECRET", name):
            assert re.match(r"(\$\{\w+:\?|/run/secrets/)", str(value)), name


@every_service
def test_gridwatch_runs_with_a_root_that_nobody_writes(service: dict[str, Any]) -> None:
    if "build" not in service:
        return
    assert service["read_only"] is True
    assert any(each.startswith("/tmp:") for each in service["tmpfs"])
    city = next(each for each in service["volumes"] if ":/city" in each)
    assert city.endswith(":ro")
    words = service.get("command", ["run"])
    assert words[0] in COMMANDS or words[0] in GROUPS


def test_what_others_wait_for_has_a_health_check_or_ends() -> None:
    for data in FILES.values():
        for service in data["services"].values():
            for other, how in service.get("depends_on", {}).items():
                there = data["services"][other]
                if how["condition"] == "service_healthy":
                    assert "test" in there["healthcheck"] or "build" in there
                elif how["condition"] == "service_completed_successfully":
                    assert there["restart"] == "no"


def test_services_among_themselves_have_no_way_out() -> None:
    data = FILES["compose.cluster.yaml"]
    assert data["networks"]["services"] == {"internal": True}
    for name in ("kafka", "postgres", "influxdb"):
        assert data["services"][name]["networks"] == ["services"]
        assert "ports" not in data["services"][name]


def test_extras_that_are_built_in_are_there() -> None:
    offered = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    written = re.findall(r'EXTRAS(?:: \$\{\w+:-|=")([\w ]+)', (DOCKER / "compose.cluster.yaml").read_text("utf-8"))
    written += re.findall(r'ARG EXTRAS="([\w ]+)"', (DOCKER / "Dockerfile").read_text("utf-8"))
    assert len(written) >= 2
    assert set(" ".join(written).split()) <= offered.keys()


def test_every_variable_without_a_default_is_in_the_example_of_secrets() -> None:
    text = (DOCKER / "compose.cluster.yaml").read_text("utf-8")
    needed = set(re.findall(r"\$\{(\w+):\?", text)) | set(re.findall(r"(?m)^    environment: (\w+)$", text))
    example = (DOCKER / "secrets.env.example").read_text("utf-8")
    assert set(re.findall(r"(?m)^(\w+)=$", example)) == needed
    assert (DOCKER / ".gitignore").read_text("utf-8").split() == ["secrets.env"]


def test_the_city_names_services_and_variables_that_are_there(tmp_path: Path) -> None:
    file = DOCKER / "cluster.yaml"
    city = parse_document(file.read_text("utf-8"), file.name).data
    data = FILES["compose.cluster.yaml"]
    hosts = re.findall(r"(?:@|//|host: |\[)([a-z]+)(?::\d+|/|\n)", file.read_text("utf-8"))
    assert {"kafka", "postgres", "influxdb", "mosquitto"} <= set(hosts)
    assert set(hosts) <= data["services"].keys()
    named = set(re.findall(r"_env: (\w+)", file.read_text("utf-8")))
    assert named <= data["x-gridwatch"]["environment"].keys()
    of_another = parse_document(CITY, "city").data
    of_another["streams"] = {
        name: each | {"source": "fleet", "topic": "fleet/{d}/gps"} for name, each in of_another["streams"].items()
    }
    (tmp_path / "city.yaml").write_text(json.dumps(of_another | city), "utf-8")
    examined = examine(tmp_path / "city.yaml")
    assert [str(fault) for fault in examined.faults] == []
    history = HistorySection.model_validate(city["history"])
    influx = data["services"]["influxdb"]["environment"]
    assert (history.org, history.bucket) == (
        influx["DOCKER_INFLUXDB_INIT_ORG"],
        influx["DOCKER_INFLUXDB_INIT_BUCKET"],
    )
