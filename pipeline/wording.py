"""wording: sentences of another language for English ones, by templates.

A template has names in braces where a sentence has values: `same category, {metres} m away`. Both sides of a pair have
the same names. In the other language, `{=why}` says that the value is a sentence itself, worded too where it can be;
`{!why}` that it must be, or the template does not fit. What no template fits stays as it is: a sentence that nobody
thought of is still read, in English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = re.compile(r"\{([=!]?)([a-z_]+)\}")
_LONGEST = 1000
"""Characters: what is longer was not written by us."""
_DEEPEST = 12
"""Sentences within sentences; a list of as many is one, too."""


class Wording:
    """Pairs of templates, English -> another language. Of several that fit, the one with most words of its own counts.

    Raises ValueError where the two sides of a pair do not have the same names.
    """

    def __init__(self, pairs: Mapping[str, str]) -> None:
        for english, other in pairs.items():
            if _names(english) != _names(other):
                raise ValueError(f"'{english}': expected the same names in braces on both sides")
        self._whole = {english: other for english, other in pairs.items() if not _NAME.search(english)}
        templates = [(english, other) for english, other in pairs.items() if english not in self._whole]
        templates.sort(key=lambda pair: (-len(_NAME.sub("", pair[0])), pair[0]))
        self._patterns = [(_pattern(english), other) for english, other in templates]

    def find(self, sentence: str) -> str | None:
        """The sentence in the other language; None where no template fits."""
        return self._find(sentence, 0)

    def _find(self, sentence: str, depth: int) -> str | None:
        if sentence in self._whole:
            return self._whole[sentence]
        if len(sentence) > _LONGEST or depth > _DEEPEST:
            return None
        for pattern, other in self._patterns:
            fit = pattern.fullmatch(sentence)
            said = None if fit is None else self._filled(other, fit.groupdict(), depth)
            if said is not None:
                return said
        return None

    def _filled(self, template: str, values: dict[str, str], depth: int) -> str | None:
        for mark, name in _NAME.findall(template):
            found = self._find(values[name], depth + 1) if mark else None
            if mark == "!" and found is None:
                return None
            values[name] = values[name] if found is None else found
        return _NAME.sub(lambda name: values[name[2]], template)


def _names(template: str) -> list[str]:
    return sorted(name for _, name in _NAME.findall(template))


def _pattern(template: str) -> re.Pattern[str]:
    parts, at = [], 0
    for name in _NAME.finditer(template):
        parts += [re.escape(template[at : name.start()]), f"(?P<{name[2]}>.+?)"]
        at = name.end()
    return re.compile("".join([*parts, re.escape(template[at:])]), re.DOTALL)
