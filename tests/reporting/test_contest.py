"""The page of a comparison says what the comparison says."""

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

import handful
from handful.comparing.comparison import Comparison, Line
from handful.comparing.statistics import Difference
from handful.reporting.contest import render_comparison, summary_of
from handful.reporting.forest import WIDTH, cost_chart, curve_of, forest_row, gain_scale
from handful.reporting.report import report
from handful.reporting.svg import line_chart


def line(name, gain=0.1, half=0.05, outcome="better", share=1.0, cpu=1.0):
    ends = (None, None) if half is None else (gain - half, gain + half)
    gain = Difference(gain, *ends, 0.01, outcome, 5)
    each = tuple(gain.mean + np.array([-0.01, 0.0, 0.01]))
    return Line(name, share, 100 * share, 0.7 + gain.mean, 0.7, gain, 1.0, cpu, 10**6, each)


def comparison(*lines):
    return Comparison(lines, "classifier", "accuracy", True, "tested so", 999, 10, 3)


def circles(svg, name):
    found = ElementTree.fromstring(str(svg)).iter()
    return [e for e in found if (e.get("class") or "").split()[0:1] == [name]]


def test_a_row_has_a_dot_a_seed_the_mean_and_the_interval():
    lines = [line("a"), line("b", -0.2, 0.1, "worse")]
    x = gain_scale(lines)
    drawn = forest_row(lines[0], x)
    assert [float(e.get("cx")) for e in circles(drawn, "one")] == [x(g) for g in lines[0].each]
    (mean,), (reach,), (zero,) = (circles(drawn, name) for name in ("dot", "reach", "zero"))
    assert float(mean.get("cx")) == x(0.1) > float(zero.get("x1")) == x(0)
    assert (float(reach.get("x1")), float(reach.get("x2"))) == (x(0.05), x(0.15000000000000002))
    assert not circles(drawn, "cut-off")


@pytest.mark.parametrize("half", [9.0, None])
def test_an_interval_too_wide_is_cut_off_with_an_arrow_and_none_is_not_drawn(half):
    lines = [line("a", half=half)]
    drawn = forest_row(lines[0], gain_scale(lines))
    reach = circles(drawn, "reach")
    if half == 9.0:
        assert (reach[0].get("x1"), reach[0].get("x2")) == ("0.0", str(float(WIDTH)))
        assert len(circles(drawn, "cut-off")) == 2
    else:
        assert not reach and not circles(drawn, "cut-off")


def test_a_curve_has_the_sizes_in_order_and_its_band_around_the_method():
    lines = [line("a", share=share) for share in (1.0, 0.25, 0.5)]
    chart = curve_of("a", lines, larger_is_better=True, unit="accuracy", span=(0, 1))
    assert list(chart.sizes) == [25, 50, 100]
    assert np.allclose(chart.low, 0.75) and np.allclose(chart.high, 0.85)
    smaller = curve_of("a", lines, larger_is_better=False, unit="loss", span=(0, 1))
    assert np.allclose(smaller.low, 0.55) and np.allclose(smaller.high, 0.65)
    points = circles(line_chart(replace(chart, high=[9, 9, 9])), "band")[0].get("points").split()
    assert min(float(pair.split(",")[1]) for pair in points) >= 0  # what leaves the span is cut


def test_names_in_the_cost_chart_do_not_lie_on_each_other():
    lines = [line(f"method_{i}", 0.1 + 1e-4 * i, cpu=1 + 0.01 * i) for i in range(12)]
    places = [(float(e.get("x")), float(e.get("y"))) for e in circles(cost_chart(lines), "tick")]
    names = sorted(y for x, y in places if x > 54 and y < 266)
    assert len(names) >= 12 and min(np.diff(names[-12:])) >= 10


def test_the_summary_counts_and_does_not_claim():
    better, same = line("a"), line("b", 0.0, 0.1, "same")
    assert summary_of(comparison(better, same)).startswith("1 of 2 methods is better")
    assert summary_of(comparison(same)) == "b is no different from random."
    assert "too few" in summary_of(comparison(line("a", half=None)))
    assert summary_of(comparison()) == "No method could be tried."


def test_hostile_names_are_words_on_the_page():
    evil = "</style><script>alert(1)</script>"
    page = render_comparison(replace(comparison(line(evil), line("b")), left_out={evil: evil}))
    assert "<script>" not in page and "&lt;script&gt;alert(1)" in page


def test_a_comparison_of_any_kind_has_a_page(tmp_path):
    pool = {"text": ["red apple", "green leaf"] * 40, "kind": ["fruit", "plant"] * 40}
    for seeds in (1, 5):
        asked = {"rows": 8, "label": "kind", "seeds": seeds, "cache": False}
        found = handful.compare(pool, methods=["random", "k_center"], **asked)
        page = report(found, tmp_path / f"{seeds}.html").read_text()
        assert "k_center" in page and "://" not in page
        assert ("too few" in page) == (seeds == 1)
