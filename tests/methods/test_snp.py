"""SnP: the whole of it against a plain one, and each fault of the released code."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

import handful
from handful.budget import Ledger
from handful.errors import UsageError
from handful.methods._contract import Target, View
from handful.methods.data.snp import Snp
from handful.rng import Draws, id_keys
from handful.runtime.run import Run
from handful.transport.equal_clusters import equal_clusters


def view_of(pool, target, groups, threads=1, rank=None):
    made = (Target("t", len(target), None, lambda name: target),)
    names, codes = np.unique(np.array(groups).astype(str), return_inverse=True)
    keys = np.arange(len(pool)) if rank is None else rank
    return View(
        n=len(pool),
        keys=keys.astype(np.uint64),
        run_with=Run(threads=threads),
        arrays=lambda name: pool,
        targets=made,
        group=(codes, names.tolist()),
        rank=rank,
    )


def domains(seed, sizes=(4, 5, 6), d=3, groups=6):
    """Two domains of groups, one of which the target is of; sizes of groups differ."""
    rng = np.random.default_rng(seed)
    rows, own = [], []
    for group in range(2 * groups):
        centre = rng.standard_normal(d) + (5 if group >= groups else 0)
        count = sizes[group % len(sizes)]
        rows.append(centre + 0.5 * rng.standard_normal((count, d)))
        own += [group] * count
    order = rng.permutation(len(own))
    pool = np.concatenate(rows)[order].astype(np.float32)
    return pool, rng.standard_normal((9, d)).astype(np.float32), np.array(own)[order]


def distance(a, b):
    """The textbook's Fréchet distance."""
    ca, cb = np.atleast_2d(np.cov(a, rowvar=False)), np.atleast_2d(np.cov(b, rowvar=False))
    apart = a.mean(axis=0) - b.mean(axis=0)
    return float(apart @ apart + np.trace(ca + cb - 2 * sqrtm(ca @ cb).real))


def spread(pool, rows, picks, k):
    """Farthest-first by the plain loop, knowing the picks."""
    picks, rows = list(picks), [row for row in rows if row not in picks]
    while rows and len(picks) < k:
        apart = [min(((pool[r] - pool[p]) ** 2).sum() for p in picks) for r in rows]
        picks.append(rows.pop(int(np.argmax(apart))))
    return picks


def plain(pool, target, groups, k, clusters, seed):
    """SnP step by step; only the cut into equal clusters is taken over, which has an oracle of its own."""
    pool, target = pool.astype(float), target.astype(float)
    rng, names = Draws(seed), np.unique(groups.astype(str))
    draws = rng.uniforms("snp sample", np.arange(len(pool), dtype=np.uint64))
    rows_of = [np.flatnonzero(groups.astype(str) == name) for name in names]
    means = np.array([pool[rows].mean(axis=0) for rows in rows_of])
    cut = equal_clusters(means, clusters, seed=int(rng.generator("snp clusters").integers(2**31)))
    members = [
        np.concatenate([rows_of[g] for g in np.flatnonzero(cut == c)]) for c in range(cut.max() + 1)
    ]
    count = min(len(target), *map(len, members))

    def far(rows):
        return distance(pool[sorted(rows, key=lambda row: draws[row])[:count]], target)

    order = sorted(range(len(members)), key=lambda c: far(members[c]))
    curve = [far(np.concatenate([members[c] for c in order[:p]])) for p in range(1, len(order) + 1)]
    best = int(np.argmin(curve)) + 1
    places = rng.uniforms("snp groups", id_keys([str(name).encode() for name in names]))
    picks = []
    for stretch in [order[:best]] + [[c] for c in order[best:]]:
        own = sorted(np.flatnonzero(np.isin(cut, stretch)), key=lambda g: places[g])
        for g in own[: k - len(picks)]:
            apart = ((pool[rows_of[g]] - means[g]) ** 2).sum(axis=1)
            picks.append(int(rows_of[g][apart.argmin()]))
        picks = spread(pool, sorted(np.concatenate([rows_of[g] for g in own]).tolist()), picks, k)
    return picks, curve, best


@pytest.mark.parametrize("seed", range(12))
def test_it_is_the_plain_one(seed):
    pool, target, groups = domains(seed)
    for k in (1, 3, 8, 25, len(pool)):
        ledger = Ledger(len(pool), rows=k)
        found = Snp(clusters=5).run(view_of(pool, target, groups, 2), ledger, Draws(seed))
        picks, curve, best = plain(pool, target, groups, k, 5, seed)
        np.testing.assert_allclose(found.notes["frechet_of_unions"], curve, rtol=1e-6, atol=1e-8)
        assert found.notes["clusters_kept"] == best
        assert found.indices.tolist() == picks


