"""An objective beside a score: on stated scales, with a curve of what either costs the other."""

from itertools import combinations

import numpy as np
import pytest

import handful
from handful.budget import Ledger, Quota, Quotas, audit
from handful.errors import UsageError
from handful.methods import find, names
from handful.objectives import Arrays, FacilityLocation

DRAW = np.random.default_rng(3)
VECTORS = DRAW.standard_normal((60, 5)).astype(np.float32)
QUALITY = DRAW.integers(0, 100, 60)
POOL = {"embedding": VECTORS, "quality": QUALITY}
ASK = {"rows": 8, "method": "facility_location", "score": "quality"}


def _shares(rows, alone, top):
    view = Arrays({"x": VECTORS})
    f = FacilityLocation().value(view, np.asarray(rows)) / FacilityLocation().value(view, alone)
    scaled = (QUALITY - QUALITY.min()) / (QUALITY.max() - QUALITY.min())
    return f, scaled[rows].sum() / scaled[top].sum()


@pytest.mark.parametrize("trade_off", [0.2, 0.7])
def test_the_value_is_the_mix_on_both_scales(trade_off):
    alone = handful.select(POOL, **ASK).indices
    top = handful.select(POOL, rows=8, method="top", score="quality").indices
    chosen = handful.select(POOL, **ASK, trade_off=trade_off)
    objective, score = _shares(chosen.indices, alone, top)
    told = chosen.notes["trade_off"]
    assert (told["objective"], told["score"]) == pytest.approx((objective, score))
    assert chosen.value == pytest.approx((1 - trade_off) * objective + trade_off * score)
    assert chosen.value <= chosen.upper_bound
    assert not chosen.nested


def test_the_ends_are_the_objective_alone_and_the_scores_alone():
    alone = handful.select(POOL, **ASK)
    assert handful.select(POOL, **ASK, trade_off=0).indices.tolist() == alone.indices.tolist()
    assert "trade_off" not in alone.notes
    top = handful.select(POOL, rows=8, method="top", score="quality")
    only = handful.select(POOL, **ASK, trade_off=1)
    assert sorted(QUALITY[only.indices]) == sorted(QUALITY[top.indices])
    assert only.notes["trade_off"]["score"] == pytest.approx(1)


def test_the_mix_is_near_its_best_of_all_small_subsets():
    pool = {"embedding": VECTORS[:12], "quality": QUALITY[:12]}
    chosen = handful.select(
        pool, rows=3, method="facility_location", score="quality", trade_off=0.5
    )
    told, view = chosen.notes["trade_off"], Arrays({"x": VECTORS[:12]})
    scaled = (QUALITY[:12] - QUALITY[:12].min()) / np.ptp(QUALITY[:12])
    best = max(
        0.5 * FacilityLocation().value(view, np.array(rows)) / told["scale_objective"]
        + 0.5 * scaled[list(rows)].sum() / told["scale_score"]
        for rows in combinations(range(12), 3)
    )
    assert best * (1 - 1 / np.e) <= chosen.value <= best + 1e-9


def test_the_curve_runs_from_one_end_to_the_other():
    told = handful.select(POOL, **ASK, trade_off=0.3).notes["trade_off"]
    assert [point["trade_off"] for point in told["curve"]] == [0.0, 0.25, 0.3, 0.5, 0.75, 1.0]
    assert told["curve_rows"] == told["rows"] == 60
    scores = [point["score"] for point in told["curve"]]
    assert told["curve"][0]["objective"] == pytest.approx(1)
    assert scores[-1] == pytest.approx(1)
    assert scores[0] < scores[3] < scores[-1]
    (here,) = [point for point in told["curve"] if point["trade_off"] == 0.3]
    assert here == {name: told[name] for name in here}
    assert (
        "curve" not in handful.select(POOL, **ASK, trade_off=0.3, certify="off").notes["trade_off"]
    )


def test_of_a_large_pool_the_curve_is_of_a_sample(monkeypatch):
    from handful.methods import _trade

    monkeypatch.setattr(_trade, "CURVE_ROWS", 30)
    one, other = (handful.select(POOL, **ASK, trade_off=0.3, threads=t) for t in (1, 2))
    assert one.notes["trade_off"]["curve_rows"] == 30
    assert one.notes == other.notes


def test_the_sample_of_the_curve_keeps_its_share_of_every_limit():
    from handful.methods._trade import _share

    codes, rows = np.arange(60) % 3, np.arange(0, 60, 2)
    asked = [Quota.parse(one) for one in ("g[a]:min=8", "g[b]:max=25%")]
    quotas = Quotas.of(asked, {"g": (codes, ["a", "b", "c"])}, 60)
    ledger = Ledger(
        60, rows=20, costs=QUALITY, amount=600, quotas=quotas, include=np.array([1, 4, 10])
    )
    part = _share(ledger, rows)
    assert [int(rows[row]) for row in part.taken] == [4, 10]
    assert (part.rows, part.amount) == (10, 300)
    part.take_ranked(np.argsort(-codes[rows], kind="stable"))
    kept = audit(part.quotas, np.array(part.taken), None)
    assert [one.name for one in kept] == ["g[a]:min=4", "g[b]:max=25%"]
    assert all(one.slack >= 0 for one in kept)


def test_where_a_sample_cannot_meet_the_quotas_there_is_no_curve_and_it_says_why(monkeypatch):
    from handful.methods import _trade

    monkeypatch.setattr(_trade, "CURVE_ROWS", 4)
    pool = {**POOL, "g": np.array(["common"] * 59 + ["rare"])}
    ask = {**ASK, "trade_off": 0.3, "quotas": ["g[rare]:min=2%"]}
    told = handful.select(pool, **ask).notes["trade_off"]
    assert "curve" not in told
    assert "cannot meet the quotas" in told["no_curve"]


@pytest.mark.parametrize("key", names())
def test_every_objective_takes_a_trade_off_and_no_other_method(key):
    pool = {
        "embedding": np.abs(VECTORS) / np.abs(VECTORS).max(),
        "quality": QUALITY,
        "g": QUALITY % 3,
    }
    ask = {
        "like": {"embedding": pool["embedding"][:3]},
        "given": {"embedding": pool["embedding"][-3:]},
    }
    ask = {**ask, "method": key, "group": "g", "score": "quality", "rows": 5, "trade_off": 0.4}
    if not hasattr(find(key), "settled"):
        with pytest.raises(UsageError, match=f"and {key} maximises none"):
            handful.select(pool, **ask)
        return
    chosen = handful.select(pool, **ask)
    assert len(chosen) == 5
    assert chosen.notes["trade_off"]["score"] <= 1 + 1e-9


def test_auto_leaves_the_score_to_the_trade_off():
    chosen = handful.select(POOL, rows=8, score="quality", trade_off=0.3)
    assert chosen.method == "facility_location"


def test_a_trade_off_needs_a_score_and_a_share():
    with pytest.raises(UsageError, match="--trade-off needs a score"):
        handful.select(POOL, rows=8, method="facility_location", trade_off=0.3)
    with pytest.raises(UsageError, match="score_share=3"):
        handful.select(POOL, **ASK, trade_off=3)


def test_equal_scores_and_empty_selections_are_no_trouble():
    pool = {**POOL, "quality": np.ones(60)}
    assert len(handful.select(pool, **ASK, trade_off=0.5)) == 8
    assert len(handful.select(POOL, **{**ASK, "rows": 0}, trade_off=0.5)) == 0
