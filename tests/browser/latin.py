"""latin: English on a page that is to be in Chinese: two words of Latin letters after one another, where people read.

Codes, ids, plates and units are single words, and stay as they are. What is looked at is the text of what is visible,
and names and hints of controls; what only programs read is marked in the pages (`.mono`, `<code>`). Commands, and names
in both languages, as those of the demo (`陶瓷里 / Porcelain Row`), are left out, too.
"""

from __future__ import annotations

import re

from playwright.sync_api import Page

_READ = """() => {
  const aside = 'code, pre, kbd, .mono, [lang=en], .maplibregl-map, script, style'
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
  const found = new Set()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement
    if (element && !element.closest(aside) && seen(element)) found.add(node.data.trim())
  }
  for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
    if (element.closest(aside) || !seen(element)) continue
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) found.add(element.getAttribute(name) ?? '')
  }
  return [...found]
}"""
_BOTH = re.compile(r"[\u4e00-\u9fff]\S* ?/ ?[ -~]+|gridwatch [a-z]+")
_PHRASE = re.compile(r"(?<![\w.-])[A-Za-z][a-z'’]+ [A-Za-z]?[a-z'’]+(?![\w.-])")


def english(page: Page) -> list[str]:
    """Texts of what a page shows now that have English in them."""
    return sorted(text for text in page.evaluate(_READ) if _PHRASE.search(_BOTH.sub(" ", text)))
