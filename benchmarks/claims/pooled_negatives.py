"""Are hard negatives harmed by pooling, and do the weights mend it? Real posts, linear scorers, 10 seeds.

Documents are 5,000 posts of 20 newsgroups, queries the subject lines of others; relevant is a post of the same
group. What was ever judged is a pool: the 10 best of a weak retriever A (TF-IDF over the first 30 words of posts)
for 300 training queries. Relevant posts there are the labels; all else is unlabelled. Hard negatives are the pool
and the 60 best of a stronger retriever B (TF-IDF over whole posts, reduced to 64 numbers), as they are commonly
drawn: many of them are relevant, and were never judged.

The relevance scorer is linear in the products of both texts' 64 numbers, the selection scorer in what A sees of
the pair (its score, and the logarithm of its rank): two models of different features. Both are logistic
regressions. Trained with the same labels on: 120 random negatives a query; 60 random and the hard ones; the same
weighed by pooled_negatives, in five turns of both scorers, from the first as a warm start; on half as many drawn
by it; and with all the labels there would be had every hard candidate been judged. NDCG@10 is over all posts, for
300 other queries.

    HANDFUL_DATA=FOLDER python benchmarks/claims/pooled_negatives.py [--seeds 10]

Exit code 1: hard negatives are not better with the weights than without.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

import handful
from handful.features.tfidf_svd import TfidfSvd
from handful.pool import Strings

sys.path.insert(0, str(Path(__file__).parents[1]))
from targets import interval

POSTS, QUERIES, POOLED, HARD, RANDOM, WIDTH, TURNS = 5000, 300, 10, 60, 60, 64, 5


@dataclass
class Posts:
    """Texts, subjects and groups; latent vectors of texts and subjects."""

    texts: np.ndarray
    subjects: np.ndarray
    groups: np.ndarray
    of_texts: np.ndarray
    of_subjects: np.ndarray

    @classmethod
    def read(cls, path: Path) -> Posts:
        """Posts with words in text and subject; the vectors are fitted on all texts."""
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(path, columns=["subject", "text", "label"])
        columns = [np.array(table[name].to_pylist(), object) for name in table.column_names]
        kept = np.array(
            [
                bool((s or "").strip()) and bool((t or "").strip())
                for s, t in zip(*columns[:2], strict=True)
            ]
        )
        subjects, texts, groups = (column[kept] for column in columns)
        made = TfidfSvd(d=WIDTH).fit(Strings.of(texts), seed=0)
        vectors = [made.apply(Strings.of(some)) for some in (texts, subjects)]
        return cls(texts, subjects, groups.astype(str), *vectors)


class Lists:
    """What both retrievers make of some queries, and who was judged."""

    def __init__(self, posts: Posts, documents: np.ndarray, queries: np.ndarray) -> None:
        self.relevant = posts.groups[queries][:, None] == posts.groups[documents][None]
        heads = [" ".join(text.split()[:30]) for text in posts.texts[documents]]
        words = TfidfVectorizer().fit(heads)
        weak = words.transform(posts.subjects[queries]) @ words.transform(heads).T
        self.weak = np.asarray(weak.todense())
        self.q, self.d = posts.of_subjects[queries], posts.of_texts[documents]
        self.strong = self.q @ self.d.T
        self.rank = np.argsort(np.argsort(-self.weak, axis=1, kind="stable"), axis=1)
        self.pooled = self.rank < POOLED
        self.labelled = self.pooled & self.relevant
        hard = np.argsort(-self.strong, axis=1, kind="stable")[:, :HARD]
        self.hard = self.pooled.copy()
        np.put_along_axis(self.hard, hard, True, axis=1)

    def with_random(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Labels, and random documents for each query."""
        mask = self.labelled.copy()
        drawn = rng.integers(mask.shape[1], size=(len(mask), count))
        np.put_along_axis(mask, drawn, True, axis=1)
        return mask

    def products(self, mask: np.ndarray) -> np.ndarray:
        """(pairs, 64) features of the relevance scorer."""
        i, j = np.nonzero(mask)
        return WIDTH * self.q[i] * self.d[j]

    def seen_by_weak(self, mask: np.ndarray) -> np.ndarray:
        """(pairs, 2) features of the selection scorer."""
        return np.stack([self.weak[mask], np.log1p(self.rank[mask])], axis=1)


