import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse

import handful
from handful.errors import DataError, InfeasibleError, UsageError
from handful.methods.data.random import Random
from handful.objectives.modular import Modular

TEXTS = [f"word{i} word{i % 7} common" for i in range(50)]
COLUMNS = {
    "text": TEXTS,
    "stars": [i * 37 % 50 for i in range(50)],
    "cost": [1 + i % 5 for i in range(50)],
}
VECTORS = np.random.default_rng(0).standard_normal((50, 5)).astype(np.float32)

KINDS = {
    "columns": COLUMNS,
    "rows": [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)],
    "pandas": pd.DataFrame(COLUMNS),
    "polars": pl.DataFrame(COLUMNS),
    "arrow": pa.table(COLUMNS),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "options",
    [
        {"rows": 9, "method": "random", "seed": 5},
        {"rows": 9, "method": "top", "score": "stars"},
        {"budget": 20, "cost": "cost", "method": "random"},
        {"budget": 100, "cost": "@bytes", "method": "random"},
        {"rows": 5, "method": "dsir", "like": TEXTS[:5]},
    ],
    ids=str,
)
def test_every_kind_of_data_gives_the_same_picks(kind, options):
    expected = handful.select(COLUMNS, **options)
    found = handful.select(KINDS[kind], **options)
    assert found.manifest["result"] == expected.manifest["result"]
    assert type(found.apply(KINDS[kind])) is type(KINDS[kind])


@pytest.mark.parametrize(
    "data",
    [VECTORS, VECTORS.astype(np.float64), scipy.sparse.csr_matrix(VECTORS), {"embedding": VECTORS}],
    ids=["float32", "float64", "sparse", "dict"],
)
def test_arrays_alone_are_a_pool(data):
    chosen = handful.select(data, rows=6, method="k_center")
    assert len(chosen) == 6
    assert chosen.n == 50


def test_a_selection_says_what_it_is():
    chosen = handful.select(COLUMNS, rows=9, method="top", score="stars")
    assert (chosen.n, chosen.method, chosen.nested) == (50, "top", True)
    assert chosen.gains.tolist() == sorted(COLUMNS["stars"], reverse=True)[:9]
    assert chosen.value == sum(chosen.gains)
    assert list(chosen.manifest) == ["format", "request", "inputs", "result", "run"]
    json.dumps(chosen.manifest)


def test_rows_and_cost_both_bind():
    chosen = handful.select(COLUMNS, rows=3, budget=100, cost="cost", method="random")
    assert len(chosen) == 3
    spent = sum(COLUMNS["cost"][row] for row in chosen)
    assert chosen.manifest["result"]["budget"]["spent"] == spent
    assert chosen.manifest["result"]["budget"]["left"] == 100 - spent


def test_the_amount_spent_is_exact_where_costs_are_decimals():
    pool = {"text": TEXTS[:12], "cost": [0.1] * 12}
    chosen = handful.select(pool, budget=1, cost="cost", method="random")
    assert len(chosen) == 10
    assert chosen.manifest["result"]["budget"]["spent"] == 1
    assert chosen.manifest["result"]["budget"]["left"] == 0


def test_includes_come_first_and_excludes_never():
    chosen = handful.select(COLUMNS, rows=9, method="random", include=[3, 1], exclude=range(10, 50))
    assert list(chosen)[:2] == [3, 1]
    assert set(chosen) < set(range(10))
    assert chosen.manifest["result"]["candidates"] == 10


def test_excluding_a_row_leaves_the_draws_of_the_others_alone():
    whole = list(handful.select(COLUMNS, rows=50, method="random"))
    left = list(handful.select(COLUMNS, rows=50, method="random", exclude=[whole[0], whole[5]]))
    assert left == [row for row in whole if row not in {whole[0], whole[5]}]


def test_ids_not_places_decide_who_is_drawn():
    order = np.random.default_rng(1).permutation(50)
    named = {"text": TEXTS, "id": [f"id-{i}" for i in range(50)]}
    turned = {name: [values[i] for i in order] for name, values in named.items()}
    for method in ({"method": "random"}, {"method": "dsir", "like": TEXTS[:3]}):
        first = handful.select(named, rows=8, id="id", **method)
        second = handful.select(turned, rows=8, id="id", **method)
        assert first.ids.tolist() == second.ids.tolist()


