"""The documentation as a site: every page has its place, every link leads somewhere, nothing comes from elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from docs.site import navigation, sources
from docs.site.build import address
from tests.docs_site import built


@dataclass
class Html(HTMLParser):
    """What a page of the site leads to, loads, and can be led to by."""

    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    language: str = ""
    other: dict[str, str] = field(default_factory=dict)
    """Where the switch of languages leads."""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {key: value or "" for key, value in attrs}
        self.ids |= {said["id"]} if "id" in said else set()
        if tag == "html":
            self.language = said.get("lang", "")
        elif tag == "a" and "href" in said:
            self.links.append(said["href"])
            if "hreflang" in said:
                self.other[said["hreflang"]] = said["href"]
        elif tag == "link":
            self.loads.append(said["href"])
        elif "src" in said:
            self.loads.append(said["src"])


def read(site: Path) -> dict[Path, Html]:
    found = {}
    for file in sorted(site.rglob("*.html")):
        found[file] = Html()
        found[file].feed(file.read_text("utf-8"))
    return found


def lost(site: Path, pages: dict[Path, Html]) -> list[str]:
    """The links of the site's pages to what is not there."""
    wrong = []
    for file, page in pages.items():
        for link in [*page.links, *page.loads]:
            path, _, anchor = unquote(link).partition("#")
            if not foreign(link):
                target = (site / path[1:] if path.startswith("/") else file.parent / path).resolve() if path else file
                target = target / "index.html" if target.is_dir() else target
                there = target.is_file() and (not anchor or target not in pages or anchor in pages[target].ids)
                wrong += [] if there else [f"{file.relative_to(site)} leads to {link}"]
    return wrong


def foreign(link: str) -> bool:
    return re.match(r"[a-z]+:|//", link) is not None


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("docs") / "site")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_has_its_place_once(language: str) -> None:
    pages = sources.pages()
    placed = [page for _, part in navigation.navigation(pages, language) for page in part]
    chinese = {navigation.english(page): page for page in pages if page.startswith(navigation.ZH)}
    english = [page for page in pages if not page.startswith(navigation.ZH)]
    assert sorted(placed) == sorted(english if language == "en" else (chinese.get(page, page) for page in english))


def test_a_page_without_a_place_is_named() -> None:
    with pytest.raises(ValueError, match=r"docs/site/nav.toml has no place for attic/old.md, lost.md"):
        navigation.navigation([*sources.pages(), "attic/old.md", "lost.md"], "en")


def test_everything_leads_somewhere_and_nothing_comes_from_elsewhere(site: Path) -> None:
    pages = read(site)
    assert set(pages) >= {site / address(page) for page in sources.pages()}
    assert lost(site, pages) == []
    assert [(file.name, load) for file, page in pages.items() for load in page.loads if foreign(load)] == []
    styles = [file.read_text("utf-8") for file in site.rglob("*.css")]
    assert styles
    assert [
        found for text in styles for found in re.findall(r"(?:@import|url\()\s*[\"']?((?:https?:)?//[^\"')]+)", text)
    ] == []


def test_each_page_is_in_its_language_and_leads_to_itself_in_the_other(site: Path) -> None:
    pages = read(site)
    for page in sources.pages():
        html = pages[site / address(page)]
        assert html.language == ("zh" if page.startswith(navigation.ZH) else "en")
    chinese, english = site / "zh" / "add-vehicles.html", site / "guides" / "add-vehicles.html"
    assert (english.parent / pages[english].other["zh"]).resolve() == chinese
    assert (chinese.parent / pages[chinese].other["en"]).resolve() == english
    assert (site / pages[site / "scale.html"].other["zh"]).resolve() == site / "zh" / "index.html"


def test_both_languages_can_be_searched(site: Path) -> None:
    index = (site / "search.json").read_text("utf-8")
    assert "guides/add-vehicles.html" in index
    assert "zh/add-vehicles.html" in index


def test_files_that_are_shown_keep_their_names(site: Path) -> None:
    assert re.search(r'class="filename">vehicles.csv<', (site / "guides" / "add-vehicles.html").read_text("utf-8"))
    assert "class Silent" in re.sub("<[^>]*>", "", (site / "repository/detectors/silent.py.html").read_text("utf-8"))


def test_a_link_that_leads_nowhere_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<p id="x"><a href="#x">1</a><a href="#y">2</a><a href="b.html">3</a>', "utf-8")
    assert lost(tmp_path, read(tmp_path)) == ["a.html leads to #y", "a.html leads to b.html"]


def test_pages_are_copied_as_the_generator_reads_them(tmp_path: Path) -> None:
    sources.write(tmp_path)
    text = (tmp_path / "guides" / "writing-a-detector.md").read_text("utf-8")
    assert "](../repository/pipeline/world.py.md)" in text
    assert '```python title="my_detectors.py"\n' in text
    assert (tmp_path / "repository" / "pipeline" / "world.py.md").read_text("utf-8").startswith("# pipeline/world.py")