def fitted(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> LogisticRegression:
    """Labels and others weigh the same in all, so that only the kind of negatives differs."""
    balanced = weights.copy()
    for side in (True, False):
        balanced[y == side] /= max(balanced[y == side].sum(), 1e-12)
    return LogisticRegression(max_iter=1000).fit(x, y, sample_weight=balanced * len(y))


def by_turns(
    train: Lists, where: np.ndarray, warm: LogisticRegression
) -> tuple[LogisticRegression, np.ndarray]:
    """Both scorers by turns, from a warm relevance scorer; and negatives drawn in the end."""
    labelled = train.labelled[where]
    x, z = train.products(where), train.seen_by_weak(where)
    query, document = np.nonzero(where)
    relevance = warm
    selection = fitted(z, labelled, np.ones(len(z)))
    for _ in range(TURNS):
        found = handful.pooled_negatives(
            relevance.decision_function(x),
            selection.decision_function(z),
            labelled,
            query=query,
            document=document,
        )
        relevance = fitted(x, labelled, found.relevance)
        selection = fitted(z, labelled, found.selection)
    return relevance, found.sample(RANDOM)


def ndcg(scores: np.ndarray, relevant: np.ndarray, k: int = 10) -> float:
    """Mean over queries."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    discount = 1 / np.log2(np.arange(2, k + 2))
    got = (np.take_along_axis(relevant, best, axis=1) * discount).sum(axis=1)
    most = [discount[: int(n)].sum() for n in np.minimum(relevant.sum(axis=1), k)]
    return float(np.mean(got / np.array(most)))


def one_seed(posts: Posts, seed: int) -> tuple[dict[str, float], float]:
    """NDCG@10 by kind of negatives; and the share of hard negatives that are relevant."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(posts.texts))
    documents, first, second = np.split(rows[: POSTS + 2 * QUERIES], [POSTS, POSTS + QUERIES])
    train, test = Lists(posts, documents, first), Lists(posts, documents, second)
    easy = train.with_random(2 * RANDOM, rng)
    both = train.with_random(RANDOM, rng) | train.hard

    def plain(mask: np.ndarray, labels: np.ndarray) -> LogisticRegression:
        return fitted(train.products(mask), labels[mask], np.ones(int(mask.sum())))

    warm = plain(easy, train.labelled)
    weighed, sample = by_turns(train, both, warm)
    drawn = train.labelled.copy()
    drawn[both] |= sample
    models = {
        "random negatives": warm,
        "hard negatives": plain(both, train.labelled),
        "hard negatives, weighed": weighed,
        "hard negatives, drawn": plain(drawn, train.labelled),
        "hard negatives, all judged": plain(both, train.relevant),
    }
    found = {
        "retriever A": ndcg(test.weak, test.relevant),
        "retriever B": ndcg(test.strong, test.relevant),
    }
    for name, model in models.items():
        scores = (WIDTH * test.q * model.coef_[0]) @ test.d.T
        found[name] = ndcg(scores, test.relevant)
    hard = train.hard & ~train.labelled
    return found, float(train.relevant[hard].mean())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    asked, start = parser.parse_args(), time.process_time()
    path = Path(os.environ.get("HANDFUL_DATA") or "") / "newsgroups20" / "newsgroups20.parquet"
    if not os.environ.get("HANDFUL_DATA") or not path.exists():
        print("SKIPPED: HANDFUL_DATA names no folder with newsgroups20/newsgroups20.parquet.")
        return 0
    posts = Posts.read(path)
    found, false = zip(*(one_seed(posts, seed) for seed in range(asked.seeds)), strict=True)
    print(f"  hard negatives that are relevant: {np.mean(false):.1%}")
    print("  trained on                        NDCG@10")
    table = {name: np.array([row[name] for row in found]) for name in found[0]}
    for name, values in table.items():
        print("  {:30} {:8.3f} ± {:.3f}".format(name, *interval(values)))
    held = True
    for ours in ("hard negatives, weighed", "hard negatives, drawn"):
        for other in ("hard negatives", "random negatives"):
            mean, half = interval(table[ours] - table[other])
            told = "better" if mean > half else "worse" if mean < -half else "no clear difference"
            print(f"  {ours} less {other}: {mean:+.4f} ± {half:.4f}, {told}")
            held &= mean > half or (ours, other) != ("hard negatives, weighed", "hard negatives")
    print(f"  {time.process_time() - start:.0f} CPU s")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