def test_the_curve_is_lowest_where_the_union_has_what_the_target_has():
    """The target mixes two of five domains: one cluster is too little, all are too much."""
    rng = np.random.default_rng(0)
    shifts = 6 * np.eye(5, 8)
    groups = np.repeat(np.arange(50), 10)
    pool = (shifts[groups // 10] + rng.standard_normal((500, 8))).astype(np.float32)
    target = (shifts[rng.integers(2, size=100)] + rng.standard_normal((100, 8))).astype(np.float32)
    view, ledger = view_of(pool, target, groups), Ledger(500, rows=500)
    found = Snp(clusters=10, size="union").run(view, ledger, Draws(0))
    curve = np.array(found.notes["frechet_of_unions"])
    assert curve[3] < curve[0] / 4 and curve[3] < curve[-1] / 4
    assert found.notes["clusters_kept"] == 4
    assert set(groups[found.indices].tolist()) == set(range(20))
    assert len(found.indices) == found.notes["rows_of_union"] == 200


def test_rows_kept_first_are_known_to_those_that_follow():
    """The released code's mask of rows kept is all false, so that it starts anew beside them."""
    rng = np.random.default_rng(1)
    pool = rng.standard_normal((40, 2)).astype(np.float32)
    groups = np.repeat(np.arange(4), 10)
    view = view_of(pool, pool[:9], groups)
    found = Snp(clusters=1).run(view, Ledger(40, rows=8), Draws(0)).indices.tolist()
    first, rest = found[:4], [row for row in range(40) if row not in found[:4]]
    assert sorted(groups[first].tolist()) == [0, 1, 2, 3]
    assert found == spread(pool, rest, first, 8)
    released = first + spread(pool, rest, rest[:1], 4)
    assert found != released

    def covering(picks):
        return ((pool[:, None] - pool[picks]) ** 2).sum(axis=2).min(axis=1).max()

    assert covering(found) < covering(released)


def test_all_sets_that_are_compared_have_as_many_rows():
    """Two clusters of one kind, one of few rows: at unequal counts the larger looks nearer."""
    rng = np.random.default_rng(3)
    d, small, large = 6, 9, 400
    groups = np.repeat([0, 1], [small, large])
    wins, unequal = 0, 0
    for seed in range(40):
        pool = rng.standard_normal((small + large, d)).astype(np.float32)
        pool[:, 0] += 0.01 * groups
        target = rng.standard_normal((300, d)).astype(np.float32)
        found = Snp(clusters=2).run(view_of(pool, target, groups), Ledger(409, rows=1), Draws(seed))
        assert found.notes["rows_compared"] == small
        least = found.notes["frechet_of_clusters"][0]
        wins += np.isclose(least, distance(pool[:small].astype(float), target.astype(float)))
        unequal += distance(pool[:small], target) < distance(pool[small:], target)
    assert 10 <= wins <= 30
    assert unequal == 0


def test_draws_are_of_the_seed_and_ids_alone():
    pool, target, groups = domains(5)
    one, again, other = (
        Snp(clusters=4).run(view_of(pool, target, groups), Ledger(len(pool), rows=20), Draws(s))
        for s in (0, 0, 1)
    )
    assert one.indices.tolist() == again.indices.tolist()
    assert one.notes["frechet_of_unions"] == again.notes["frechet_of_unions"]
    assert one.indices.tolist() != other.indices.tolist()
    moved = np.random.default_rng(0).permutation(len(pool))
    view = view_of(pool[moved], target, groups[moved], 2, rank=moved)
    same = Snp(clusters=4).run(view, Ledger(len(pool), rows=20), Draws(0))
    assert moved[same.indices].tolist() == one.indices.tolist()


def test_other_arguments_have_other_results_beside_a_cache(tmp_path):
    """The released code reads files of an earlier run, whatever the arguments are now."""
    pool, target, groups = domains(2)
    text = [f"word{i % 7} word{i % 5} word{i % 3}" for i in range(len(pool))]
    data = {"embedding": pool, "group": groups.tolist(), "text": text}

    def ask(cache, method, like):
        asked = {"rows": 12, "group": "group", "like": {"embedding": like}, "cache": cache}
        return handful.select(data, method=method, **asked).indices.tolist()

    asks = [("snp:clusters=3", target), ("snp:clusters=6", target), ("snp:clusters=3", target + 5)]
    kept = [ask(tmp_path, *one) for one in asks]
    assert kept == [ask(False, *one) for one in asks]
    assert kept[0] != kept[2]


def test_a_budget_below_the_number_of_groups_serves_as_many_at_random():
    pool, target, groups = domains(4)
    view = view_of(pool, target, groups)
    few = Snp(clusters=3).run(view, Ledger(len(pool), rows=3), Draws(0)).indices
    assert len(set(groups[few].tolist())) == 3
    many = Snp(clusters=3).run(view, Ledger(len(pool), rows=30), Draws(0)).indices
    assert many[:3].tolist() == few.tolist()  # nested
    first = {
        tuple(
            sorted(groups[Snp(clusters=1).run(view, Ledger(len(pool), rows=2), Draws(s)).indices])
        )
        for s in range(20)
    }
    assert len(first) > 8


def test_groups_limits_the_groups_and_size_ends_with_the_union():
    pool, target, groups = domains(6)
    view = view_of(pool, target, groups)
    two = Snp(clusters=4, groups=2).run(view, Ledger(len(pool), rows=len(pool)), Draws(0))
    assert len(set(groups[two.indices].tolist())) == 2
    assert (
        sorted(two.indices.tolist())
        == np.flatnonzero(np.isin(groups, groups[two.indices])).tolist()
    )
    union = Snp(clusters=4, size="union").run(view, Ledger(len(pool), rows=len(pool)), Draws(0))
    assert len(union.indices) == union.notes["rows_of_union"] < len(pool)
    whole = Snp(clusters=4).run(view, Ledger(len(pool), rows=len(pool)), Draws(0))
    assert len(whole.indices) == len(pool)
    assert whole.indices[: len(union.indices)].tolist() == union.indices.tolist()


def test_must_includes_stand_for_their_groups_and_are_known():
    pool, target, groups = domains(7)
    view, ledger = view_of(pool, target, groups), Ledger(len(pool), rows=14)
    ledger.take(3)
    found = Snp(clusters=1).run(view, ledger, Draws(0)).indices.tolist()
    assert found[0] == 3
    assert sorted(groups[found[:12]].tolist()) == list(range(12))
    rest = [row for row in range(len(pool)) if row not in found[:12]]
    assert found == spread(pool, rest, found[:12], 14)


def test_a_row_that_does_not_fit_is_stood_in_for_by_the_next_of_its_group():
    pool, target, groups = domains(8)
    view = view_of(pool, target, groups)
    free = Snp(clusters=1).run(view, Ledger(len(pool), rows=12), Draws(0)).indices
    costs = np.ones(len(pool), np.int64)
    costs[free[2]] = 99
    ledger = Ledger(len(pool), rows=12, costs=costs, amount=12)
    found = Snp(clusters=1).run(view, ledger, Draws(0)).indices
    assert free[2] not in found
    assert sorted(groups[found].tolist()) == list(range(12))


def test_directions_of_least_variance_are_left_out():
    pool, target, groups = domains(9, d=6)
    pool[:, 3:] *= 1e-4
    target[:, 3:] *= 1e-4
    view, n = view_of(pool, target, groups), len(pool)
    every = Snp(clusters=4).run(view, Ledger(n, rows=20), Draws(0))
    some = Snp(clusters=4, components=3).run(view, Ledger(n, rows=20), Draws(0))
    np.testing.assert_allclose(
        some.notes["frechet_of_unions"], every.notes["frechet_of_unions"], rtol=1e-4
    )
    assert some.indices.tolist() == every.indices.tolist()


@pytest.mark.parametrize("k", [0, 1, 5, 9])
@pytest.mark.filterwarnings("ignore")
def test_every_size_has_a_result(k):
    ones = np.ones((5, 2), np.float32)
    picks = Snp().run(view_of(ones, ones[:2], [0, 0, 1, 2, 2]), Ledger(5, rows=k), Draws(0))
    assert len(picks.indices) == min(k, 5)


def test_without_groups_or_with_sparse_features_it_is_refused():
    pool, target, _ = domains(0)
    with pytest.raises(UsageError, match="--group COLUMN"):
        handful.select(pool, rows=3, method="snp", like_embeddings=target, cache=False)
    texts = {"text": ["one two", "two three"] * 3, "g": list("aabbcc")}
    with pytest.raises(UsageError, match="snp needs dense features"):
        handful.select(
            texts, rows=3, method="snp", group="g", like={"text": ["one"]}, features="hashed_ngrams"
        )
