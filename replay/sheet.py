"""sheet: a small HTML page that stands alone, in English and Chinese: what tuning and comparing hand around.

It looks as a replay's report does, loads nothing, and runs no script: the style sheet switches languages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files

import replay.report
from replay.report.markup import Child, Markup, document_head, el, join

_OWN = """
svg.curve{max-width:760px;width:100%;height:auto}circle.other{fill:var(--faint)}circle.front{fill:var(--accent)}
circle.best{fill:var(--good)}circle.now{fill:none;stroke:var(--miss);stroke-width:2.5}
path.front{fill:none;stroke:var(--accent);opacity:.5}tr.best td{font-weight:650}
tr.now td,tr.differs td{background:var(--band)}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}td.number{white-space:nowrap}
pre{overflow-x:auto;margin:8px 0}
"""


def said(english: str, chinese: str) -> Markup:
    """The same in both languages, of which the page shows one."""
    return join([el("span", english, lang="en"), el("span", chinese, lang="zh-CN")])


def section(title: Child, *content: Child) -> Markup:
    """A part of the page under a heading."""
    return el("section", el("h2", title), *content)


def table(heads: Sequence[Child], rows: Iterable[tuple[str, Sequence[Child]]], left: int = 1) -> Markup:
    """rows: (class, cells). left: so many columns are text, the others numbers."""

    def cells(tag: str, values: Sequence[Child]) -> Markup:
        return join(el(tag, value, class_="number" if k >= left else None) for k, value in enumerate(values))

    body = [el("tr", cells("td", values), class_=kind or None) for kind, values in rows]
    whole = el("table", el("thead", el("tr", cells("th", heads))), el("tbody", *body))
    return el("div", whole, class_="scrolled")


def sheet(kicker: Child, title: str, *content: Child) -> str:
    """The page's text. Ends with a line's end."""
    style = files(replay.report).joinpath("page.css").read_text("utf-8") + _OWN
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    languages = [
        el("label", el("input", type="radio", name="language", id=f"as-{code}", checked=not n), name)
        for n, (code, name) in enumerate((("en", "English"), ("zh", "中文")))
    ]
    switch = el("form", el("fieldset", *languages, class_="switch"), class_="switches", autocomplete="off")
    head = document_head(title, style, policy)
    top = el("header", el("p", kicker, class_="kicker"), el("h1", title))
    foot = said("This file stands alone: it loads nothing.", "此文件自成一体，不加载任何内容。")
    body = el("body", el("main", switch, top, *content, el("footer", foot)))
    return f"<!DOCTYPE html>\n{el('html', head, body, lang='en')}\n"
