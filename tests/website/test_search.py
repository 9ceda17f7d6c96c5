"""What a reader types lands on the page that is meant, in the index and in a real browser."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from chromium import BROWSER, Browser

SEARCHED = {
    "Feldman": {"statistics/"},
    "own detector": {"detectors/"},
    "own data set": {"datasets/"},
    "GPU": {"faq/"},
    "paper's limit": {"faq/"},
    "first limit": {"tutorial/"},
}
"""What is typed → pages of which one must come first."""


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


class Silent(SimpleHTTPRequestHandler):
    """A server of files that prints nothing."""

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def served(site):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser(served, tmp_path_factory):
    if BROWSER is None:
        pytest.skip("Chromium is not installed")
    held = Browser(tmp_path_factory.mktemp("browser"))
    yield held
    held.close()


@pytest.mark.parametrize("typed", SEARCHED)
def test_the_search_of_a_browser_lands_on_the_page(browser, served, typed):
    first = "document.querySelector('.md-search-result__link')"
    browser.ask("Page.navigate", url=f"{served}?q={typed}")
    place = browser.wait(f"{first} && {first}.href")
    assert place.startswith(served)
    found = place.removeprefix(served).partition("?")[0].partition("#")[0]
    assert found in SEARCHED[typed], place
    asked = browser.value("performance.getEntriesByType('resource').map(one => one.name)")
    assert asked and all(one.startswith(served) for one in asked), asked
