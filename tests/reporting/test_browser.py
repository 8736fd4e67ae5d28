"""The page in a real browser: it loads alone, is read, played, hovered, searched, and stays what it is."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import handful
from handful.comparing.cases import judged
from handful.flow.prepare import prepare
from handful.flow.select import choose, request
from handful.reporting.report import report, write_page

pytestmark = pytest.mark.browser

HOSTILE = [
    "<script>window.evil = 1</script>",
    "</script><script>window.evil = 1</script>",
    "<img src=x onerror='window.evil = 1'>",
    "\u202eright to left\u202c \u05d0\u05d1\u05d2",
    "🙂👩‍👩‍👧‍👦 emoji",
    "nul \x00 bell \x07 escape \x1b[31m",
    "x" * 1_000_000,
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A page of plain rows, and one of hostile rows."""
    folder = tmp_path_factory.mktemp("pages")
    rng = np.random.default_rng(0)
    words = np.array(["ash", "bee", "cat", "dog", "elm", "fig"])
    plain = {
        "text": [f"{' '.join(rng.choice(words, 6))} {i}" for i in range(300)],
        "group": [f"g{i % 3}" for i in range(300)],
        "embedding": rng.standard_normal((300, 5)).astype(np.float32),
    }
    texts = [f"{t} {i}" for i in range(9) for t in HOSTILE]
    hostile = {
        "id": [f"{t[:40]} {i}" for i, t in enumerate(texts)],
        "text": texts,
        "group": [t[:60] for t in texts],
        "embedding": rng.standard_normal((63, 4)).astype(np.float32),
    }
    made = {}
    for name, data, asked in (
        ("plain", plain, {"method": "facility_location", "rows": 60, "group": "group"}),
        (
            "hostile",
            hostile,
            {"method": "facility_location", "rows": 20, "id": "id", "group": "group"},
        ),
    ):
        prepared = prepare(data, request({"cache": False, **asked}))
        selection = judged(prepared, choose(prepared), 39)
        made[name] = write_page(prepared, selection, folder / f"{name}.html")
    made["comparison"] = report(compared(plain), folder / "comparison.html")
    return made


def compared(data):
    methods = ["random", "k_center", "facility_location", "graph_cut:trade_off=0.3"]
    asked = {"rows": 40, "label": "group", "seeds": 5, "cache": False}
    return handful.compare(data, methods=methods, **asked)


@pytest.fixture(scope="module")
def chrome():
    webdriver = pytest.importorskip(
        "selenium.webdriver", reason="needs selenium: pip install handful[browser]"
    )
    service = shutil.which("chromedriver")
    if service is None:
        pytest.skip("needs chromedriver and Chromium on the path")
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(service))
    yield driver
    driver.quit()


@pytest.fixture
def show(chrome, pages):
    """Open one of the pages at a size and in a scheme."""

    def opened(name="plain", width=1400, scheme="light", height=900):
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        chrome.get_log("browser"), chrome.get_log("performance")
        chrome.get(pages[name].as_uri())
        return chrome

    return opened


def ask(driver, script, *arguments):
    return driver.execute_script(script, *arguments)


def text_of(driver, name):
    return ask(driver, "return document.getElementById(arguments[0]).textContent", name)


@pytest.mark.parametrize("name", ["plain", "hostile", "comparison"])
def test_it_loads_without_a_console_message_and_without_a_request(show, pages, name):
    driver = show(name)
    assert driver.get_log("browser") == []
    sent = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    urls = {
        m["params"]["request"]["url"] for m in sent if m["method"] == "Network.requestWillBeSent"
    }
    assert {url for url in urls if not url.startswith("data:")} == {pages[name].as_uri()}


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["plain", "hostile", "comparison"])
def test_nothing_runs_out_of_the_page_on_a_phone_or_a_desk(show, name, width, scheme):
    driver = show(name, width, scheme)
    assert ask(driver, "return document.documentElement.scrollWidth") <= width
    dark = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every((c) => Number(c) < 60)"
    assert ask(driver, f"return {dark}") == (scheme == "dark")


def test_the_slider_plays_the_picks_by_keyboard(show):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    driver = show()
    slider = driver.find_element(By.ID, "slider")
    assert text_of(driver, "made") == "60"
    slider.send_keys(Keys.HOME)
    assert text_of(driver, "made") == "1"
    first = text_of(driver, "detail")
    assert first.startswith("pick 1 · row ")
    slider.send_keys(Keys.ARROW_RIGHT)
    assert text_of(driver, "made") == "2" and text_of(driver, "detail") != first
    assert slider.get_attribute("aria-valuetext") == "pick 2"


def lit(driver):
    """How many pixels of the canvas are strongly coloured."""
    return ask(
        driver,
        "const c = document.getElementById('canvas');"
        "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 180; return n",
    )


def test_the_map_draws_the_picks_made_so_far(show):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    driver = show()
    every = lit(driver)
    driver.find_element(By.ID, "slider").send_keys(Keys.HOME)
    assert 0 < lit(driver) < every / 3


