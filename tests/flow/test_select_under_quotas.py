import json

import numpy as np
import pytest

import handful
from handful import methods
from handful.errors import InfeasibleError, UsageError, VerifyError
from handful.flow.prepare import prepare
from handful.flow.select import request
from handful.parameters import values
from handful.testing.laws import FOR_METHODS

N = 90


@pytest.fixture
def pool():
    rng = np.random.default_rng(3)
    words = [" ".join(rng.choice(["ant", "bee", "cat", "dog", "eel", "fox"], 6)) for _ in range(N)]
    return {
        "text": words,
        "language": rng.choice(["de", "en", "fr"], N, p=[0.1, 0.6, 0.3]).tolist(),
        "source": rng.choice(["dolly", "oasst"], N).tolist(),
        "n_tokens": rng.integers(3, 40, N).tolist(),
        "stars": rng.normal(size=N).tolist(),
        "loss_prior": rng.random(N).tolist(),
        "loss_conditional": rng.random(N).tolist(),
        "utility": rng.random(N).tolist(),
    }


QUOTAS = ["language:min=20%", "source[dolly]:max=40%"]
KEEPING = [key for key in methods.names() if "quotas" in methods.find(key)().facts.honours]


VECTORS = np.random.default_rng(0).random((N, 4)).astype(np.float32)


def options_for(key, **options):
    """What a method needs, besides what is asked."""
    needs = methods.find(key)().facts.needs
    asked = {"score": "stars", "seed": 1, "cache": False, "text": "text"}
    if "target_text" in needs:
        asked["like"] = {"text": ["ant bee ant", "dog ant"]}
    if "target_features" in needs:
        asked["like_embeddings"] = VECTORS[:2] + 0.01
    if "given_features" in needs:
        asked["given"] = {"embedding": VECTORS[:3]}
    if key == "less":
        asked |= {"like_arrays": {"gradients": VECTORS[:2]}, "arrays": {"gradients": VECTORS}}
    if "group" in needs:
        asked["group"] = "source"
    if key == "adapt_inf":
        asked["params"] = {"scores": "stars+loss_prior"}
    if key == "preselect":
        losses = np.array([[3, 2, 1], [1, 2, 3]], np.float32)
        asked |= {"like_arrays": {"losses": losses}, "params": {"benchmark": "0.1+0.2+0.3"}}
    return {**asked, **options}


def choose(pool, key, **options):
    return handful.select({**pool, "embedding": VECTORS}, method=key, **options_for(key, **options))


def share(pool, selection, column, value):
    return np.mean([pool[column][row] == value for row in selection.indices.tolist()])


CONSTRAINTS = {
    "amount": {"budget": 250, "cost": "n_tokens"},
    "include": {"include": [5, 9]},
    "quotas": {"quotas": QUOTAS},
    "quotas of cost": {"quotas": ["language[de]:min=10%cost"], "cost": "n_tokens", "budget": 400},
    "all": {"budget": 300, "cost": "n_tokens", "include": [5, 9], "quotas": QUOTAS},
}


@pytest.mark.parametrize("key", methods.names())
@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_every_method_keeps_every_constraint_it_declares_and_refuses_the_others(
    pool, key, constraint
):
    asked = options_for(key, rows=15, group="source", **CONSTRAINTS[constraint])
    words = {"quotas of cost": {"quotas"}, "all": {"amount", "include", "quotas"}}
    facts = methods.find(key)().facts
    if words.get(constraint, {constraint}) <= set(facts.honours):
        prepared = prepare({**pool, "embedding": VECTORS}, request({**asked, "method": key}))
        for law in FOR_METHODS:
            law(prepared.method, prepared)
        return
    with pytest.raises(UsageError, match=f"{key} does not honour"):
        prepare({**pool, "embedding": VECTORS}, request({**asked, "method": key}))


@pytest.mark.parametrize("key", KEEPING)
def test_every_method_that_declares_quotas_keeps_them(pool, key):
    chosen = choose(pool, key, quotas=QUOTAS, include=[5], rows=20)
    assert 5 in chosen.indices
    for language in ("de", "en", "fr"):
        assert share(pool, chosen, "language", language) >= 0.2
    assert share(pool, chosen, "source", "dolly") <= 0.4
    assert not chosen.nested
    kept = chosen.manifest["result"]["budget"]["quotas"]
    assert [one["quota"] for one in kept[-1:]] == ["source[dolly]:max=40%"]
    assert all(one["slack"] >= 0 for one in kept)
    assert len(chosen) == 20


@pytest.mark.parametrize(
    "key", ["random", "top", "stratified", "k_means", "k_center", "facility_location", "dsir"]
)
@pytest.mark.parametrize("budget", [{"rows": 25}, {"budget": 300}], ids=["rows", "tokens"])
def test_shares_of_the_cost_are_kept_by_rankings_and_objectives(pool, key, budget):
    asked = ["language[de]:min=15%cost", "source[dolly]:max=40%cost"]
    chosen = choose(pool, key, quotas=asked, cost="n_tokens", **budget)
    tokens, rows = np.array(pool["n_tokens"]), chosen.indices
    german = np.array(pool["language"])[rows] == "de"
    dolly = np.array(pool["source"])[rows] == "dolly"
    assert tokens[rows][german].sum() >= 0.15 * tokens[rows].sum()
    assert tokens[rows][dolly].sum() <= 0.4 * tokens[rows].sum()
    assert len(rows) > 10
    kept = chosen.manifest["result"]["budget"]["quotas"]
    assert all(one["slack"] >= 0 and one["unit"] == "cost" for one in kept)


