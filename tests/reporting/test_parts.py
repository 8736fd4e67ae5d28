"""The parts of a page: images, texts, charts, the map, the knee."""

import json
import struct
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.comparing.vectors import cosines
from handful.graphs.rows import unit_rows
from handful.pool import Pool
from handful.reporting.bars import bar_chart
from handful.reporting.curve import knee
from handful.reporting.layout import layout
from handful.reporting.page import Chart, Profile
from handful.reporting.png import png_bytes
from handful.reporting.profiles import of_groups, of_numbers
from handful.reporting.rails import swarm
from handful.reporting.render import as_json
from handful.reporting.svg import line_chart, number, ticks
from handful.reporting.text import MOST_BYTES, beginning, texts_of


def read_png(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, {}
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(
            kind + body
        )
        chunks[kind] = body
        at += 12 + length
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, 1 + 4 * width)
    assert (rows[:, 0] == 0).all()
    return rows[:, 1:].reshape(height, width, 4)


def test_an_image_is_read_back_as_it_was():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 4)).astype(np.uint8)
    assert (read_png(png_bytes(pixels)) == pixels).all()


@given(st.text(alphabet=st.characters(), max_size=2000))
def test_a_beginning_is_short_and_holds_no_control_character(text):
    shown = beginning(text)
    assert len(shown.encode()) <= MOST_BYTES + 3  # an ellipsis
    assert not any(ord(c) < 32 and c not in "\t\n\r" for c in shown)
    assert not any(0x7F <= ord(c) < 0xA0 for c in shown)


def test_a_beginning_says_that_there_is_more_and_shows_what_cannot_be_seen():
    assert beginning("a" * 10**6) == "a" * 240 + "…"
    assert beginning("nul \x00 and \ud800") == "nul ␀ and ?"
    assert beginning("🙂" * 200) == "🙂" * len(beginning("🙂" * 200)[:-1]) + "…"


@given(st.text(alphabet=st.characters(), max_size=200))
def test_json_in_a_page_means_what_it_said_and_cannot_leave_its_element(text):
    made = as_json({"t": text})
    assert not set("<>&\u2028\u2029") & set(made)
    assert json.loads(made) == {"t": text}


def test_texts_come_in_the_order_asked_for_near_or_far():
    from handful.io.open import open_source
    from handful.io.text import default_text

    source = open_source({"text": [f"t{i}" for i in range(1000)]})
    rows = np.array([999, 3, 500, 4, 0])
    assert list(texts_of(Pool(source, default_text(source)), rows)) == [f"t{i}" for i in rows]


def elements(svg):
    return list(ElementTree.fromstring(str(svg)).iter())


def test_a_line_chart_draws_every_size_and_stays_inside():
    chart = Chart(
        "T", "c", [0, 5, 10], [0, 3, 4], [5, 10], [1, 2], [0, 1], [2, 3], bound=6.0, knee=5
    )
    drawn = elements(line_chart(chart))
    lines = {(e.get("class") or "").split(" ")[0]: e for e in drawn}
    assert len(lines["picks"].get("points").split()) == 3
    assert len(lines["random"].get("points").split()) == 2
    assert len(lines["band"].get("points").split()) == 4
    for name in ("picks", "random", "band"):
        for pair in lines[name].get("points").split():
            x, y = map(float, pair.split(","))
            assert 0 <= x <= 420 and 0 <= y <= 236
    assert "bound" in lines and "knee" in lines


def test_hostile_words_in_a_chart_are_words():
    evil = '<script>alert(1)</script>" onload="x'
    groups = Profile(evil, evil, [evil, "b"], [0.5, 0.5], [0.1, 0.9])
    for profile in (groups, Profile(evil, evil, [evil], [1.0], [1.0], edges=[0.0, 1.0])):
        drawn = elements(bar_chart(profile))
        assert not [e for e in drawn if "script" in e.tag or e.get("onload")]
        assert evil in next(e.text for e in drawn if e.tag == "title")
        assert evil in drawn[0].get("aria-label")


def test_columns_are_as_high_as_the_pools_shares_and_the_outline_as_the_picks():
    profile = Profile("t", "", ["a", "b"], [0.2, 0.8], [0.4, 0.6], edges=[0, 1, 2])
    drawn = elements(bar_chart(profile))
    low, high = (float(e.get("height")) for e in drawn if e.get("class") == "pool")
    assert np.isclose(high / low, 4, atol=0.05)
    (outline,) = (e.get("points").split() for e in drawn if e.get("class") == "picks")
    y = [float(pair.split(",")[1]) for pair in outline]
    assert np.isclose((y[0] - y[3]) / (y[0] - y[1]), 1.5, atol=0.05)


def test_a_group_is_a_bar_as_long_as_its_share_and_a_dot_at_the_picks():
    drawn = elements(bar_chart(Profile("t", "", ["a", "b"], [0.2, 0.8], [0.4, 0.8])))
    short, long = (e for e in drawn if e.get("class") == "pool")
    assert np.isclose(float(long.get("width")) / float(short.get("width")), 4, atol=0.05)
    dots = [float(e.get("cx")) for e in drawn if e.get("class") == "pick"]
    assert np.isclose(dots[1], float(long.get("x")) + float(long.get("width")), atol=0.1)


