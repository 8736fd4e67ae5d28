"""Data sets for methods that read what a model of one's own made: small real models, trained on the spot.

No model has seen the rows that are held out. Where a probe is a function, it is asked with the rows held out.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from _sets import INSTRUCTIONS, TARGET, Data, Reader, Trial, alpaca, table

sys.path.insert(0, str(Path(__file__).parents[1]))

from color_filter import TARGET_WEIGHT, Bigrams
from less import PAIRS, STEPS, WARM, D, Network
from preselect import CLEAN, SHARES, losses, pairs

from handful.features.hashed_ngrams import HashedNgrams
from handful.features.tfidf_svd import TfidfSvd
from handful.methods.data.less import adam_update
from handful.pool import Strings
from targets import Corpus

BUCKETS, TUNED_ON, TARGET_ROWS, OWNED = 4096, 40, 200, 1000


def nats(trained: list[np.ndarray], tested: list[np.ndarray]) -> float:
    """Nats a word of some texts under a bigram model of others."""
    return float(Bigrams([(*pairs(trained), 1.0)]).losses(*pairs(tested)).mean())


# color_filter, mona -------------------------------------------------------------------------------


def with_losses(domain: str) -> Reader:
    """Texts with their losses under two bigram models, and their words as activations; 200 rows are the target.

    The prior model has read half of the pool, the tuned one 40 further rows of the domain besides.
    """

    def read(folder: Path, most: int) -> tuple[Data, dict[str, Any]]:
        corpus, rng = Corpus.read(folder, "domains_dev"), np.random.default_rng(0)
        own = rng.permutation(np.flatnonzero(corpus.domains == domain))
        tuned_on, target = np.split(own[: TUNED_ON + TARGET_ROWS], [TUNED_ON])
        rest = np.setdiff1d(np.arange(len(corpus.texts)), own[: TUNED_ON + TARGET_ROWS])
        pool = np.sort(rng.permutation(rest)[:most])
        half = corpus.pairs(rng.permutation(pool)[: len(pool) // 2])
        models = {
            "loss_prior": Bigrams([(*half, 1.0)]),
            "loss_conditional": Bigrams([(*half, 1.0), (*corpus.pairs(tuned_on), TARGET_WEIGHT)]),
        }
        words = activations([corpus.texts[row] for row in np.concatenate([pool, target])])
        data = {"text": [corpus.texts[row] for row in pool], "words": words[: len(pool)]}
        data |= {
            name: losses(model, [corpus.words[row] for row in pool])
            for name, model in models.items()
        }
        like = {"text": [corpus.texts[row] for row in target], "words": words[len(pool) :]}
        return data, {"like": like}

    return read


def activations(texts: list[str]) -> np.ndarray:
    """(n, 4096) one feature a hashed word, ≥ 0: TF-IDF, each row over its sum."""
    hashed = HashedNgrams(ngrams=1, buckets=BUCKETS).fit(Strings.of([]), 0)
    counts = hashed.apply(Strings.of(texts)).toarray()
    counts *= np.log((1 + len(texts)) / (1 + (counts > 0).sum(axis=0)))
    shares: np.ndarray = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-12)
    return shares.astype(np.float32)


# less ---------------------------------------------------------------------------------------------


def with_gradients(pair: tuple[str, str]) -> Reader:
    """Newsgroups with the updates of a small network at four checkpoints; 300 rows of two groups are the target.

    The network is warmed up on a tenth of the pool. The probe trains a fresh one on the picks.
    """

    def read(folder: Path, most: int) -> tuple[Data, dict[str, Any]]:
        found, rng = (
            table(folder / "newsgroups20" / "newsgroups20.parquet"),
            np.random.default_rng(0),
        )
        kept = [row for row, text in enumerate(found["text"]) if text.split()]
        texts = Strings.of([found["text"][row] for row in kept])
        names, y = np.unique([str(found["label"][row]) for row in kept], return_inverse=True)
        x = 4 * TfidfSvd(d=D).fit(texts[:8000], seed=0).apply(texts).astype(np.float64)
        target = rng.permutation(np.flatnonzero(np.isin(names[y], pair)))[:300]
        pool = np.sort(rng.permutation(np.setdiff1d(np.arange(len(y)), target))[:most])
        network, warm = Network(len(names), 0), rng.permutation(pool)[: len(pool) // 10]
        data: Data = {"text": [texts[row] for row in pool]}
        like: Data = {"text": [texts[row] for row in target]}
        for step in range(WARM):
            network.train(x[warm], y[warm], step, STEPS // WARM)
            updates = network.gradients(x[pool], y[pool])
            data[f"c{step}"] = np.array([adam_update(g, network.m, network.v) for g in updates])
            like[f"c{step}"] = np.array(
                [
                    np.concatenate([g["a"].ravel(), g["b"].ravel()])
                    for g in network.gradients(x[target], y[target])
                ],
                np.float32,
            )

        def held_out_loss(rows: np.ndarray, held: np.ndarray) -> float:
            fresh = Network(len(names), 1000)
            fresh.train(x[pool[rows]], y[pool[rows]], 0, 2 * STEPS)
            return fresh.loss(x[target[held]], y[target[held]])

        return data, {"like": like, "probe": held_out_loss, "smaller_is_better": True}

    return read


# preselect ----------------------------------------------------------------------------------------


def spoilt(measure: str) -> Reader:
    """Texts of Brown, two thirds spoilt; a sample has losses under six bigram models of known order.

    The probe tells the share of clean rows among the picks, or trains a bigram model on them and tests it on
    the clean rows among the sample's that are held out.
    """

    def read(folder: Path, most: int) -> tuple[Data, dict[str, Any]]:
        corpus, rng = Corpus.read(folder, "domains_dev"), np.random.default_rng(0)
        brown = rng.permutation(np.flatnonzero(np.char.startswith(corpus.domains, "brown")))
        trained, rest = np.split(brown, 2)
        clean, noise = rest[:CLEAN], rng.choice(rest[CLEAN:], CLEAN)
        licences = rng.permutation(np.flatnonzero(corpus.domains == "licence_text"))[:CLEAN]
        texts = [corpus.texts[row] for row in np.concatenate([clean, noise, licences])]
        words = [corpus.words[row] for row in np.concatenate([clean, noise, licences])]
        for row in range(CLEAN, 2 * CLEAN):
            texts[row] = " ".join(rng.permutation(texts[row].split()))
            words[row] = rng.permutation(words[row])
        order = rng.permutation(len(texts))
        sample, pool = order[:600], np.sort(order[600 : 600 + most])
        family = [
            Bigrams([(*pairs([corpus.words[row] for row in trained[:count]]), 1.0)])
            for count in (int(2 * share * len(trained)) for share in SHARES)
        ]
        scores = [losses(model, [words[row] for row in sample]) for model in family]
        like = {
            "text": [texts[row] for row in sample],
            "losses": np.column_stack(scores).astype(np.float32),
        }

        def share(rows: np.ndarray) -> float:
            return float((pool[rows] < CLEAN).mean())

        def held_out_nats(rows: np.ndarray, held: np.ndarray) -> float:
            tested = [words[row] for row in sample[held] if row < CLEAN]
            return nats([words[row] for row in pool[rows]], tested)

        asked: dict[str, Any] = {"like": like, "probe": share}
        if measure == "nats":
            asked |= {"probe": held_out_nats, "smaller_is_better": True}
        return {"text": [texts[row] for row in pool]}, asked

    return read


# flcg, gccg, flcmi --------------------------------------------------------------------------------


def owned(*, target: bool) -> Reader:
    """Alpaca, where 1,000 rows that ask to write, generate or create are owned already.

    The probe trains a bigram model on the owned rows and the picks, and tests it on held-out rows: of the pool,
    or of LIMA, the target.
    """

    def read(folder: Path, most: int) -> tuple[Data, dict[str, Any]]:
        data, like = alpaca(folder, sys.maxsize)
        verbs = ("write ", "generate ", "create ")
        all_texts, rng = data["text"], np.random.default_rng(0)
        asks = [row for row, text in enumerate(all_texts) if text.lower().startswith(verbs)]
        mine = rng.permutation(asks)[:OWNED]
        pool = np.sort(rng.permutation(np.setdiff1d(np.arange(len(all_texts)), mine))[:most])
        pool_texts = [all_texts[row] for row in pool]
        given = [all_texts[row] for row in mine]
        tested = like["like"] if target else pool_texts
        words = Corpus.of([*given, *pool_texts, *tested]).words
        first, second = len(given), len(given) + len(pool_texts)

        def held_out_nats(rows: np.ndarray, held: np.ndarray) -> float:
            trained = words[:first] + [words[first + row] for row in rows]
            return nats(trained, [words[second + row] for row in held])

        asked = {"given": given, "probe": held_out_nats, "smaller_is_better": True}
        return {"text": pool_texts}, asked | (like if target else {})

    return read


NATS = "nats a word of a bigram model"
BENCHMARK = "preselect:benchmark=" + "+".join(map(str, SHARES))
OF_A_DOMAIN = ("random", "dsir", "nearest_to_target", "color_filter", "mona:array=words")
MODELLED = {
    "domains: news, with models": Trial(
        TARGET,
        with_losses("brown_news"),
        200,
        {},
        "pieces of 19 domains, like Brown news, with losses of two bigram models and words as activations",
        OF_A_DOMAIN,
    ),
    "domains: leaflets, with models": Trial(
        TARGET,
        with_losses("patient_leaflet"),
        200,
        {},
        "pieces of 19 domains, like patient leaflets, with losses of two bigram models and words as activations",
        OF_A_DOMAIN,
    ),
    **{
        f"newsgroups20: {name}, with gradients": Trial(
            TARGET,
            with_gradients(PAIRS[place]),
            300,
            {},
            f"postings that help a small network tell {' and '.join(PAIRS[place])} apart",
            ("random", "dsir", "less:arrays=" + "+".join(f"c{step}" for step in range(WARM))),
            "nats a posting of a fresh network",
        )
        for name, place in {"hardware": 0, "sport": 2}.items()
    },
    "brown, two thirds spoilt": Trial(
        TARGET,
        spoilt("nats"),
        400,
        {},
        "shuffled texts and licences among clean ones; a sample has losses under six bigram models",
        ("random", BENCHMARK),
        f"{NATS} on clean rows",
    ),
    "brown, two thirds spoilt: share of clean rows": Trial(
        TARGET,
        spoilt("share"),
        400,
        {},
        "the same; no model is trained, the picks are counted",
        ("random", BENCHMARK),
        "share of clean rows",
    ),
    "alpaca, 1,000 rows owned": Trial(
        INSTRUCTIONS,
        owned(target=False),
        200,
        {},
        "what to add to 1,000 instructions to write, generate or create",
        ("random", "facility_location", "flcg", "gccg"),
        f"{NATS} of owned rows and picks",
    ),
    "alpaca, 1,000 rows owned, with a target": Trial(
        TARGET,
        owned(target=True),
        200,
        {},
        "what to add to 1,000 instructions to write, generate or create, for rows like LIMA",
        ("random", "flqmi", "flcmi"),
        f"{NATS} of owned rows and picks",
    ),
}
