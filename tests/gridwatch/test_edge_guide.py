"""docs/guides/edge.md: what it says of brokers holds on a real one, and it names what there is."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

pytest.importorskip("av", reason="needs gridwatch[cameras]")
from cameras.publish import Broker, Publisher
from cameras.settings import CamerasSettings
from cameras.supervisor import Supervisor
from gridwatch.camera_metrics import CameraMetrics
from pipeline.runtime.logs import logger
from tests.docs_pages import ROOT, blocks, prose
from tests.services.edge import listening
from tests.services.mosquitto import Mosquitto, own_mosquitto
from tests.services.wait import until

__all__ = ["own_mosquitto"]
GUIDE = ROOT / "docs" / "guides" / "edge.md"


def shown(what: str) -> str:
    """The block with that word in its first line."""
    (block,) = (each.text for each in blocks(GUIDE) if each.info == what)
    return block


@pytest.mark.service
def test_a_box_may_say_only_what_is_about_its_cameras(tmp_path: Path, own_mosquitto: Callable[..., Mosquitto]) -> None:
    acl, passwords = tmp_path / "acl", tmp_path / "passwords"
    acl.write_text(shown("acl"))
    passwords.touch()
    for user in ("edge-north", "centre"):
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), user, user], check=True, timeout=20)
    lines = (
        shown("mosquitto").replace("/etc/mosquitto/passwords", str(passwords)).replace("/etc/mosquitto/acl", str(acl))
    )
    lines += f"persistence_location {tmp_path}/"
    kept = [line for line in lines.splitlines() if not line.startswith("allow_anonymous")]
    broker = own_mosquitto(lines=tuple(kept), anonymous=False)
    settings = Broker(
        host=broker.host,
        port=broker.port,
        client_id="edge",
        username_env="U",
        password_env="P",
        spool=tmp_path / "spool",
    )
    box = Publisher(settings, logger(), {"U": "edge-north", "P": "edge-north"})
    box.start()
    with listening(broker, "centre", "centre") as heard:
        for topic in ("cameras/other/health", "cameras/north-gate/sightings", "cameras/north-gate/health"):
            box.publish(topic, b'{"ts": 1}')
        until(lambda: box.sent == 2, "that the broker has taken what it may say")
        until(lambda: "cameras/north-gate/health" in dict(heard.messages), "the last of it")
    assert (box.spool.dropped, box.spool.nbytes()) == (1, 0)
    box.stop()
    assert list(dict(heard.messages)) == ["cameras/north-gate/sightings", "cameras/north-gate/health"]


def test_every_metric_is_named(tmp_path: Path) -> None:
    metrics, registry = CameraMetrics(logger()), CollectorRegistry()
    metrics.publisher = Publisher(Broker(host="x", client_id="x", spool=tmp_path), logger())
    metrics.supervisor = Supervisor(CamerasSettings(), {}, lambda *_: None, logger())
    metrics.keep({"a"})
    metrics.note("cameras/a/health", b'{"state": "up", "fps": 5, "looked": 4.5, "dropped": 1, "undecodable": 2}')
    metrics.note("cameras/a/health", b'{"state": "rubbish"}')
    metrics.note("cameras/a/health", b"\xff")
    metrics.note("cameras/a/sightings", b"{}")
    metrics.note("cameras/b/sightings", b"{}")
    registry.register(metrics)
    families = list(registry.collect())
    names = {metric.name + ("_total" if metric.type == "counter" else "") for metric in families}
    assert set(re.findall(r"`(gridwatch_[a-z_]+)", prose(GUIDE))) == names
    said = {sample.name: sample for metric in families for sample in metric.samples}
    values = {name.removeprefix("gridwatch_camera_"): sample.value for name, sample in said.items()}
    assert {key: values[key] for key in ("looked_total", "looked_fps", "dropped", "undecodable")} == {
        "looked_total": 1.0,
        "looked_fps": 4.5,
        "dropped": 1.0,
        "undecodable": 2.0,
    }
    assert registry.get_sample_value("gridwatch_camera_state", {"camera": "a", "state": "up"}) == 1.0
    metrics.publisher.stop()
