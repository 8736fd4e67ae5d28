"""Data sets for methods that ask a model as it is now, and for those that search groups.

The models are small, real, and trained on the spot. Neither they nor the features have seen the rows that are held
out: those are of the target, which is no part of the pool.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
from _newsgroups import REFERENCE, TEST, D
from _sets import Data, Reader, Trial, table
from adapt_inf import COMMON, LABELS, RARE, SKILLS
from adapt_inf import Network as Learner
from less import Network
from quad import STEPS, WARM
from snp import Documents, metric

from handful.features.tfidf_svd import TfidfSvd
from handful.pool import Strings

PROBED, OF_A_SKILL, OF_A_STEP = 0.05, 100, 120


def postings(folder: Path) -> tuple[list[str], np.ndarray]:
    """The texts of 20 Newsgroups that are not empty, and their groups."""
    found = table(folder / "newsgroups20" / "newsgroups20.parquet")
    kept = [row for row, text in enumerate(found["text"]) if text.split()]
    return [found["text"][row] for row in kept], np.array([str(found["label"][r]) for r in kept])


def numbers(texts: list[str], fitted_on: np.ndarray, d: int = D) -> np.ndarray:
    """(n, d) TF-IDF of all, reduced as some of them say."""
    found = TfidfSvd(d=d).fit(Strings.of([texts[row] for row in fitted_on]), seed=0)
    return np.asarray(found.apply(Strings.of(texts)), np.float64)


# mates, quad --------------------------------------------------------------------------------------


def with_utilities(family: str) -> Reader:
    """Newsgroups with what one step on each row is worth to a network; 400 rows of a family are the target.

    `utility` is exact: the weights and Adam's state restored, a step on that row, and how far the loss falls on
    200 rows of the family that are neither in the pool nor in the target. `probed` holds it for 5 % of the rows.
    The probe trains that same network further on the picks.
    """

    def read(folder: Path, most: int) -> tuple[Data, dict[str, Any]]:
        (texts, labels), rng = postings(folder), np.random.default_rng(0)
        names, y = np.unique(labels, return_inverse=True)
        own = rng.permutation(np.flatnonzero(np.char.startswith(labels, family)))
        reference, target = np.split(own[: REFERENCE + TEST], [REFERENCE])
        rest = np.setdiff1d(np.arange(len(y)), own[: REFERENCE + TEST])
        pool = np.sort(rng.permutation(rest)[:most])
        x = 4 * numbers(texts, pool)
        now, warm = Network(len(names), 0), rng.permutation(pool)[: min(WARM, len(pool) // 5)]
        now.train(x[warm], y[warm], 0, STEPS)
        before = now.loss(x[reference], y[reference])

        def worth(row: int) -> float:
            trial = copy.deepcopy(now)
            trial.train(x[[row]], y[[row]], 0, 1)
            return before - trial.loss(x[reference], y[reference])

        def held_out_loss(rows: np.ndarray, held: np.ndarray) -> float:
            trained = copy.deepcopy(now)
            trained.train(x[pool[rows]], y[pool[rows]], 0, STEPS)
            return trained.loss(x[target[held]], y[target[held]])

        utility = [worth(row) for row in pool.tolist()]
        probed = set(rng.permutation(len(pool))[: round(PROBED * len(pool))].tolist())
        data = {
            "text": [texts[row] for row in pool],
            "utility": utility,
            "probed": [u if i in probed else None for i, u in enumerate(utility)],
            "seen": np.hstack([x[pool], np.eye(len(names))[y[pool]]]).astype(np.float32),
        }
        like = {"text": [texts[row] for row in target]}
        return data, {"like": like, "probe": held_out_loss, "smaller_is_better": True}

    return read


# adapt_inf, adapt_inf_pool ------------------------------------------------------------------------


def lifelong(*, rare: bool) -> Reader:
    """Newsgroups as eight skills that come in turn, one of them with 30 rows; 100 rows of each are the target.

    The network was trained, at each step but the last, on random rows of what had come. Its gradients and scores
    are columns. The probe trains it further on the picks, and tests it on all skills, or on the rare one.
    """

    def read(folder: Path, most: int) -> tuple[Data, dict[str, Any]]:
        (texts, labels), rng = postings(folder), np.random.default_rng(0)
        number = {name: i for i, name in enumerate(name for pair in SKILLS for name in pair)}
        kept = np.flatnonzero(np.isin(labels, list(number)))
        texts, y = [texts[row] for row in kept], np.array([number[labels[row]] for row in kept])
        common, order = min(COMMON, most // len(SKILLS)), rng.permutation(len(SKILLS))
        few = order[int(rng.integers(2))]
        target, parts = np.zeros(0, int), []
        for skill in order:
            own = rng.permutation(np.flatnonzero(y // 2 == skill))
            target = np.concatenate([target, own[:OF_A_SKILL]])
            parts.append(own[OF_A_SKILL:][: RARE if skill == few else common])
        pool = np.sort(np.concatenate(parts))
        x, hot, now = 4 * numbers(texts, pool), np.eye(LABELS)[y], Learner(0)
        for step in range(1, len(SKILLS)):
            rows = rng.permutation(np.concatenate(parts[:step]))[:OF_A_STEP]
            now.train(x[rows], hot[rows], step)
        tested = target[y[target] // 2 == few] if rare else target

        def held_out_loss(rows: np.ndarray, held: np.ndarray) -> float:
            trained, asked = copy.deepcopy(now), np.intersect1d(target[held], tested)
            trained.train(x[pool[rows]], hot[pool[rows]], 0)
            return float(trained.losses(x[asked], hot[asked]).mean())

        data: Data = {"text": [texts[row] for row in pool], "seen": x[pool].astype(np.float32)}
        data |= now.about(x[pool], hot[pool])
        like = {"text": [texts[row] for row in target]}
        return data, {"like": like, "probe": held_out_loss, "smaller_is_better": True}

    return read


# snp ----------------------------------------------------------------------------------------------


def documents(domain: str) -> Reader:
    """Pieces of documents, each document a group; half of the documents of a domain are the target.

    The probe learns a metric from the picks, to tell documents apart, and asks whose document a held-out piece of
    the target is, by the nearest mean of the document's other pieces.
    """

    def read(folder: Path, most: int) -> tuple[Data, dict[str, Any]]:
        found, rng = Documents(folder), np.random.default_rng(0)
        names = rng.permutation(np.unique(found.groups[found.domains == domain]))
        is_target = np.isin(found.groups, names[: len(names) // 2])
        target, rest = np.flatnonzero(is_target), np.flatnonzero(~is_target)
        whole = rng.permutation(np.unique(found.groups[rest]))
        place = np.argsort(whole)[np.searchsorted(np.sort(whole), found.groups[rest])]
        pool = np.sort(rest[np.argsort(place, kind="stable")][:most])
        x = numbers(found.texts, pool, d=found.x.shape[1])

        def share_found(rows: np.ndarray, held: np.ndarray) -> float:
            turn = metric(x[pool[rows]], found.groups[pool[rows]])
            others, asked = np.delete(target, held), target[held]
            there = np.unique(found.groups[others])
            means = [x[others[found.groups[others] == one]].mean(axis=0) @ turn for one in there]
            apart = ((x[asked] @ turn)[:, None] - np.array(means)) ** 2
            return float((there[apart.sum(axis=2).argmin(axis=1)] == found.groups[asked]).mean())

        data, like = (
            {
                "text": [found.texts[row] for row in rows],
                "group": found.groups[rows].astype(str).tolist(),
                "embedding": x[rows].astype(np.float32),
            }
            for rows in (pool, target)
        )
        return data, {"like": like, "group": "group", "probe": share_found}

    return read


KIND = "with a model in the loop, or groups to tell apart"
ASKED = ("random", "dsir", "mates:utility=probed,array=seen", "quad:array=seen")
STEPPED = (
    "random",
    "dsir",
    "adapt_inf:array=gradients,clusters=24",
    "adapt_inf_pool:array=gradients,semantic=seen,clusters=24",
)
IN_THE_LOOP = {
    **{
        f"newsgroups20: {name}, with utilities": Trial(
            KIND,
            with_utilities(family),
            300,
            {},
            f"postings that help a small network with {family}*; `mates` sees the utility of 5 % of the rows, "
            "`quad` that of the rows it asks about",
            ASKED,
            "nats a posting of the same network, trained further",
        )
        for name, family in {"computers": "comp.", "politics": "talk."}.items()
    },
    **{
        f"newsgroups20: lifelong, {name}": Trial(
            KIND,
            lifelong(rare=rare),
            OF_A_STEP,
            {},
            "the eighth of eight steps of training, from all that has come; one of the eight skills is rare; only "
            f"`dsir` is told of skills, by the target; tested on {tested}",
            STEPPED,
            "nats a posting of the same network, trained further",
        )
        for name, rare, tested in (
            ("all skills", False, "all of them"),
            ("the rare skill", True, "the rare one"),
        )
    },
    **{
        f"documents: {name}": Trial(
            KIND,
            documents(domain),
            400,
            {},
            f"pieces that teach to tell documents apart, those of {domain} in the end",
            ("random", "dsir", "rds", "snp:components=32"),
            "share of pieces whose document is found",
        )
        for name, domain in {"learned": "brown_learned", "code": "python_code"}.items()
    },
}