def test_play_runs_to_the_last_pick_and_can_be_paused(show):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait

    driver = show()
    play = driver.find_element(By.ID, "play")
    play.send_keys(Keys.ENTER)
    assert play.get_attribute("aria-pressed") == "true"
    play.send_keys(Keys.ENTER)
    assert play.get_attribute("aria-pressed") == "false" and int(text_of(driver, "made")) < 60
    play.send_keys(Keys.ENTER)
    WebDriverWait(driver, 20).until(lambda d: text_of(d, "made") == "60")
    WebDriverWait(driver, 5).until(lambda d: play.get_attribute("aria-pressed") == "false")


@pytest.mark.parametrize("width", [400, 1400])
def test_a_dot_under_the_pointer_shows_its_row(show, width):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By

    driver = show(width=width)
    canvas = driver.find_element(By.ID, "canvas")
    ask(driver, "arguments[0].scrollIntoView({block: 'center'})", canvas)
    pick = ask(driver, "return JSON.parse(document.getElementById('data').textContent).picks[7]")
    box = canvas.rect
    across, down = (pick["x"] - 0.5) * box["width"], (pick["y"] - 0.5) * box["height"]
    ActionChains(driver).move_to_element_with_offset(canvas, round(across), round(down)).perform()
    assert f"row {pick['r']:,}" in text_of(driver, "detail") and pick["t"] in text_of(
        driver, "detail"
    )


def test_the_picks_are_searched_and_shown_in_parts(show):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    driver = show()
    listed = "return document.querySelectorAll('#picks > li').length"
    assert ask(driver, listed) == 20
    driver.find_element(By.ID, "more").send_keys(Keys.ENTER)
    assert ask(driver, listed) == 60 and not driver.find_element(By.ID, "more").is_displayed()
    picks = ask(driver, "return JSON.parse(document.getElementById('data').textContent).picks")
    driver.find_element(By.ID, "search").send_keys("ASH bee")
    wanted = [pick for pick in picks if "ash bee" in pick["t"]]
    assert ask(driver, listed) == len(wanted)
    assert text_of(driver, "found") == f"{len(wanted)} of 60 picks"


def test_everything_is_reached_by_the_tab_key(show):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    driver = show()
    reached = []
    for _ in range(60):
        ActionChains(driver).send_keys(Keys.TAB).perform()
        reached.append(
            ask(driver, "return document.activeElement.id || document.activeElement.tagName")
        )
        outline = "return getComputedStyle(document.activeElement).outlineStyle"
        assert reached[-1] in {"BODY", "main"} or ask(driver, outline) != "none", reached[-1]
    for name in ("play", "slider", "search", "more", "SUMMARY"):
        assert name in reached


def test_hostile_rows_are_words_on_the_page(show):
    driver = show("hostile")
    assert ask(driver, "return window.evil") is None
    assert ask(driver, "return document.querySelectorAll('script').length") == 2
    assert ask(driver, "return document.querySelectorAll('body img').length") == 1  # the density
    words = ask(driver, "return document.body.innerText")
    assert "<script>window.evil = 1</script>" in words and "nul ␀ bell ␇ escape ␛[31m" in words
    assert "right to left" in words and "🙂👩‍👩‍👧‍👦 emoji" in words
    isolated = "return [...document.querySelectorAll('#picks bdi')].every((b) => b.dir === 'auto')"
    assert ask(driver, isolated)


def test_a_comparison_shows_a_row_a_method_and_its_numbers_on_a_phone_too(show):
    rows = "return [...document.querySelectorAll('.contest tbody tr')].map((r) => r.innerText)"
    for width in (400, 1400):
        told = ask(show("comparison", width), rows)
        assert len(told) == 4
        assert {t.split()[0] for t in told} >= {"random", "k_center", "facility_location"}
        assert all(
            " to " in t and any(w in t for w in ("better", "no different", "worse")) for t in told
        )
    dots = "return document.querySelectorAll('.contest .forest circle.one').length"
    assert ask(show("comparison"), dots) == 4 * 5  # one a seed


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["plain", "hostile", "comparison"])
@pytest.mark.parametrize("width", [400, 1400])
def test_axe_finds_no_serious_fault(show, name, scheme, width):
    script = Path(os.environ.get("HANDFUL_AXE", ".axe/package/axe.min.js"))
    if not script.is_file():
        pytest.skip("needs axe-core: make test-browser, or HANDFUL_AXE=/path/to/axe.min.js")
    driver = show(name, width, scheme)
    ask(driver, script.read_text() + "; window.axe = axe")
    found = driver.execute_async_script("const done = arguments[0]; axe.run(document).then(done)")
    serious = [v for v in found["violations"] if v["impact"] in {"serious", "critical"}]
    told = [(v["id"], [node["html"][:120] for node in v["nodes"][:3]]) for v in serious]
    assert not told