@given(st.floats(-1e6, 1e6), st.floats(1e-2, 1e9), st.integers(4, 8))
def test_ticks_are_few_even_and_inside(low, span, most):
    found = ticks(low, low + span, most)
    assert 1 <= len(found) <= most
    assert np.allclose(np.diff(found), np.diff(found)[:1], rtol=1e-3)
    assert low - 0.01 * span <= found[0] and found[-1] <= low + 1.01 * span


@pytest.mark.parametrize("seed", range(5))
def test_a_swarm_has_a_dot_for_every_random_pick_and_none_touches_another(seed):
    drawn = np.random.default_rng(seed).normal(size=99).tolist()
    reading = {"label": "<b>", "value": 3.0, "drawn": drawn, "larger_is_better": True}
    found = elements(swarm(reading))
    dots = np.array(
        [[float(e.get("cx")), float(e.get("cy"))] for e in found if e.get("class") == "one"]
    )
    assert len(dots) == 99
    apart = np.hypot(*(dots[:, None] - dots[None]).transpose(2, 0, 1)) + 99 * np.eye(99)
    assert apart.min() >= 2 * 3.6
    assert found[0].get("aria-label").startswith("<b>: of the picks 3, of 99 random picks")


def test_groups_beyond_the_largest_are_told_in_words():
    codes = np.repeat(np.arange(30), np.arange(30, 0, -1))
    profile = of_groups("g", [f"g{i}" for i in range(30)], codes, codes[::7])
    assert list(profile.labels) == [f"g{i}" for i in range(12)]
    assert profile.pool[0] == 30 / len(codes)
    rest = (
        f"the others hold {1 - sum(profile.pool):.1%} of the pool and {1 - sum(profile.picks):.1%}"
    )
    assert rest in profile.caption


@pytest.mark.parametrize("kind", ["even", "wide", "outlier", "few"])
def test_numbers_fall_into_stretches_and_none_is_lost(kind):
    rng = np.random.default_rng(0)
    pool = {
        "even": rng.normal(0, 1, 500),
        "wide": rng.lognormal(5, 3, 500),
        "outlier": np.append(rng.normal(0, 1, 499), 1e12),
        "few": rng.integers(0, 3, 500).astype(float),
    }[kind]
    profile = of_numbers("n", pool, pool[:50])
    assert np.isclose(sum(profile.pool), 1) and np.isclose(sum(profile.picks), 1)
    assert max(profile.pool) < 0.9
    assert len(profile.labels) == len(profile.pool) == len(profile.picks)


def test_a_number_that_never_changes_has_no_profile():
    assert of_numbers("n", np.ones(9), np.ones(3)) is None


@given(st.lists(st.floats(0, 1), min_size=3, max_size=40))
def test_the_knee_is_the_size_farthest_above_the_line(gains):
    values = np.concatenate([[0], np.cumsum(sorted(gains, reverse=True))])
    found = knee(range(len(values)), values)
    if values[-1] <= 0:
        assert found is None
        return
    line = values[-1] * np.arange(len(values)) / (len(values) - 1)
    above = (values - line) / values[-1]
    if found is None:
        assert above.max() < 0.1 + 1e-9
    else:
        assert np.isclose(above[found], above.max()) and above[found] >= 0.1 - 1e-9


def test_numbers_read_well():
    assert [number(v) for v in (0, 12, 1234567, 0.00123, -5.5)] == [
        "0",
        "12",
        "1,234,567",
        "0.00123",
        "-5.5",
    ]


def clusters(n=300, d=20, groups=6, seed=0):
    rng = np.random.default_rng(seed)
    label = np.arange(n) % groups
    return unit_rows(
        (rng.standard_normal((groups, d)) * 2)[label] + 0.5 * rng.standard_normal((n, d))
    ), label


def test_near_rows_lie_near_on_the_map():
    rows, label = clusters()
    places = layout(rows)
    assert places.shape == (300, 2) and (places >= 0).all() and (places <= 1).all()
    apart = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    near = np.argsort(apart, axis=1)[:, :5]
    assert np.mean(label[near] == label[:, None]) > 0.95
    close = cosines(rows, rows)
    np.fill_diagonal(close, -2)
    assert close.argmax(axis=1).shape == (300,)


def test_a_map_is_the_same_every_time_and_another_for_another_seed():
    rows, _ = clusters(120)
    assert (layout(rows, 1) == layout(rows, 1)).all()
    assert (layout(rows, 1) != layout(rows, 2)).any()


@pytest.mark.parametrize(
    "rows",
    [
        np.zeros((0, 3)),
        np.ones((1, 3)),
        np.ones((2, 3)),
        np.zeros((40, 5)),
        np.ones((40, 5)),
        np.eye(3)[[0, 1, 2] * 4],
        np.ones((30, 1)),
    ],
)
def test_a_map_of_few_or_equal_or_empty_rows_is_a_map(rows):
    places = layout(unit_rows(rows.astype(np.float32)))
    assert places.shape == (len(rows), 2) and np.isfinite(places).all()
    assert (places >= 0).all() and (places <= 1).all()
