"""markup: HTML and SVG made of elements, so that nothing from outside can be taken for markup.

`el("td", name, class_="rule")` escapes whatever is not itself markup, in children and in attributes. `t(key)` is a
label of replay/report/words.py in both languages, of which the page shows one.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from replay.report.plain import fit
from replay.report.words import WORDS

_VOID = frozenset({"meta", "input", "br", "path", "rect", "line", "circle", "use", "polyline"})


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Child = str | int | None
Attribute = str | int | float | bool | None


def el(tag: str, *children: Child, **attributes: Attribute) -> Markup:
    """An element. Children that are no Markup are text; an attribute that is None or False is left out, `class_` is
    `class`, and other underscores are hyphens."""
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    inside = join(children)
    if tag in _VOID and not inside:
        return Markup(f"<{tag}{written}/>")
    return Markup(f"<{tag}{written}>{inside}</{tag}>")


def document_head(title: str, style: str, policy: str, *more: Child) -> Markup:
    """The `head` of a page that stands alone. style: CSS; policy: what the page may load; more: further elements."""
    return el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        *more,
        el("title", title),
        el("style", Markup(style)),
    )


def join(children: Iterable[Child]) -> Markup:
    """Several one after the other."""
    return Markup("".join(child if isinstance(child, Markup) else text(child) for child in children))


def text(value: Child) -> Markup:
    """What is not markup, escaped."""
    return Markup("" if value is None else escape(fit(str(value)), quote=False))


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-") if name != "viewBox" else name
    return f" {name}" if value is True else f' {name}="{escape(fit(_number(value)), quote=True)}"'


def _number(value: str | float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def t(key: str, tag: str = "span") -> Markup:
    """A label in both languages; tag: `tspan` inside SVG text."""
    english, chinese = WORDS[key]
    return join([el(tag, english, lang="en"), el(tag, chinese, lang="zh-CN")])


def both(key: str) -> str:
    """A label in both languages as plain text, for a tooltip."""
    return " · ".join(WORDS[key])
