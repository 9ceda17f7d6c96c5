"""The documentation site: it builds strictly, asks no other server, and has every name."""

import re
from html.parser import HTMLParser
from pathlib import Path

import typer

import dmjax
from dmjax.cli import app
from tools.website.commands import leaves

ROOT = Path(__file__).parents[2]


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


def test_the_explorer_holds_our_limit_and_those_of_others(site):
    page = (site / "explorer" / "world.html").read_text("utf-8")
    assert all(name in page for name in ("csi2017", "lsnd", "babar-2017"))
    kept = dmjax.load(ROOT / "docs" / "explorer" / "csi2017.json")
    assert kept.version == dmjax.__version__ and set(kept.status) == {"ok"}