def test_a_configured_method_and_an_objective_are_taken_as_they_are():
    by_name = handful.select(COLUMNS, rows=5, method="random", seed=3)
    by_object = handful.select(COLUMNS, rows=5, method=Random(), seed=3)
    assert list(by_name) == list(by_object)
    best = handful.select(COLUMNS, rows=5, method=Modular(), score="stars")
    assert list(best) == list(handful.select(COLUMNS, rows=5, method="top", score="stars"))


class Greedy:
    """Takes more than it may."""

    facts = Random.facts

    def run(self, view, ledger, rng):
        picks = Random().run(view, ledger, rng)
        from dataclasses import replace

        return replace(picks, indices=np.arange(view.n), weights=None, weight_kind=None)


def test_a_method_that_breaks_the_budget_is_caught():
    with pytest.raises(InfeasibleError, match="may not be taken"):
        handful.select(COLUMNS, rows=3, method=Greedy())


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"rows": 3, "method": 5}, UsageError, "int is neither a method nor an objective"),
        ({"rows": 3, "method": Random(), "params": {"x": 1}}, UsageError, "'x'"),
        ({"rows": 3, "method": "k_center", "embeddings": VECTORS[:9]}, DataError, "9 rows"),
        ({"rows": 3, "score": "star"}, UsageError, "Nearest: 'stars'"),
        ({"rows": 3, "include": ["x"]}, UsageError, "--include"),
        ({"rows": 3, "like": {"embedding": VECTORS}}, UsageError, "shares nothing"),
        ({"rows": 2, "include": [0, 1, 2]}, InfeasibleError, "--include"),
        ({"rows": 2, "exclude": range(50)}, InfeasibleError, "None of the 50 rows"),
        ({}, UsageError, "No budget"),
    ],
)
def test_what_cannot_be_carried_out_is_refused(options, error, said):
    with pytest.raises(error, match=said):
        handful.select(COLUMNS, **options)


def test_several_arrays_need_a_name():
    pool = {"a": VECTORS, "b": VECTORS[:, :2] + 9}
    with pytest.raises(UsageError, match="several feature arrays"):
        handful.select(pool, rows=3, method="k_center")
    first = handful.select(pool, rows=3, method="k_center", params={"array": "a"})
    assert list(first) == list(handful.select(VECTORS, rows=3, method="k_center"))
    with pytest.raises(UsageError, match="No feature array 'c'"):
        handful.select(pool, rows=3, method="k_center:array=c")


def test_progress_is_told_of_the_stages():
    class Ear:
        def __init__(self):
            self.heard = []

        def stage(self, label, total):
            self.heard.append((label, total))

        def advance(self, steps):
            self.heard.append(steps)

        def note(self, sentence):
            self.heard.append(sentence)

    ear = Ear()
    handful.select(COLUMNS, rows=3, method="dsir", like=TEXTS[:5], cache=False, progress=ear)
    assert ("counting n-grams", 50) in ear.heard
    assert 50 in ear.heard


def test_a_selection_is_nested_only_where_its_optimizer_is():
    pool = {"x": np.random.default_rng(0).random((30, 4)).astype(np.float32)}
    by_greedy = handful.select(pool, rows=5, method="facility_location", cache=False)
    by_sample = handful.select(
        pool, rows=5, method="facility_location", optimizer="stochastic", cache=False
    )
    assert len(by_greedy[:2]) == 2
    with pytest.raises(handful.UsageError, match="not nested"):
        by_sample[:2]


def test_a_group_can_be_the_file_a_row_came_from(tmp_path):
    for name, rows in (("a", 30), ("b", 10)):
        (tmp_path / f"{name}.jsonl").write_text('{"text": "word"}\n' * rows)
    paths = [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]
    picks = handful.select(paths, rows=8, group="@file", cache=False)
    assert picks.method == "stratified"
    assert [sum(picks.indices < 30), sum(picks.indices >= 30)] == [6, 2]
