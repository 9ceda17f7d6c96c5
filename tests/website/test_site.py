"""The documentation site: it builds strictly, asks no other server, and a search finds the page."""

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer

import dmjax
from dmjax.cli import app
from tools.website.commands import leaves

for name in ("mkdocs", "material", "mkdocstrings"):
    pytest.importorskip(name, reason="the site needs the extra dmjax[docs]")

ROOT = Path(__file__).parents[2]
SEARCHED = {
    "Feldman": {"statistics/"},
    "own detector": {"detectors/"},
    "own data set": {"datasets/"},
    "GPU": {"faq/"},
    "paper's limit": {"faq/"},
    "first limit": {"tutorial/"},
}
"""What is typed → pages of which one must come first."""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-q", "--strict", "-f", ".mkdocs.yml", "-d", out],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def index(site) -> list[dict]:
    return json.loads((site / "search" / "search_index.json").read_text("utf-8"))["docs"]


class Loaded(HTMLParser):
    """What a browser fetches by itself."""

    def __init__(self):
        super().__init__()
        self.places: list[str] = []

    def handle_starttag(self, tag, attrs):
        named = {key: value or "" for key, value in attrs}
        if tag in ("script", "img", "iframe", "source", "video", "audio", "embed"):
            self.places.append(named.get("src", ""))
        elif tag == "link" and named.get("rel") not in ("canonical", "next", "prev"):
            self.places.append(named.get("href", ""))


def test_no_page_asks_another_server(site):
    outside = re.compile(r"(https?:)?//")
    for page in site.rglob("*.html"):
        loaded = Loaded()
        loaded.feed(page.read_text("utf-8"))
        assert [place for place in loaded.places if outside.match(place)] == [], page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//", sheet.read_text("utf-8")), sheet


def test_every_public_name_and_every_command_has_an_entry(index):
    titles = {re.sub(r"<[^>]+>", "", entry["title"]) for entry in index}
    names = {f"dmjax.{name}" for name in dmjax.__all__ if name != "__version__"}
    assert names - titles == set()
    commands = {name for name, _ in leaves(typer.main.get_command(app), "dmjax")}
    assert len(commands) > 20 and commands - titles == set()


def test_every_page_has_an_example(site):
    shown = re.compile(r'class="(language-\w+ )?highlight"|<code>(dmjax|python) ')
    pages = [page for page in site.rglob("index.html") if "assets" not in page.parts]
    assert len(pages) >= 20
    assert [page for page in pages if not shown.search(page.read_text("utf-8"))] == []


def score(entry: dict, words: list[str]) -> float:
    """As the site's search: titles weigh a thousand times what texts do; every word is needed."""
    text = entry["text"].lower()
    title = entry["title"].lower()
    if not all(word in text or word in title for word in words):
        return 0.0
    boost = entry.get("boost", 1.0)
    return boost * sum(
        1000.0 * (word in title) + 100 * text.count(word) / (100 + len(text)) for word in words
    )


@pytest.mark.parametrize("typed", SEARCHED)
def test_a_search_lands_on_the_page(index, typed):
    words = typed.lower().split()
    best = max(index, key=lambda entry: score(entry, words))
    assert score(best, words) > 0.0
    assert best["location"].partition("#")[0] in SEARCHED[typed], best["location"]


def test_the_explorer_holds_our_limit_and_those_of_others(site):
    page = (site / "explorer" / "world.html").read_text("utf-8")
    assert all(name in page for name in ("csi2017", "lsnd", "babar-2017"))
    kept = dmjax.load(ROOT / "docs" / "explorer" / "csi2017.json")
    assert kept.version == dmjax.__version__ and set(kept.status) == {"ok"}
