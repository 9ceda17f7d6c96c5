"""The page of limits, used as a reader does: real clicks and keys in a headless Chromium."""

import csv
import re
import struct
import time

import numpy as np
import pytest
from chromium import BROWSER, PATIENCE_S, Browser
from command import answer, run

import dmjax
from dmjax.constants import E_CHARGE
from dmjax.errors import InputError
from made_results import made_limit

TERMS = "--curves lsnd,na64-2019"
PATHS = "[...document.querySelectorAll('path[data-curve]')].map(p => p.dataset.curve)"
READ = "document.getElementById('readout').textContent"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    limit = made_limit().save(folder / "csi.json")
    told = answer(f"explore {limit} {TERMS} --out {folder / 'page.html'} --json")
    assert told["curves"] == ["lsnd", "na64-2019", "csi2017"]
    return folder / "page.html"


@pytest.fixture(scope="module")
def browser(page):
    if BROWSER is None:
        pytest.skip("Chromium is not installed")
    held = Browser(page.parent)
    held.open(page)
    yield held
    held.close()


def told(text: str) -> tuple[str, float, float]:
    """Label, mass and coupling that the page says."""
    found = re.match(r"(.*): m_. = ([\d.e+-]+) MeV, \w+ < ([\d.e+-]+)", text)
    assert found, text
    return found[1], float(found[2]), float(found[3])


def test_the_page_stands_alone(page):
    text = page.read_text()
    assert "DATA<" not in text and "src=" not in text.replace("image.src", "")
    links = [link for link in re.findall(r"https?://[^\"' ]+", text) if "w3.org" not in link]
    assert not links
    assert "</script" not in re.search(r'json">(.*?)</script>', text, flags=re.S)[1]


def test_a_curve_is_toggled_and_the_rest_stays(browser):
    assert len(set(browser.value(PATHS))) == 3
    browser.click("#curve-lsnd-0")
    assert "lsnd-0" not in browser.value(PATHS) and len(set(browser.value(PATHS))) == 2
    browser.press(" ")
    assert "lsnd-0" in browser.value(PATHS)


def test_units_change_and_numbers_are_read_back(browser):
    own = dmjax.recast("lsnd", coupling="eps", axis="m_V", mass_ratio=3, alpha_d=0.5, dm="dirac")
    browser.click("#x-m_V")
    browser.click("#y-g")
    browser.click("#plot")
    browser.press("ArrowUp", 3)
    for _ in range(4):
        if told(browser.value(READ))[0] == "LSND":
            break
        browser.press("ArrowDown")
    browser.press("ArrowLeft", own.x.size)
    browser.press("ArrowRight", 10)
    label, mass, g = told(browser.value(READ))
    assert (label, mass) == ("LSND", float(f"{own.x[10]:.4g}"))
    assert np.isclose(g, E_CHARGE * own.y[10], rtol=1e-3)
    browser.click("#y-alpha_B")
    assert np.isclose(told(browser.value(READ))[2], g**2 / (4.0 * np.pi), rtol=2e-3)
    browser.click("#x-m_chi")
    browser.click("#y-Y")
    label, mass, y = told(browser.value(READ))
    assert np.isclose(mass, own.x[10] / 3.0, rtol=1e-3)
    assert np.isclose(y, own.y[10] ** 2 * 0.5 / 81.0, rtol=1e-3)


def test_pointing_at_a_curve_tells_its_values(browser):
    x, y = browser.spot("circle")
    browser.mouse("mouseMoved", 10.0, 10.0)
    browser.mouse("mouseMoved", x + 2.0, y)
    label, mass, value = told(browser.value(READ))
    assert label and mass > 0.0 and value > 0.0


def test_what_is_shown_is_exported(browser, page):
    browser.click("#x-m_V")
    browser.click("#y-eps")
    browser.click("#curve-na64-2019-1")
    folder = page.parent / "saved"
    folder.mkdir()
    browser.ask("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    for button, name in (("#csv", "limits.csv"), ("#png", "limits.png")):
        browser.click(button)
        end = time.monotonic() + PATIENCE_S
        while not (folder / name).exists() and time.monotonic() < end:
            browser.value("1")
            time.sleep(0.1)
    rows = list(csv.DictReader((folder / "limits.csv").read_text().splitlines()))
    assert {row["curve"] for row in rows} == {"LSND", "csi2017"}
    own = dmjax.recast("lsnd", coupling="eps", axis="m_V", mass_ratio=3, alpha_d=0.5, dm="dirac")
    lsnd = [[float(row["m_V"]), float(row["eps"])] for row in rows if row["curve"] == "LSND"]
    assert np.allclose(lsnd, np.column_stack([own.x, own.y]), rtol=1e-9)
    head = (folder / "limits.png").read_bytes()[:24]
    assert head[1:4] == b"PNG" and struct.unpack(">II", head[16:]) == (1520, 1040)
    browser.click("#curve-na64-2019-1")


def test_nothing_is_asked_of_the_network(browser):
    asked = [
        e["params"]["request"]["url"]
        for e in browser.events
        if e.get("method") == "Network.requestWillBeSent"
    ]
    assert asked and all(url.split(":")[0] in ("file", "data", "blob") for url in asked)


def test_axes_that_the_terms_do_not_allow_say_why(browser, page):
    other = page.parent / "fixed.html"
    dmjax.explore(curves="lsnd", m_chi=5.0, out=other)
    browser.open(other)
    assert browser.value("document.getElementById('x-m_chi').disabled")
    assert "m_chi is fixed" in browser.value("document.getElementById('x').textContent")
    browser.open(page)


def test_terms_are_those_of_the_first_result(tmp_path):
    signal = made_limit().signal | {"alpha_d": 0.1}
    limit = made_limit(signal=signal).save(tmp_path / "a.json")
    run(f"explore {limit} {TERMS} --out {tmp_path / 'a.html'}")
    assert "alpha_D = 0.1" in (tmp_path / "a.html").read_text()
    with pytest.raises(InputError, match="run dmjax limit"):
        dmjax.explore(limit, alpha_d=0.5, out=tmp_path / "b.html")
    assert not (tmp_path / "b.html").exists()