def test_every_method_but_one_keeps_quotas_and_that_one_refuses_by_name(pool):
    rest = [key for key in methods.names() if key not in KEEPING]
    assert rest == ["goracs"]
    with pytest.raises(UsageError, match="goracs does not honour --quota"):
        choose(pool, "goracs", rows=10, quotas=QUOTAS)


def test_what_cannot_be_met_is_refused_before_any_feature_is_made(pool, monkeypatch):
    monkeypatch.setattr("handful.flow.vectors.Vectors.array", lambda *_: pytest.fail("too late"))
    with pytest.raises(InfeasibleError, match="exceed --rows 20"):
        handful.select(
            pool, rows=20, method="facility_location", cache=False,
            quotas=["source[dolly]:min=15", "source[oasst]:min=6"],
        )  # fmt: skip
    with pytest.raises(InfeasibleError, match="exceed 100%"):
        handful.plan(pool, rows=20, quotas=["language:min=40%"], cache=False)


def test_an_include_that_breaks_a_quota_is_exit_3(pool):
    dolly = [i for i in range(N) if pool["source"][i] == "dolly"][:3]
    with pytest.raises(InfeasibleError, match="3 rows of --include") as refused:
        choose(pool, "random", rows=20, quotas=["source[dolly]:max=2"], include=dolly)
    assert refused.value.exit_code == 3


def test_a_shortfall_is_said(pool):
    few = pool["language"].count("de")
    chosen = choose(pool, "random", rows=80, quotas=["language[de]:min=30%"])
    assert len(chosen) == int(few / 0.3)
    assert "no more can be while every quota holds" in chosen.warnings[-1]


def test_quotas_are_read_from_a_file_and_replayed_without_it(pool, tmp_path):
    table = tmp_path / "quotas.csv"
    table.write_text("column,value,min,max\nlanguage,,20%,\nsource,dolly,,40%\n")
    rows = [dict(zip(pool, line, strict=True)) for line in zip(*pool.values(), strict=True)]
    file = tmp_path / "pool.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    one = handful.select(file, rows=20, method="random", quotas=str(table), cache=False)
    other = handful.select(file, rows=20, method="random", quotas=QUOTAS, cache=False)
    assert one.indices.tolist() == other.indices.tolist()
    saved = handful.save(one, file, tmp_path / "out.jsonl")
    table.unlink()
    assert handful.verify(saved.manifest, cache=False).k == 20
    record = json.loads(saved.manifest.read_text())
    record["result"]["budget"]["quotas"][0]["slack"] += 1
    saved.manifest.write_text(json.dumps(record))
    with pytest.raises(VerifyError):
        handful.verify(saved.manifest, cache=False)


def test_a_file_that_is_no_list_of_quotas_is_refused(tmp_path):
    table = tmp_path / "quotas.csv"
    table.write_text("group,least\nde,3\n")
    with pytest.raises(UsageError, match="column,value,min,max"):
        handful.select(["a", "b"], rows=1, quotas=str(table), cache=False)


def test_the_verdict_draws_under_the_same_quotas(pool, monkeypatch):
    from handful.comparing import verdict as verdicts
    from handful.comparing.cases import judged
    from handful.flow.select import choose as run

    seen = []
    original = verdicts.random_picks

    def spy(view, ledger, *rest):
        picks = original(view, ledger, *rest)
        seen.extend((view, ledger(), pick) for pick in picks)
        return picks

    monkeypatch.setattr(verdicts, "random_picks", spy)
    asked = request(
        {"rows": 40, "method": "top", "score": "stars", "quotas": QUOTAS, "cache": False}
    )
    prepared = prepare(pool, asked)
    judged(prepared, run(prepared), 39)
    assert len(seen) == 39
    from handful.budget import audit

    for _, ledger, pick in seen:
        assert all(kept.slack >= 0 for kept in audit(ledger.quotas, pick, None))
    assert values(prepared.method) is not None


def test_random_draws_every_row_of_a_group_as_often(pool):
    counts = np.zeros(N)
    for seed in range(60):
        counts[choose(pool, "random", rows=20, quotas=["language:min=20%"], seed=seed).indices] += 1
    german = np.array([language == "de" for language in pool["language"]])
    wanted = counts[german].sum() / german.sum()
    assert wanted > counts[~german].mean()
    assert counts[german].max() <= 60


def test_a_budget_says_what_its_limits_say_one_by_one(pool):
    limits = {"amount": "0.3k", "cost": "n_tokens", "quotas": QUOTAS, "exclude": ["2", "5"]}
    budget = handful.Budget(30, include=np.array([1, 7]), **limits)
    how = {"method": "random", "cache": False}
    one = handful.select(pool, budget=budget, **how)
    spelled = {"budget": 300, "cost": "n_tokens", "quotas": QUOTAS}
    other = handful.select(pool, rows=30, include=[1, 7], exclude=["2", "5"], **spelled, **how)
    assert one.indices.tolist() == other.indices.tolist()
    assert {1, 7} <= set(one) and not {2, 5} & set(one)
    assert one.manifest["result"]["budget"] == other.manifest["result"]["budget"]
    assert one.manifest["request"]["budget"] == 300


def test_a_limit_given_beside_a_budget_that_has_it_is_refused(pool):
    with pytest.raises(UsageError, match=r"--rows 5.*Budget"):
        handful.select(pool, budget=handful.Budget(3), rows=5)
