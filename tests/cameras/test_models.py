"""Models: what names them, where they lie, and what is fetched: from a server of our own, never from the internet."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from cameras.models import MODELS, Model, ModelError, model_file, models_folder, pull

CONTENT = bytes(range(256)) * 20
SHA = hashlib.sha256(CONTENT).hexdigest()


class Server(BaseHTTPRequestHandler):
    """/good, /other (other bytes), /endless (no length, more than anybody wants), /cut (less than it says), /to?URL."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        name, _, target = self.path.partition("?")
        if name == "/to":
            self.send_response(302)
            self.send_header("Location", target)
            self.end_headers()
            return
        if name not in ("/good.onnx", "/other.onnx", "/endless.onnx", "/cut.onnx"):
            self.send_error(404)
            return
        self.send_response(200)
        if name != "/endless.onnx":
            self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        sent = {"/other.onnx": CONTENT[::-1], "/cut.onnx": CONTENT[:-1]}
        self.wfile.write(sent.get(name, CONTENT))

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Server.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


# ---- what names them -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given, fault",
    [
        pytest.param("yolox_nan", "did you mean 'yolox_nano'", id="misspelt"),
        pytest.param("quick", "there are: yolox_nano", id="unknown"),
        pytest.param({}, "either a file, or a url", id="nothing"),
        pytest.param({"file": "a.onnx", "url": "https://x/a", "sha256": SHA}, "either a file, or a url", id="both"),
        pytest.param({"url": "https://example.org/a.onnx"}, "a sha256 beside the url", id="no-sum"),
        pytest.param({"url": "https://example.org/a.onnx", "sha256": "ABC"}, "sha256", id="no-sha256"),
        pytest.param({"url": "file:///etc/passwd", "sha256": SHA}, "a url such as https", id="a-file's-url"),
        pytest.param({"url": "https:///a.onnx", "sha256": SHA}, "a url such as https", id="no-host"),
        pytest.param({"path": "a.onnx"}, "path", id="unknown-key"),
    ],
)
def test_what_names_no_model_is_told(given: object, fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        Model.model_validate(given)


def test_a_model_is_named_by_a_name_a_file_or_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Model.model_validate("yolox_nano") == MODELS["yolox_nano"]
    assert Model.model_validate("mine/best.onnx") == Model(file=Path("mine/best.onnx"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fetched = Model(url="https://example.org/a/b.onnx?x=1", sha256=SHA)
    assert fetched.path() == tmp_path / "gridwatch" / "models" / f"b-{SHA[:12]}.onnx"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # the standard says: to be ignored
    assert models_folder() == Path.home() / ".cache" / "gridwatch" / "models"


@pytest.mark.parametrize("name", MODELS)
def test_those_of_our_own_are_fetched_by_https_and_known(name: str) -> None:
    assert str(MODELS[name].url).startswith("https://")
    assert Model.model_validate(MODELS[name].model_dump()) == MODELS[name]


# ---- where they lie --------------------------------------------------------------------------------------------------


def test_what_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    model = Model(url="https://example.org/a.onnx", sha256=SHA)
    with pytest.raises(ModelError, match=r"gridwatch models pull.*without a network.*https://example.org/a.onnx"):
        model_file(model, tmp_path)
    with pytest.raises(ModelError, match="there is no such model"):
        model_file(Model(file=tmp_path / "mine.onnx"))
    model.path(tmp_path).write_bytes(CONTENT)  # carried there
    assert model_file(model, tmp_path) == model.path(tmp_path)
    assert pull(model, tmp_path) is False
    model.path(tmp_path).write_bytes(CONTENT[:-1])
    with pytest.raises(ModelError, match=r"SHA-256.*damaged"):
        model_file(model, tmp_path)


def test_a_file_of_ones_own_is_checked_if_its_sum_is_said(tmp_path: Path) -> None:
    (tmp_path / "mine.onnx").write_bytes(CONTENT)
    assert model_file(Model(file=tmp_path / "mine.onnx")) == tmp_path / "mine.onnx"
    assert model_file(Model(file=tmp_path / "mine.onnx", sha256=SHA)) == tmp_path / "mine.onnx"
    with pytest.raises(ModelError, match="mend the file or the sha256"):
        model_file(Model(file=tmp_path / "mine.onnx", sha256="0" * 64))


# ---- what is fetched -------------------------------------------------------------------------------------------------


def test_it_is_fetched_once(server: str, tmp_path: Path) -> None:
    model, told = Model(url=f"{server}/good.onnx", sha256=SHA), list[int]()
    assert pull(model, tmp_path / "new", plain=True, told=told.append) is True
    assert model_file(model, tmp_path / "new").read_bytes() == CONTENT
    assert told[-1] == len(CONTENT)
    assert pull(model, tmp_path / "new", plain=True) is False
    assert Server.asked == ["/good.onnx"]


def test_a_damaged_one_is_fetched_anew(server: str, tmp_path: Path) -> None:
    model = Model(url=f"{server}/good.onnx", sha256=SHA)
    model.path(tmp_path).write_bytes(b"damaged")
    assert pull(model, tmp_path, plain=True) is True
    assert model_file(model, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize(
    "path, plain, largest, fault",
    [
        pytest.param("/good.onnx", False, 10_000, "by https only", id="http"),
        pytest.param("/other.onnx", True, 10_000, "thrown away", id="other-bytes"),
        pytest.param("/good.onnx", True, len(CONTENT) - 1, "larger than", id="too-large-by-its-length"),
        pytest.param("/endless.onnx", True, len(CONTENT) - 1, "larger than", id="too-large-as-it-comes"),
        pytest.param("/cut.onnx", True, 10_000, "can't be fetched|thrown away", id="cut-off"),
        pytest.param("/nothing.onnx", True, 10_000, "can't be fetched: 404", id="not-there"),
        pytest.param("/to?file:///etc/passwd", True, 10_000, "not allowed", id="led-to-a-file"),
        pytest.param("/to?ftp://127.0.0.1/a", True, 10_000, "by https only", id="led-to-ftp"),
    ],
)
def test_nothing_else_takes_its_name(
    server: str, tmp_path: Path, path: str, plain: bool, largest: int, fault: str
) -> None:
    model = Model(url=server + path, sha256=SHA)
    with pytest.raises(ModelError, match=fault):
        pull(model, tmp_path, plain=plain, largest=largest)
    assert list(tmp_path.iterdir()) == []


def test_it_follows_where_the_server_leads(server: str, tmp_path: Path) -> None:
    assert pull(Model(url=f"{server}/to?{server}/good.onnx", sha256=SHA), tmp_path, plain=True) is True


def test_nobody_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"can't be fetched: .*name the file as the watcher's `model`"):
        pull(Model(url="http://127.0.0.1:9/a.onnx", sha256=SHA), tmp_path, plain=True)
