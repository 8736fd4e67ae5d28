"""Yesterday's subset in today's pool: kept, changed as little as asked, and recorded."""

import json
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

import handful
from handful.errors import InfeasibleError, UsageError, VerifyError
from handful.methods.data.random import Random

DRAW = np.random.default_rng(5)
VECTORS = DRAW.standard_normal((90, 4)).astype(np.float32)
STARS = DRAW.permutation(90)
COST = DRAW.integers(1, 9, 90)
COVER = {"method": "facility_location", "embeddings": VECTORS}
TOP = {"method": "top", "score": "stars"}


@pytest.fixture
def folder(tmp_path):
    """Yesterday's pool of 60 rows, and today's: 5 of them gone, 30 new in front."""
    _write(tmp_path / "old.jsonl", range(60))
    _write(tmp_path / "new.jsonl", TODAY)
    return tmp_path


TODAY = [*range(60, 90), *range(5, 60)]


def _write(path, rows):
    lines = [
        {"id": f"r{i}", "text": f"row number {i}", "stars": int(STARS[i]), "cost": int(COST[i])}
        for i in rows
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def _old(folder, rows=12, **options):
    chosen = handful.select(folder / "old.jsonl", rows=rows, id="id", **options)
    return handful.save(chosen, folder / "old.jsonl", folder / "subset.jsonl").manifest, chosen


def _today(options):
    return {**options, "embeddings": VECTORS[TODAY]} if "embeddings" in options else options


def _yesterday(options):
    return {**options, "embeddings": VECTORS[:60]} if "embeddings" in options else options


@pytest.mark.parametrize(
    "options", [TOP, COVER, {"method": "random"}], ids=["top", "cover", "random"]
)
def test_without_changes_all_old_picks_stay_and_the_rest_is_filled(folder, options):
    manifest, old = _old(folder, **_yesterday(options))
    new = handful.select(folder / "new.jsonl", rows=15, id="id", update=manifest, **_today(options))
    gone = {f"r{i}" for i in range(5)}
    assert set(new.ids) >= set(old.ids) - gone
    assert len(new) == 15
    told = new.manifest["result"]["update"]
    assert told["old"] == 12
    assert told["lost"] == len(gone & set(old.ids))
    assert sorted(told["lost_ids"]) == sorted(gone & set(old.ids))
    assert (told["left"], told["came"]) == (0, 15 - told["kept"])
    assert set(told["came_ids"]) == set(new.ids) - set(old.ids)


@pytest.mark.parametrize("changes", [0, 2, 5, 100])
def test_a_ranking_gives_up_its_worst_for_the_best_there_are(folder, changes):
    manifest, old = _old(folder, **TOP)
    new = handful.select(
        folder / "new.jsonl", rows=12, id="id", update=manifest, changes=changes, **TOP
    )
    kept = sorted((int(i[1:]) for i in old.ids if int(i[1:]) >= 5), key=lambda i: -STARS[i])
    lost = 12 - len(kept)
    others = sorted(set(TODAY) - set(kept), key=lambda i: -STARS[i])
    best = max(
        sum(STARS[i] for i in [*kept[: len(kept) - c], *others[: lost + c]])
        for c in range(min(changes, len(kept)) + 1)
    )
    assert new.value == best
    assert new.manifest["result"]["update"]["left"] <= changes
    assert not new.nested


@pytest.mark.parametrize("changes", [1, 4])
def test_an_objective_changes_what_pays_and_no_more(folder, changes):
    manifest, old = _old(folder, **_yesterday(COVER))
    ask = {"rows": 12, "id": "id", "update": manifest, **_today(COVER)}
    kept = handful.select(folder / "new.jsonl", **ask)
    some = handful.select(folder / "new.jsonl", changes=changes, **ask)
    free = handful.select(folder / "new.jsonl", rows=12, **_today(COVER))
    assert kept.value <= some.value <= free.upper_bound
    left = some.manifest["result"]["update"]["left"]
    assert left <= changes
    assert left == len(set(old.ids) - set(some.ids) - {f"r{i}" for i in range(5)})


def test_an_update_keeps_a_cost_and_includes(folder):
    manifest, _ = _old(folder, budget=50, cost="cost", **TOP)
    ask = {"budget": 70, "cost": "cost", "id": "id", "update": manifest, "changes": 3, **TOP}
    new = handful.select(folder / "new.jsonl", include=["r61"], **ask)
    assert "r61" in set(new.ids)
    assert sum(COST[int(i[1:])] for i in new.ids) <= 70


def test_old_picks_that_no_longer_fit_are_refused(folder):
    manifest, old = _old(folder, **TOP)
    there = sum(int(i[1:]) >= 5 for i in old.ids)
    with pytest.raises(InfeasibleError, match=f"{there} picks of --update .* only 3 of them fit"):
        handful.select(folder / "new.jsonl", rows=3, id="id", update=manifest, **TOP)


def test_duplicates_of_old_picks_go_and_the_old_picks_stay(folder):
    manifest, old = _old(folder, rows=60, method="random")
    rows = [json.loads(line) for line in (folder / "old.jsonl").read_text().splitlines()]
    twins = [{**row, "id": f"twin-{row['id']}", "stars": 999} for row in rows[:7]]
    (folder / "twins.jsonl").write_text("".join(json.dumps(r) + "\n" for r in twins + rows))
    new = handful.select(
        folder / "twins.jsonl", id="id", dedup="exact", update=manifest, score="stars", rows=67
    )
    assert set(new.ids) == set(old.ids)


def test_an_update_is_replayed_and_its_manifest_must_be_the_same(folder):
    manifest, _ = _old(folder, **TOP)
    pool = folder / "new.jsonl"
    new = handful.select(pool, rows=12, id="id", update=manifest, changes=2, **TOP)
    saved = handful.save(new, pool, folder / "today.jsonl")
    assert handful.verify(saved.manifest).k == 12
    chosen = handful.select(folder / "old.jsonl", rows=12, id="id", method="random")
    handful.save(chosen, folder / "old.jsonl", folder / "subset.jsonl", overwrite=True)
    with pytest.raises(VerifyError, match="picks_sha256"):
        handful.verify(saved.manifest)


def test_the_manifest_updated_from_is_not_written_over(folder, monkeypatch):
    from handful.flow.request import Request
    from handful.flow.save import settle

    manifest, _ = _old(folder, **TOP)
    request = Request(rows=3, update=str(manifest))
    with pytest.raises(UsageError, match="input"):
        settle(folder / "subset.jsonl", [folder / "new.jsonl"], request, overwrite=True)


@dataclass(frozen=True)
class OfRowsAlone(Random):
    facts: ClassVar = replace(Random.facts, honours=("rows",))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"changes": 3, "method": "random"}, "--changes goes with --update"),
        ({"update": True, "changes": 3, "method": "random"}, "random does not honour --changes"),
        ({"update": True, "method": OfRowsAlone()}, "does not honour --include"),
        ({"update": True, "changes": -1, "method": "random"}, "--changes -1"),
        ({"update": True, "id": None, "method": "random"}, "here they are the row numbers"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_by_name(folder, options, message):
    manifest, _ = _old(folder, **TOP)
    if "update" in options:
        options = {**options, "update": manifest}
    with pytest.raises(UsageError, match=message):
        handful.select(folder / "new.jsonl", **{"rows": 12, "id": "id", **options})
