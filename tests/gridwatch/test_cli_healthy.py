"""`gridwatch healthy`: one line and 0 or 1, whatever it finds at the addresses that the file names."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gridwatch.cli import app
from pipeline.runtime.metrics import Metrics, Server
from pipeline.runtime.sections import MetricsSection


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["healthy", *map(str, words)], env={"COLUMNS": "120"})


def at(url: str) -> int:
    return int(url.rsplit(":", 1)[1].partition("/")[0])


def file(folder: Path, **sections: Any) -> Path:
    path = folder / "city.yaml"
    path.write_text(json.dumps({"city": "tiny", **sections}), "utf-8")  # JSON is YAML
    return path


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def server(metrics: Metrics) -> Iterator[Server]:
    serving = metrics.serve(MetricsSection(port=0))
    yield serving
    serving.close()


def works(metrics: Metrics, lag: float = 0.4) -> None:
    metrics.entries.inc(7)
    metrics.lag_seconds.set(lag)
    metrics.source_connected.labels("fleet").set(1)
    metrics.source_connected.labels("bins").set(0)


def test_what_gets_on_is_healthy_and_a_source_that_is_away_is_only_told(
    metrics: Metrics, server: Server, tmp_path: Path
) -> None:
    works(metrics)
    got = run(file(tmp_path, metrics={"port": at(server.url)}))
    assert (got.exit_code, got.output) == (0, "healthy: judged up to 0.4 s ago, 1 of 2 sources connected\n")


def test_what_stands_still_is_not(metrics: Metrics, server: Server, tmp_path: Path) -> None:
    works(metrics, lag=500)
    city = file(tmp_path, metrics={"port": at(server.url)})
    got = run(city)
    assert got.exit_code == 1
    assert got.stderr.startswith("unhealthy: nothing newer than 500 s has been judged")
    assert run(city, "--stalled", "10min").exit_code == 0


@pytest.mark.parametrize(
    "sources, lag, says",
    [
        pytest.param(False, 90_000.0, "it judges what the last run left", id="a-start-judges-what-is-old"),
        pytest.param(True, float("nan"), "1 of 2 sources connected", id="nothing-has-been-judged-yet"),
    ],
)
def test_a_start_is_not_a_standstill(
    metrics: Metrics, server: Server, tmp_path: Path, sources: bool, lag: float, says: str
) -> None:
    if sources:
        works(metrics)
    metrics.entries.inc()
    metrics.lag_seconds.set(lag)
    got = run(file(tmp_path, metrics={"port": at(server.url)}))
    assert (got.exit_code, got.output) == (0, f"healthy: {says}\n")


def test_the_port_can_be_another_and_all_addresses_are_asked_on_this_machine(
    metrics: Metrics, server: Server, tmp_path: Path
) -> None:
    works(metrics)
    assert run(file(tmp_path, metrics={"host": "0.0.0.0", "port": 1}), "--port", at(server.url)).exit_code == 0


def test_what_has_no_entries_of_its_own_has_to_answer(tmp_path: Path, server: Server) -> None:
    """An edge box, for one."""
    got = run(file(tmp_path, metrics={"port": at(server.url)}))
    assert (got.exit_code, got.output) == (0, "healthy: it answers\n")


class _Answers(BaseHTTPRequestHandler):
    status, body = 200, b"hello"
    held = threading.Event()
    """Until which it holds its answer back."""
    held.set()

    def do_GET(self) -> None:
        self.held.wait(60)
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing into the test's output."""


@pytest.fixture
def answers(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of what answers with the parameter's attributes."""
    handler: type[_Answers] = type("Answers", (_Answers,), getattr(request, "param", {}))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server.server_address[1]
    handler.held.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "answers, says",
    [
        pytest.param({}, "isn't gridwatch", id="somebody-else"),
        pytest.param({"body": b"gridwatch_x{"}, "isn't gridwatch", id="rubbish"),
        pytest.param({"status": 503}, "answers 503 Service Unavailable", id="no-good"),
        pytest.param({"held": threading.Event()}, "doesn't answer within 0.1 s", id="too-slow"),
    ],
    indirect=["answers"],
)
def test_what_answers_badly_is_not_healthy(answers: int, says: str, tmp_path: Path) -> None:
    got = run(file(tmp_path, metrics={"port": answers}), "--patience", "100ms")
    assert got.exit_code == 1
    assert got.stderr.startswith("unhealthy: ")
    assert says in got.stderr


def test_the_console_is_asked_too(metrics: Metrics, server: Server, answers: int, tmp_path: Path) -> None:
    works(metrics)
    city = file(tmp_path, metrics={"port": at(server.url)}, web={"port": answers})
    assert run(city, "--web").output.endswith("1 of 2 sources connected, the console answers\n")
    assert run(file(tmp_path, metrics=None, web={"port": answers}), "--web").output == "healthy: the console answers\n"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    got = run(file(tmp_path, metrics={"port": at(server.url)}, web={"port": port}), "--web")
    assert (got.exit_code, got.stderr) == (
        1,
        f"unhealthy: nothing listens at http://127.0.0.1:{port}/: it doesn't run, or has not come so far yet\n",
    )


@pytest.mark.parametrize(
    "sections, words, says",
    [
        pytest.param({"metrics": None}, [], "there is nothing to ask", id="nothing-to-ask"),
        pytest.param({"metrics": None}, ["--web"], "no section 'web'", id="no-console"),
        pytest.param({"metrics": {"port": "x"}}, [], "metrics.port", id="a-fault-in-the-file"),
    ],
)
def test_a_file_that_says_not_where_is_a_line_and_1(
    sections: dict[str, Any], words: list[str], says: str, tmp_path: Path
) -> None:
    got = run(file(tmp_path, **sections), *words)
    assert got.exit_code == 1
    assert says in got.stderr


def test_no_file_is_1_too(tmp_path: Path) -> None:
    got = run(tmp_path)
    assert got.exit_code == 1
    assert "no such file" in got.stderr
