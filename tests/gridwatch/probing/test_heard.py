"""What came, by kind of topic, and that nothing grows without bound."""

from __future__ import annotations

import pytest

from gridwatch.probing import heard as module
from gridwatch.probing.heard import Heard, ids_out
from tests.gridwatch.probing.kit import heard


@pytest.mark.parametrize(
    "topic, kind",
    [
        ("fleet/T0006/gps", "fleet/+/gps"),
        ("v3/app@tenant/devices/eui-70b3/up", "v3/app@tenant/devices/+/up"),
        ("application/52f14cd4-c6f1/device/0101/event/up", "application/+/device/+/event/up"),
        ("渝A12345/定位", "+/定位"),
        ("bins", "bins"),
    ],
)
def test_a_level_with_a_digit_in_it_is_an_id(topic: str, kind: str) -> None:
    assert ids_out(topic) == kind


def test_kinds_and_what_they_count() -> None:
    found = heard([("fleet/1/gps", {"a": 1}), ("fleet/2/gps", {"a": 100}), ("bins/1", {"b": 1})]).kinds()
    assert [(k.topic, k.count, len(k.topics), k.smallest, k.largest) for k in found] == [
        ("fleet/+/gps", 2, 2, 8, 10),
        ("bins/+", 1, 1, 8, 8),
    ]


def test_a_configured_streams_topic_is_its_own_kind() -> None:
    messages = [("yards/gate/gps", {"a": 1, "b": 1}), ("yards/north/gps", {"a": 1, "b": 1}), ("else", {"a": 1})]
    found = heard(messages, [("s", "yards/{device}/gps"), ("another", "else")]).kinds()
    assert [(k.topic, k.configured) for k in found] == [("yards/{device}/gps", True), ("else", False)]


@pytest.mark.parametrize(
    "names, same_keys, kinds",
    [
        pytest.param(["gate", "yard", "roof"], True, ["cams/+/state"], id="three-alike"),
        pytest.param(["gate", "yard"], True, ["cams/gate/state", "cams/yard/state"], id="two-may-be-anything"),
        pytest.param(
            ["gps", "body", "alarm"], False, ["cams/alarm/state", "cams/body/state", "cams/gps/state"], id="-"
        ),
    ],
)
def test_words_are_names_where_many_carry_the_same_keys(names: list[str], same_keys: bool, kinds: list[str]) -> None:
    messages = [(f"cams/{name}/state", {"t": 1, "v" if same_keys else name: 2}) for name in names]
    found = heard(messages).kinds()
    assert sorted(kind.topic for kind in found) == kinds
    assert sum(kind.count for kind in found) == len(names)


def test_the_same_subject_is_kept_several_times_and_no_more() -> None:
    (kind,) = heard([(f"fleet/{n % 60}/gps", {"n": n}) for n in range(6000)]).kinds()
    assert (kind.count, len(kind.topics)) == (6000, 60)
    of_each = {topic: [m.topic for m in kind.kept].count(topic) for topic in {m.topic for m in kind.kept}}
    assert (len(of_each), set(of_each.values())) == (module.TOPICS_KEPT, {module.OF_EACH})


def test_nothing_grows_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KINDS", 3)
    monkeypatch.setattr(module, "MOST_TOPICS", 5)
    monkeypatch.setattr(module, "MOST_BYTES", 10_000)
    monkeypatch.setattr(module, "LONGEST", 2000)
    found = Heard()
    for n in range(1000):
        found.add("s", [f"a/{n}", "long", "c", f"word{'x' * (n % 7)}"], 1.0, [b"x" * 500, b"x" * 3000, b"", b"y"])
    kinds = found.kinds()
    assert len(kinds) == 3
    assert found.count == 4000
    assert found.count == sum(kind.count for kind in kinds) + found.beyond
    assert all(len(kind.topics) <= 5 for kind in kinds)
    assert sum(len(m.payload) for kind in kinds for m in kind.kept) <= 10_500
    assert next(kind for kind in kinds if kind.topic == "long").kept == []
