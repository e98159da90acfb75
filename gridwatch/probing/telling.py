"""telling: what was heard as a page of text, and as objects for programs. What devices sent is shown harmless."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.text import Text

from gridwatch.cli.data import harmless
from gridwatch.probing.configured import Made
from gridwatch.probing.heard import Heard, TopicKind
from gridwatch.probing.leaves import Leaf
from gridwatch.probing.proposing import Proposal
from gridwatch.probing.yaml_text import yaml

_SAMPLE = 300
"""Characters of a payload that are shown."""
_REFUSED, _UNMAPPED = 4, 8
"""Kinds of fault, and values that are not mapped, that a page shows; --json has all."""


@dataclass(slots=True)
class Told:
    """One kind of topic, and what became of it."""

    kind: TopicKind
    made: list[Made] = field(default_factory=list)
    unmatched: int = 0
    """Of the messages kept, those that are of no stream."""
    proposal: Proposal | None = None


@dataclass(slots=True)
class Page:
    """All of it."""

    source: str
    where: str
    """host and port, or what else was listened to"""
    seconds: float
    heard: Heard
    kinds: list[Told]
    configured: bool
    """With a configuration, whose streams were tried."""
    sources: Mapping[str, Any] | None = None
    """The section `sources` to paste, where there is no configuration."""


def show(page: Page, console: Console) -> None:
    """The page of text."""
    for line in _lines(page):
        console.print(line, soft_wrap=True)


def _lines(page: Page) -> Iterator[Text]:
    heard, seconds = page.heard, page.seconds
    size = sum(told.kind.nbytes for told in page.kinds)
    kinds = f"{len(page.kinds)} kind{'s' if len(page.kinds) != 1 else ''} of topic"
    rate = f"{_rate(heard.count, seconds)}, {_bytes(size / seconds)}/s"
    yield Text.assemble((page.source, "bold"), f": {heard.count:,} messages in {seconds:.0f} s ({rate}), {kinds}")
    if heard.beyond:
        yield Text(f"{heard.beyond:,} further messages were of more kinds of topic than are told apart.", "yellow")
    for told in page.kinds:
        yield Text()
        yield from _kind(told, seconds, page.configured)
    proposals = {told.proposal.name: told.proposal for told in page.kinds if told.proposal and told.proposal.section}
    if proposals:
        yield Text()
        yield Text("To paste into the configuration, after a look at what follows each '#':", "bold")
        yield Text()
        if page.sources is not None:
            yield Text("sources:")
            for line in yaml(page.sources, {}, "  "):
                yield harmless(line)
        yield Text("streams:")
        for name, proposal in proposals.items():
            yield Text(f"  {name}:")
            for line in yaml(proposal.section, proposal.guesses, "    "):
                yield harmless(line)


def _kind(told: Told, seconds: float, configured: bool) -> Iterator[Text]:
    kind = told.kind
    sizes = _bytes(kind.smallest) + (f" to {_bytes(kind.largest)}" if kind.largest > kind.smallest else "")
    topics = f"{len(kind.topics):,} topic{'s' if len(kind.topics) != 1 else ''}"
    counted = f"   {kind.count:,} messages, {_rate(kind.count, seconds)}, {topics}, {sizes}"
    yield Text.assemble((harmless(kind.topic).plain, "bold cyan"), counted)
    if kind.kept:
        sample = kind.kept[len(kind.kept) // 2]
        yield Text("  sample   ", "dim") + harmless(sample.topic) + Text("   ") + harmless(_shown(sample.payload))
    for made in told.made:
        yield _headed("stream", made.stream, made) + _came(made)
        yield from _details(made)
    if configured and told.unmatched:
        few = "" if told.unmatched == len(kind.kept) else f" for {told.unmatched:,} of them"
        yield Text("  stream   ", "dim") + Text(f"none{few}", "yellow")
    if told.proposal is not None:
        yield from _proposed(told.proposal)


def _headed(head: str, name: str, made: Made) -> Text:
    return Text(f"  {head:9}", "dim") + Text.assemble((name, "bold"), f" ({made.codec}, {made.kind}): ")


def _came(made: Made) -> Text:
    """How many rows of how many messages."""
    whose = f" of {made.subjects:,} subject{'s' if made.subjects != 1 else ''}" if made.subjects else ""
    refused = sum(each.count for each in made.refused)
    text = Text(f"{made.rows:,} rows{whose} from {made.messages:,} messages", "green" if made.rows else "yellow")
    if made.silent:
        text += Text(f", {made.silent:,} say nothing that is measured")
    return text + (Text(f", {refused:,} refused", "red") if refused else Text())


def _details(made: Made) -> Iterator[Text]:
    for each in made.refused[:_REFUSED]:
        yield Text(f"           {each.count:,} × ", "red") + harmless(_cut(f"{each.reason}: {each.example}"))
    if len(made.refused) > _REFUSED:
        yield Text(f"           and {len(made.refused) - _REFUSED} further kinds of fault", "red")
    if made.empty:
        yield Text(f"           mapped, and never there: {', '.join(made.empty)}", "yellow")
    for column, rules in made.lacking.items():
        yield Text(f"           no {column}, which {_listed(rules)} can't do without", "yellow")
    if made.unmapped:
        shown = ", ".join(f"{leaf.path} ({leaf.told()})" for leaf in made.unmapped[:_UNMAPPED])
        more = f", and {len(made.unmapped) - _UNMAPPED} more" if len(made.unmapped) > _UNMAPPED else ""
        yield Text("           not mapped: ", "dim") + harmless(shown + more)


def _proposed(proposal: Proposal) -> Iterator[Text]:
    for trouble in proposal.trouble:
        yield Text("  proposed ", "dim") + Text("nothing: ", "yellow") + harmless(trouble)
    made = proposal.made
    if made is not None:
        yield _headed("proposed", proposal.name, made) + _came(made)
        yield from _details(made)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _shown(payload: bytes) -> str:
    """A payload as people can read it; what is no text in hexadecimal."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        text = payload.hex(" ")
    else:
        if any(not c.isprintable() and c not in "\r\n\t" for c in text):
            text = payload.hex(" ")
    return _cut(" ".join(text.split()) if text.strip() else "(empty)")


