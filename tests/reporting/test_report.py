"""A page is made of every kind of selection, and says what the manifest says."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import handful
from handful import errors
from handful.comparing.cases import judged
from handful.flow.prepare import prepare
from handful.flow.select import choose, request
from handful.reporting.gather import MOST_PICKS, gather
from handful.reporting.render import data_of, render
from handful.reporting.report import report, write_page
from handful.rng import Draws


def chosen(data, draws=39, **asked):
    prepared = prepare(data, request({"cache": False, **asked}))
    return prepared, judged(prepared, choose(prepared), draws)


def pool(n=200, seed=0):
    rng = np.random.default_rng(seed)
    words = np.array(["ash", "bee", "cat", "dog", "elm", "fig"])
    return {
        "text": [" ".join(rng.choice(words, rng.integers(3, 30))) for _ in range(n)],
        "group": [f"g{i % 3}" for i in range(n)],
        "stars": rng.random(n),
        "cost": rng.integers(1, 9, n),
        "embedding": rng.standard_normal((n, 5)).astype(np.float32),
    }


KINDS = {
    "features": {"method": "facility_location", "rows": 12},
    "target": {"method": "dsir", "rows": 12, "like": ["ash bee ash"] * 20},
    "cost": {"method": "random", "budget": 60, "cost": "cost", "group": "group", "score": "stars"},
    "top": {"method": "top", "rows": 12, "score": "stars"},
    "trade-off": {"method": "facility_location", "rows": 12, "score": "stars", "trade_off": 0.3},
    "duplicates": {"method": "random", "rows": 12, "dedup": "exact"},
    "groups": {"method": "stratified", "rows": 12, "group": "group"},
    "all rows": {"method": "random", "rows": 200},
    "one row": {"method": "k_center", "rows": 1},
    "no row": {"method": "random", "rows": 0},
}


class Checker(HTMLParser):
    """Every tag closed, no attribute that acts, nothing fetched."""

    VOID = frozenset({"meta", "img", "input", "br", "link", "hr"})

    def __init__(self):
        super().__init__()
        self.open, self.texts, self.scripts = [], [], 0

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            assert not name.startswith("on"), (tag, name)
            assert not (name in {"src", "href"} and not value.startswith(("data:", "#"))), (
                tag,
                value,
            )
        self.scripts += tag == "script"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def check(html):
    checker = Checker()
    checker.feed(html)
    assert checker.open == [] and checker.scripts == 2
    return " ".join(checker.texts)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_selection_has_a_page(kind):
    prepared, selection = chosen(pool(), **KINDS[kind])
    page = gather(prepared, selection)
    text = check(render(page))
    assert f"{len(selection):,} of 200 rows" in text
    verdict = selection.manifest["result"]["verdict"]
    assert verdict["sentence"] in text
    data = data_of(page)
    assert [pick["r"] for pick in data["picks"]] == selection.indices.tolist()
    assert [pick["o"] for pick in data["picks"]] == list(range(1, len(selection) + 1))
    for pick in data["picks"]:
        assert pick["t"] == pool()["text"][pick["r"]][:240]
        assert 0 <= pick["x"] <= 1 and 0 <= pick["y"] <= 1
    if len(selection):
        assert np.isclose(sum(pick["s"] for pick in data["picks"]), 1)
        assert all(0 <= row["p"] < len(selection) for row in data["others"])


def test_the_trade_off_asked_for_stands_among_others():
    prepared, selection = chosen(pool(), draws=0, **KINDS["trade-off"])
    page = gather(prepared, selection)
    assert [point["trade_off"] for point in page.trade_off if point["asked"]] == [0.3]
    assert [point["trade_off"] for point in page.trade_off] == [0, 0.25, 0.3, 0.5, 0.75, 1]
    assert "Score against objective" in render(page)
    assert "on all rows" in page.trade_off_note
    assert not gather(*chosen(pool(), draws=0, **KINDS["features"])).trade_off


def test_each_quota_stands_beside_what_was_got_and_what_it_costs():
    rows = pool()
    n = len(rows["text"])
    rows["side"] = ["<b>left" if i % 10 == 0 else "right" for i in range(n)]
    asked = ["side[<b>left]:min=50%", "side[right]:max=90%"]
    page = gather(*chosen(rows, draws=0, quotas=asked, **KINDS["features"]))
    names = [(quota["name"], quota["got"] - quota["limit"]) for quota in page.quotas]
    assert names == [("side[<b>left]:min=50%", 0), ("side[right]:max=90%", names[1][1])]
    assert page.quotas[0]["price"] > 0
    assert page.quotas[1]["slack"] > 0
    shown = render(page)
    assert "side[&lt;b&gt;left]:min=50%" in shown
    assert "<b>left" not in shown.split('<script type="application/json"')[0]
    assert not gather(*chosen(pool(), draws=0, **KINDS["features"])).quotas


def test_the_rows_a_pick_stands_for_are_those_nearest_to_it():
    data = pool(60)
    prepared, selection = chosen(data, method="random", rows=6)
    shown = data_of(gather(prepared, selection))
    x = data["embedding"] / np.linalg.norm(data["embedding"], axis=1, keepdims=True)
    nearest = (x @ x[selection.indices].T).argmax(axis=1)
    assert [row["p"] for row in shown["others"]] == [nearest[row["r"]] for row in shown["others"]]
    assert sorted(row["r"] for row in shown["others"]) == sorted(
        set(range(60)) - set(selection.indices.tolist())
    )
    shares = np.bincount(nearest, minlength=6) / 60
    assert np.allclose([pick["s"] for pick in shown["picks"]], shares)


def test_the_closest_calls_are_the_last_kept_and_the_first_left_out():
    data = pool()
    prepared, selection = chosen(data, method="top", rows=12, score="stars")
    page = gather(prepared, selection)
    order = np.argsort(-np.asarray(data["stars"]))
    assert [call.shown.row for call in page.calls if call.kept] == order[7:12].tolist()
    assert [call.shown.row for call in page.calls if not call.kept] == order[12:17].tolist()
    margin = data["stars"][order[11]] - data["stars"][order[12]]
    assert f"{margin:.3g}" in page.calls_note


def test_closest_calls_are_told_where_the_method_is_quick_and_not_where_it_would_take_long(
    monkeypatch,
):
    from handful.reporting import calls

    prepared, selection = chosen(pool(), method="top", rows=12, score="stars")
    assert gather(prepared, selection).calls  # a sort of 200 rows takes 3,060
    monkeypatch.setattr(calls, "MOST_STEPS", 500)
    page = gather(prepared, selection)
    assert not page.calls and page.calls_note == calls.NOT_AGAIN
    monkeypatch.undo()
    prepared, selection = chosen(pool(), method="k_means", rows=12, draws=0)
    assert gather(prepared, selection).calls_note == calls.TOGETHER
    prepared, selection = chosen(pool(), method="random", rows=0)
    assert gather(prepared, selection).calls_note == calls.ALIKE


def test_k_center_names_the_rows_left_out_without_asking_how_all_stand(monkeypatch):
    prepared, selection = chosen(pool(), method="k_center", rows=12)
    stand = prepared.method.standing(prepared.view, selection.indices, Draws(0))
    left = np.argsort(-np.nan_to_num(stand, nan=-1), kind="stable")[:5]
    monkeypatch.setattr(type(prepared.method), "standing", None)
    page = gather(prepared, selection)
    assert [call.shown.row for call in page.calls] == left.tolist()
    assert np.allclose([call.value for call in page.calls], stand[left], atol=1e-5)


def test_a_method_that_picks_in_turn_shows_the_last_picks_and_those_that_would_be_next():
    asked = {"method": "nearest_to_target", "like": ["elm fig", "ash bee"], "draws": 0}
    prepared, selection = chosen(pool(), rows=12, **asked)
    _, larger = chosen(pool(), rows=17, **asked)
    page = gather(prepared, selection)
    assert [call.shown.row for call in page.calls] == larger.indices[7:].tolist()
    assert [call.kept for call in page.calls] == [True] * 5 + [False] * 5
    assert [call.value for call in page.calls] == list(range(8, 18))


def test_near_duplicates_among_the_picks_are_named():
    data = pool(50)
    data["embedding"][7] = data["embedding"][3] * 2
    prepared, selection = chosen(data, method="random", rows=50, draws=0)
    pairs = {(t.first.row, t.second.row) for t in gather(prepared, selection).twins}
    assert pairs & {(3, 7), (7, 3)}


def test_a_large_selection_is_shown_in_part_and_says_so():
    n = 3 * MOST_PICKS
    rng = np.random.default_rng(0)
    data = {"stars": rng.random(n), "embedding": rng.standard_normal((n, 4)).astype(np.float32)}
    prepared, selection = chosen(data, method="top", score="stars", rows=2 * MOST_PICKS, draws=0)
    page = gather(prepared, selection)
    assert len(page.picks) == MOST_PICKS
    assert page.picks_note.startswith("2,000 of the 4,000 picks")
    assert [page.picks[0]["order"], page.picks[-1]["order"]] == [1, 4000]


def test_rows_without_text_or_features_have_no_map_but_a_page():
    prepared, selection = chosen({"stars": np.arange(50.0)}, method="top", score="stars", rows=5)
    page = gather(prepared, selection)
    assert page.map is None and page.profiles
    check(render(page))


def test_excluded_rows_are_neither_mapped_nor_counted():
    data = pool(100)
    asked = {"method": "top", "rows": 5, "score": "stars", "exclude": list(range(50))}
    prepared, selection = chosen(data, **asked)
    page = gather(prepared, selection)
    assert {row.row for row, _ in page.others} <= set(range(50, 100))
    assert "50 were left out beforehand" in dict(page.facts)["Picked"]
    assert [call.shown.row for call in page.calls if call.kept] == selection.indices.tolist()


HOSTILE = [
    "<script>window.evil = 1</script>",
    "</script><script>window.evil = 1</script>",
    "<img src=x onerror='window.evil = 1'>",
    "\u202eright to left\u202c \u05d0\u05d1\u05d2",
    "🙂👩‍👩‍👧‍👦 emoji",
    "nul \x00 bell \x07 escape \x1b[31m",
    "&lt;b&gt; &amp; {{ 7 * 7 }} {% raw %}",
    "x" * 1_000_000,
    "line\u2028separator\u2029",
    "]]> --> <!-- <style>body{display:none}</style>",
]


def hostile_page(tmp_path):
    texts = [f"{t} {i}" for i in range(6) for t in HOSTILE]
    data = {
        "id": [f"{t[:40]} {i}" for i, t in enumerate(texts)],
        "text": texts,
        "group": [t[:60] for t in HOSTILE] * 6,
        "embedding": np.random.default_rng(0).standard_normal((60, 4)).astype(np.float32),
    }
    prepared, selection = chosen(data, id="id", group="group", method="stratified", rows=20)
    return write_page(prepared, selection, tmp_path / "hostile.html")


def test_hostile_rows_stay_text(tmp_path):
    html = hostile_page(tmp_path).read_text()
    text = check(html)
    assert "<script>window" not in html and "<img src=x" not in html and "<style>body" not in html
    assert "{{ 7 * 7 }}" in text
    assert "\x00" not in html and "\x1b" not in html
    assert "window.evil" in text  # it is there, as words
    assert len(html) < 1_000_000  # the long line is cut


def test_a_page_can_be_made_later_from_the_manifest_alone(tmp_path):
    source = tmp_path / "pool.jsonl"
    source.write_text(
        "".join(
            json.dumps({"text": t, "stars": s}) + "\n"
            for t, s in zip("abcdefgh" * 5, range(40), strict=True)
        )
    )
    best = handful.select(source, rows=6, method="top", score="stars", cache=False)
    saved = handful.save(best, source, tmp_path / "best.jsonl")
    page = report(saved.manifest, tmp_path / "page.html", cache=False)
    assert "6 of 40 rows" in check(page.read_text())
    direct = report(best, tmp_path / "direct.html", source, cache=False)
    strip = re.compile(r'"output".*?\}', re.DOTALL)
    assert strip.sub("", direct.read_text())[:2000] == strip.sub("", page.read_text())[:2000]


def test_the_same_selection_gives_the_same_page():
    first, second = (render(gather(*chosen(pool(), **KINDS["features"]))) for _ in range(2))
    volatile = re.compile(r"&#34;run&#34;: \{.*?\n  \}", re.DOTALL)
    assert volatile.sub("", first) == volatile.sub("", second)


def test_a_page_is_not_written_over_another(tmp_path):
    from handful.reporting.report import check_page

    (tmp_path / "x.html").write_text("mine")
    with pytest.raises(errors.UsageError, match="exists"):
        check_page(tmp_path / "x.html", overwrite=False)
    check_page(tmp_path / "x.html", overwrite=True)
    with pytest.raises(errors.HandfulError, match="no folder"):
        check_page(tmp_path / "no" / "x.html", overwrite=False)


@pytest.mark.slow
def test_a_million_rows_give_a_page_under_five_megabytes(tmp_path):
    rng = np.random.default_rng(0)
    n = 1_000_000
    data = {
        "text": [f"row {i} " + "lorem ipsum dolor " * 10 for i in range(n)],
        "stars": rng.random(n),
        "embedding": rng.standard_normal((n, 16)).astype(np.float32),
    }
    prepared, selection = chosen(data, method="top", score="stars", rows=20_000)
    page = write_page(prepared, selection, tmp_path / "large.html")
    assert page.stat().st_size < 5_000_000


def test_the_page_of_a_selection_of_this_session_has_its_verdict_too(tmp_path):
    best = handful.select(pool(), rows=20, method="random", cache=False, text="text")
    page = handful.report(best, tmp_path / "a.html", pool(), cache=False).read_text()
    assert 'id="h-verdict"' in page
    page = handful.report(best, tmp_path / "b.html", pool(), draws=0, cache=False).read_text()
    assert 'id="h-verdict"' not in page


def test_without_features_the_nearest_pick_is_told_by_words():
    words = ["red apple pie", "red apple tart", "blue sea wave", "green hill top", "blue sea foam"]
    best = handful.select(
        {"text": words, "s": [0, 5, 4, 3, 1]}, rows=3, method="top", score="s", cache=False
    )
    told = handful.explain(best, 0, {"text": words, "s": [0, 5, 4, 3, 1]}, cache=False)
    assert told.nearest == "1" and 0 < told.cosine < 1
    assert (
        handful.explain(best, 3, {"text": words, "s": [0, 5, 4, 3, 1]}, cache=False).nearest is None
    )
