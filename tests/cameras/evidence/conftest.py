"""The stores that tests of evidence write to: a folder, memory, and an S3 server on this machine."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

_NUMBER = itertools.count()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """An address at which S3 is spoken."""
    pytest.importorskip("s3fs", reason="needs gridwatch[s3]")
    server = pytest.importorskip("moto.server", reason="needs the development packages").ThreadedMotoServer(
        "127.0.0.1", port=0, verbose=False
    )
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a new, empty bucket; the environment is such that it can be used."""
    import s3fs  # type: ignore[import-untyped]

    for name, value in (
        ("AWS_ENDPOINT_URL", s3_server),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    name = f"evidence-{next(_NUMBER)}"
    s3fs.S3FileSystem(skip_instance_cache=True).mkdir(name)
    return f"s3://{name}/city"


@pytest.fixture(params=["folder", "memory", pytest.param("s3", marks=pytest.mark.service)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store of each kind."""
    if request.param == "folder":
        return str(tmp_path / "kept")
    if request.param == "memory":
        return f"memory://evidence-{next(_NUMBER)}"
    return str(request.getfixturevalue("bucket"))
