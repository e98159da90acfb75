"""Whatever comes, probing it ends with an answer: a stream that was tried, or what keeps it from being one."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from gridwatch.probing.telling import Page, Told, objects, show
from gridwatch.probing.yaml_text import yaml
from tests.gridwatch.probing.kit import NOW, heard

KEYS = st.sampled_from(
    ["ts", "time", "lon", "lat", "pos", "coordinates", "v", "speed", "acc", "id", "data", "a.b", "a b", "1", "", "满"]
)
NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**20), 10**20),
    st.sampled_from([NOW, NOW * 1000, 121.5, 31.2, 10**400, 0, 1]),
)
TEXTS = st.one_of(
    st.text(max_size=8), st.sampled_from(["2024-05-01T08:00:00Z", "0001-01-01T00:00:00+14:00", "12.5", "nan"])
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=6)),
    max_leaves=15,
)
PAYLOADS = st.one_of(st.binary(max_size=60), VALUES, st.dictionaries(KEYS, VALUES, min_size=1, max_size=8))
TOPICS = st.sampled_from(["a/1/b", "a/2/b", "a/x/b", "one", "a//b", "é/1"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(TOPICS, PAYLOADS), min_size=1, max_size=8))
@example([("a/1", {"ts": 10**400, "lon": 10**400, "lat": 1})])
@example([("a/1", {"time": "0001-01-01T00:00:00+14:00", "v": 1})])
def test_anything(messages: list[tuple[str, Any]]) -> None:
    from rich.console import Console

    from gridwatch.probing.proposing import propose

    found = heard(messages)
    told: list[Told] = []
    for kind in found.kinds():
        proposal = propose(kind, [each.proposal.name for each in told if each.proposal])
        assert proposal.section or proposal.trouble
        assert (proposal.made is not None) == bool(proposal.section) or proposal.trouble
        if proposal.section:
            text = "\n".join(yaml(proposal.section, proposal.guesses))
            assert YAML(typ="safe").load(text) == json.loads(json.dumps(proposal.section))
        told.append(Told(kind, proposal=proposal))
    page = Page("s", "here", 1.0, found, told, configured=False)
    with Console(quiet=True) as console:
        show(page, console)
    json.dumps(list(objects(page)), allow_nan=False)