def _cut(text: str) -> str:
    return text if len(text) <= _SAMPLE else text[: _SAMPLE - 1] + "…"


def _rate(count: int, seconds: float) -> str:
    rate = count / seconds
    return f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s" if rate >= 0.5 else f"{rate * 60:.1f}/min"


def _bytes(size: float) -> str:
    for unit, factor in (("MB", 1e6), ("kB", 1e3)):
        if size >= 10 * factor or (unit == "MB" and size >= factor):
            return f"{size / factor:,.0f} {unit}"
    return f"{size:,.0f} bytes"


def objects(page: Page) -> Iterator[dict[str, Any]]:
    """One for each kind of topic."""
    for told in page.kinds:
        kind = told.kind
        yield {
            "source": kind.source,
            "topic": kind.topic,
            "messages": kind.count,
            "per_second": round(kind.count / page.seconds, 3),
            "bytes": kind.nbytes,
            "smallest": kind.smallest,
            "largest": kind.largest,
            "topics": len(kind.topics),
            "kept": len(kind.kept),
            "sample": {"topic": kind.kept[0].topic, "payload": _shown(kind.kept[0].payload)} if kind.kept else None,
            "streams": [_made(made) for made in told.made],
            "unmatched": told.unmatched,
            "proposal": _proposal(told.proposal),
        }


def _made(made: Made) -> dict[str, Any]:
    return {
        "stream": made.stream,
        "codec": made.codec,
        "kind": made.kind,
        "messages": made.messages,
        "rows": made.rows,
        "subjects": made.subjects,
        "silent": made.silent,
        "refused": [{"reason": r.reason, "count": r.count, "example": r.example} for r in made.refused],
        "never_there": made.empty,
        "rules_lack": made.lacking,
        "not_mapped": [_leaf(leaf) for leaf in made.unmapped],
    }


def _leaf(leaf: Leaf) -> dict[str, Any]:
    return {"path": leaf.path, "count": leaf.count, "was": leaf.told()}


def _proposal(proposal: Proposal | None) -> dict[str, Any] | None:
    if proposal is None:
        return None
    return {
        "name": proposal.name,
        "section": proposal.section or None,
        "guesses": proposal.guesses,
        "trouble": proposal.trouble,
        "tried": None if proposal.made is None else _made(proposal.made),
    }
