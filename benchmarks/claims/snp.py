"""Does the search for groups like a target's train what tells the target's groups apart? Real documents, 10 seeds.

Re-identification of documents. A group is a document of domains_dev, its rows are pieces of it, at most ten; a
domain is a genre. Each seed draws three of the domains with 24 documents or more. Half of the domain's documents
are the target, unlabelled, and none of them is in the pool: all other documents of all domains. A small model
learns from the picks to tell documents apart: a metric, the inverse of the picks' covariance within documents, on
TF-IDF reduced to 128 numbers. It is held to the target: whose document is a piece, by the nearest mean of a third
of each document's pieces. Beside 400 random rows: random documents whole, the documents of the nearest means
("nearest groups"), dsir on the texts, rds, and rows of the domain's own documents (what knowing the domain would
give). Then the dossier's synthetic check: 20 domains of shifted Gaussians, of which the target mixes two.

    HANDFUL_DATA=FOLDER python benchmarks/claims/snp.py [--seeds 10]

Exit code 1: not better than random on the documents.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from _domains import interval, options

import handful
from handful.features.tfidf_svd import TfidfSvd
from handful.pool import Strings

D, K, MOST, LEAST_ROWS, LEAST_GROUPS = 128, 400, 10, 4, 24


def metric(x: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """(d, d) what turns rows so that they vary alike within groups in every direction."""
    _, own = np.unique(groups, return_inverse=True)
    means = np.zeros((own.max() + 1, x.shape[1]))
    np.add.at(means, own, x)
    apart = x - (means / np.bincount(own)[:, None])[own]
    within = apart.T @ apart / len(x)
    within += 0.1 * max(np.trace(within) / len(within), 1e-3) * np.eye(len(within))
    return np.linalg.cholesky(np.linalg.inv(within))


def rank_one(x: np.ndarray, groups: np.ndarray, turn: np.ndarray, seed: int) -> float:
    """Share of rows whose nearest mean is their own group's; a third of each group's rows make its mean."""
    rng, means, asked, wanted = np.random.default_rng(seed), [], [], []
    for place, group in enumerate(np.unique(groups)):
        rows = rng.permutation(np.flatnonzero(groups == group))
        first = max(1, len(rows) // 3)
        means.append(x[rows[:first]].mean(axis=0) @ turn)
        asked.append(rows[first:])
        wanted += [place] * len(asked[-1])
    centres, rows = np.array(means), x[np.concatenate(asked)] @ turn
    apart = (centres**2).sum(axis=1) - 2 * rows @ centres.T
    return float((apart.argmin(axis=1) == wanted).mean())


def whole(groups: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Rows of whole groups, in some order, until there are K."""
    return np.concatenate([np.flatnonzero(groups == group) for group in order])[:K]


