"""build: the documentation as a site, in English and Chinese, into var/site (`make docs`).

    python -m docs.site.build [FOLDER]

Zensical builds the same pages twice, with its own words in English and in Chinese; the Chinese pages are taken from the
second. Addresses and assets of the two are the same. A link that leads nowhere ends it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from docs.site import navigation, sources

HERE = Path(__file__).resolve().parent
WORDS = {
    "en": {"name": "gridwatch", "about": "Watches a city for the people who run it", "dark": "Dark", "light": "Light"},
    "zh": {"name": "gridwatch 文档", "about": "替城市管理者看着这座城市", "dark": "深色", "light": "浅色"},
}
LANGUAGES = [("en", "English", "index.html"), ("zh", "中文", "zh/index.html")]
FEATURES = [
    *("navigation.tabs", "navigation.tabs.sticky", "navigation.top", "navigation.footer", "navigation.indexes"),
    *("toc.follow", "content.code.copy", "search.highlight"),
]


def config(language: str) -> str:
    """zensical.toml for a build in a language. JSON's strings, lists and booleans are TOML's."""
    words, text = WORDS[language], json.dumps
    nav = navigation.navigation(sources.pages(), language)
    entries = ", ".join(f"{{ {text(title, ensure_ascii=False)} = {text(pages)} }}" for title, pages in nav)
    lines = [
        "[project]",
        f"site_name = {text(words['name'], ensure_ascii=False)}",
        f"site_description = {text(words['about'], ensure_ascii=False)}",
        'docs_dir = "pages"',
        'site_dir = "site"',
        "use_directory_urls = false",
        'extra_css = ["site.css"]',
        f"nav = [{entries}]",
        "[project.theme]",
        f'language = "{language}"',
        "font = false",
        'logo = "icon.svg"',
        'favicon = "icon.svg"',
        f"features = {text(FEATURES)}",
        *_palette("default", "lucide/moon", words["dark"]),
        *_palette("slate", "lucide/sun", words["light"]),
        "[project.extra]",
        "generator = false",
        f"alternate = [{', '.join(_switch(*each) for each in LANGUAGES)}]",
        "[project.markdown_extensions]",
        "tables = {}",
        "attr_list = {}",
        "[project.markdown_extensions.toc]",
        "permalink = true",
        'slugify = { object = "pymdownx.slugs.slugify", kwds = { case = "lower" } }',
        "[project.markdown_extensions.pymdownx.superfences]",
        "[project.markdown_extensions.pymdownx.highlight]",
        "pygments_lang_class = true",
    ]
    return "\n".join(lines) + "\n"


def _switch(language: str, name: str, link: str) -> str:
    """A choice of the switch of languages."""
    return f'{{ name = "{name}", link = "{link}", lang = "{language}" }}'


def _palette(scheme: str, icon: str, other: str) -> list[str]:
    """One of the two, and the button that leads to the other."""
    media = "dark" if scheme == "slate" else "light"
    return [
        "[[project.theme.palette]]",
        f'media = "(prefers-color-scheme: {media})"',
        f'scheme = "{scheme}"',
        'primary = "teal"',
        'accent = "teal"',
        f'toggle = {{ icon = "{icon}", name = {json.dumps(other, ensure_ascii=False)} }}',
    ]


def build(generator: Path, to: Path) -> None:
    """The whole site into `to`, in place of what is there. Raises CalledProcessError where the generator refuses."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        sources.write(work / "pages")
        shutil.copyfile(HERE / "site.css", work / "pages" / "site.css")
        shutil.copyfile(sources.ROOT / "console" / "web" / "public" / "icon.svg", work / "pages" / "icon.svg")
        shutil.rmtree(to, ignore_errors=True)
        for language in ("en", "zh"):
            (work / "zensical.toml").write_text(config(language), "utf-8")
            subprocess.run([generator, "build", "--strict", "--clean"], cwd=work, check=True)
            if language == "en":
                shutil.copytree(work / "site", to)
            else:
                shutil.copytree(work / "site" / "zh", to / "zh", dirs_exist_ok=True)
        for page in sources.pages():
            switch(to, page)


def switch(to: Path, page: str) -> None:
    """Let the switch of languages lead to the same page in the other one; where there is none, to its index."""
    pages, own = sources.pages(), navigation.english(page) if page.startswith(navigation.ZH) else page
    chinese = {navigation.english(each): each for each in pages if each.startswith(navigation.ZH)}
    file = to / address(page)
    text = file.read_text("utf-8")
    for language, other in (("en", own), ("zh", chinese.get(own, "zh/README.md"))):
        link = os.path.relpath(address(other), Path(address(page)).parent)
        text = re.sub(rf'href="[^"]*" hreflang="{language}"', f'href="{link}" hreflang="{language}"', text)
    file.write_text(text, "utf-8")


def address(page: str) -> str:
    """Where a page is in the site."""
    return page.removesuffix(".md").replace("README", "index") + ".html"


if __name__ == "__main__":
    site = Path(sys.argv[1]) if len(sys.argv) > 1 else sources.ROOT / "var" / "site"
    try:
        build(Path(sys.executable).with_name("zensical"), site)
    except subprocess.CalledProcessError:
        sys.exit("The site was not built: see above.")
    print(f"{site}: to see it, python3 -m http.server --directory {site}")