def nearest_groups(x: np.ndarray, groups: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Groups by the distance of their mean to the target's."""
    names = np.unique(groups)
    means = np.array([x[groups == name].mean(axis=0) for name in names])
    return names[np.argsort(((means - target.mean(axis=0)) ** 2).sum(axis=1), kind="stable")]


def picks(
    x: np.ndarray, groups: np.ndarray, target: np.ndarray, seed: int, clusters: int
) -> tuple[dict[str, np.ndarray], handful.Selection]:
    """Rows picked by methods that need vectors and groups, and the selection of snp."""
    rng = np.random.default_rng(seed)
    data = {"embedding": x, "group": groups.astype(str)}
    asked = {"like": {"embedding": target}, "seed": seed, "cache": False}
    snp = f"snp:components=32,clusters={clusters}"
    found = handful.select(data, rows=K, method=snp, group="group", **asked)
    union = handful.select(data, rows=len(x), method=f"{snp},size=union", group="group", **asked)
    return {
        "random": rng.choice(len(x), K, replace=False),
        "random groups": whole(groups, rng.permutation(np.unique(groups))),
        "nearest groups": whole(groups, nearest_groups(x, groups, target)),
        "rds": handful.select(data, rows=K, method="rds", **asked).indices,
        "snp": found.indices,
        "snp, the union whole": union.indices,
    }, found


class Documents:
    """Pieces of documents, their domains, and their vectors."""

    def __init__(self, folder: Path) -> None:
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(folder / "domains_dev" / "domains.parquet").to_pydict()
        names = [re.sub(r"-\d+$", "", row) for row in table["id"]]
        _, own = np.unique(names, return_inverse=True)
        rng = np.random.default_rng(0)
        groups = [rng.permutation(np.flatnonzero(own == g))[:MOST] for g in range(own.max() + 1)]
        kept = np.sort(np.concatenate([rows for rows in groups if len(rows) >= LEAST_ROWS]))
        self.texts = [table["text"][row] for row in kept]
        self.groups, self.domains = own[kept], np.array(table["domain"])[kept]
        strings = Strings.of(self.texts)
        self.x = TfidfSvd(d=D).fit(strings, seed=0).apply(strings)

    def large(self) -> list[str]:
        """Domains of documents enough."""
        names = np.unique(self.domains)
        return [n for n in names if len(np.unique(self.groups[self.domains == n])) >= LEAST_GROUPS]

    def one(self, domain: str, seed: int) -> tuple[dict[str, float], handful.Selection]:
        """Accuracy on the target of a domain, by method."""
        rng = np.random.default_rng([seed, len(domain)])
        names = rng.permutation(np.unique(self.groups[self.domains == domain]))
        is_target = np.isin(self.groups, names[: len(names) // 2])
        target, pool = np.flatnonzero(is_target), np.flatnonzero(~is_target)
        own = np.flatnonzero(self.domains[pool] == domain)
        chosen, found = picks(self.x[pool], self.groups[pool], self.x[target], seed, 50)
        texts, like = ({"text": [self.texts[i] for i in rows]} for rows in (pool, target))
        drawn = handful.select(texts, rows=K, like=like, method="dsir", seed=seed, cache=False)
        chosen |= {"dsir": drawn.indices, "all of the pool": np.arange(len(pool))}
        chosen["the domain's own"] = rng.choice(own, min(K, len(own)), replace=False)
        x = self.x.astype(np.float64)
        return {
            name: rank_one(
                x[target], self.groups[target], metric(x[pool[r]], self.groups[pool[r]]), seed
            )
            for name, r in chosen.items()
        }, found


def gaussians(seed: int) -> tuple[dict[str, float], list[handful.Selection]]:
    """20 domains of 30 groups, each domain with a shift and noise of its own; the target is of two of them."""
    rng, d = np.random.default_rng(seed), 32
    shifts = rng.standard_normal((20, d)) * 2
    noise = 4 * rng.standard_normal((20, 6, d)) / np.sqrt(d)

    def draw(domains: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        centres = shifts[domains] + 0.6 * rng.standard_normal((len(domains), d))
        rows = [
            centre + rng.standard_normal((10, 6)) @ noise[j] + 0.3 * rng.standard_normal((10, d))
            for centre, j in zip(centres, domains, strict=True)
        ]
        return np.concatenate(rows).astype(np.float32), np.repeat(np.arange(len(domains)), 10)

    x, groups = draw(np.repeat(np.arange(20), 30))
    target, own = draw(np.repeat([0, 1], 20))
    chosen, found = picks(x, groups, target, seed, 20)
    chosen |= {"all of the pool": np.arange(len(x)), "the domain's own": np.arange(600)}
    return {
        name: rank_one(target, own, metric(x[r].astype(np.float64), groups[r]), seed)
        for name, r in chosen.items()
    }, [found]


AGAINST = (
    ("snp", "random"),
    ("snp", "random groups"),
    ("snp", "nearest groups"),
    ("snp", "dsir"),
    ("snp", "rds"),
    ("snp, the union whole", "all of the pool"),
)


def show(
    one: Callable[[int], tuple[dict[str, float], list[handful.Selection]]], seeds: range
) -> bool:
    """Print accuracies, paired differences, and where the curves have their lowest point."""
    rows, searched = zip(*map(one, seeds), strict=True)
    for name in rows[0]:
        mean, half = interval(np.array([row[name] for row in rows]))
        print(f"  {name:22} {mean:6.3f} ± {half:.3f}")
    held = True
    for ours, other in AGAINST:
        if other in rows[0]:
            mean, half = interval(np.array([row[ours] - row[other] for row in rows]))
            print(f"  {ours} less {other}: {mean:+.3f} ± {half:.3f}")
            held &= other != "random" or mean - half > 0
    shares = [s.notes["rows_of_union"] / s.n for several in searched for s in several]
    print(f"  rows of the union: {np.mean(shares):.1%} of the pool")
    curves = [np.array(s.notes["frechet_of_unions"]) for several in searched for s in several]
    inner = np.mean([0 < c.argmin() < len(c) - 1 for c in curves])
    kept = [int(c.argmin()) + 1 for c in curves]
    first, least, last = np.mean([[c[0], c.min(), c[-1]] for c in curves], axis=0)
    print(
        f"  distance of the union: {first:.3f} of the nearest cluster alone, {least:.3f} at its lowest "
        f"({min(kept)} to {max(kept)} of {len(curves[0])} clusters), {last:.3f} of all; "
        f"lowest inside: {inner:.0%} of {len(curves)} curves"
    )
    return held


def main() -> int:
    asked, folder, start = options(__doc__), os.environ.get("HANDFUL_DATA"), time.process_time()
    held = True
    if not folder or not (Path(folder) / "domains_dev" / "domains.parquet").exists():
        print("SKIPPED: HANDFUL_DATA names no folder with domains_dev/domains.parquet.")
    else:
        documents = Documents(Path(folder))
        names = documents.large()

        def real(seed: int) -> tuple[dict[str, float], list[handful.Selection]]:
            drawn = np.random.default_rng(seed).choice(names, asked.domains, replace=False)
            found, searched = zip(*(documents.one(str(n), seed) for n in drawn), strict=True)
            return {k: float(np.mean([f[k] for f in found])) for k in found[0]}, list(searched)

        print(f"documents: share found of the target's, {len(names)} domains to draw from")
        held = show(real, asked.seeds)
        print(f"  {time.process_time() - start:.0f} CPU s")
    print("20 domains of Gaussians, the target of two")
    show(gaussians, asked.seeds)
    print(f"  {time.process_time() - start:.0f} CPU s")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
