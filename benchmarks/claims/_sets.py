"""The data sets of `evidence.py` that need no model: read from files, cut to size, with what is asked of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Data = dict[str, Any]
Reader = Callable[[Path, int], tuple[Data, dict[str, Any]]]
"""From the folder of data sets, and the most rows there may be, to columns and to what belongs to them: options of
`handful.compare` such as `like`."""


@dataclass(frozen=True)
class Trial:
    """A data set, and what is asked of it.

    Args:
        kind: Of the data.
        read: Its columns.
        rows: Picks, of 4,000 rows.
        asked: Further options of `handful.compare`.
        about: What is chosen for what, in words.
        methods: As for `handful.compare`.
        measured: What the probe's number is, where it is a function.
    """

    kind: str
    read: Reader
    rows: int
    asked: Mapping[str, Any]
    about: str
    methods: tuple[str, ...] = ("all",)
    measured: str = ""


def table(path: Path) -> Data:
    """A Parquet file as columns."""
    import pyarrow.parquet

    read = pyarrow.parquet.read_table(path)
    return {name: read[name].to_pylist() for name in read.column_names}


def cut(data: Data, most: int) -> Data:
    """At most so many rows, drawn by seed 0, in their order."""
    n = len(next(iter(data.values())))
    if n <= most:
        return data
    rows = np.sort(np.random.default_rng(0).permutation(n)[:most])
    return {
        name: column[rows] if isinstance(column, np.ndarray) else [column[i] for i in rows.tolist()]
        for name, column in data.items()
    }


def labelled(name: str, file: str) -> Reader:
    """Texts with labels, and embeddings where they lie beside; rows without a text are left out."""

    def read(folder: Path, most: int) -> tuple[Data, dict[str, Any]]:
        found = table(folder / name / file)
        kept = [row for row, text in enumerate(found["text"]) if text.strip()]
        data = {
            "text": [found["text"][row] for row in kept],
            "label": [str(found["label"][row]) for row in kept],
        }
        if (folder / name / "embeddings.npy").exists():
            data["embedding"] = np.load(folder / name / "embeddings.npy")[kept].astype(np.float32)
        return cut(data, most), {}

    return read


def mnist(folder: Path, most: int) -> tuple[Data, dict[str, Any]]:
    """Pixels and labels."""
    with np.load(folder / "mnist_10k" / "mnist_10k.npz") as found:
        pixels, labels = found["X"].reshape(len(found["y"]), -1), found["y"]
    data = {"label": [str(y) for y in labels], "embedding": pixels.astype(np.float32) / 255}
    return cut(data, most), {}


def digits(_: Path, most: int) -> tuple[Data, dict[str, Any]]:
    """The digits that scikit-learn brings."""
    from sklearn.datasets import load_digits

    found = load_digits()
    pixels = found.data.astype(np.float32) / 16
    return cut({"label": [str(y) for y in found.target], "embedding": pixels}, most), {}


def alpaca(folder: Path, most: int) -> tuple[Data, dict[str, Any]]:
    """Instructions and answers; LIMA is the target, and the length of the answer the score."""
    found = table(folder / "alpaca" / "alpaca.parquet")
    parts = zip(found["instruction"], found["input"], found["output"], strict=True)
    data = {
        "text": ["\n".join(filter(None, row)) for row in parts],
        "length": [len(answer) for answer in found["output"]],
    }
    lima = table(folder / "lima" / "lima.parquet")
    pairs = zip(lima["instruction"], lima["output"], strict=True)
    return cut(data, most), {"like": ["\n".join(pair) for pair in pairs]}


def domain(name: str, rows: int | None = None) -> Reader:
    """Pieces of 19 domains, at most so many rows; 200 of one are the target and no part of the pool."""

    def read(folder: Path, most: int) -> tuple[Data, dict[str, Any]]:
        found = table(folder / "domains_dev" / "domains.parquet")
        of_it = [i for i, own in enumerate(found["domain"]) if own == name]
        target = set(np.random.default_rng(0).permutation(of_it)[:200].tolist())
        keep = [i for i in range(len(found["text"])) if i not in target]
        data = {"text": [found["text"][i] for i in keep]}
        return cut(data, min(most, rows or most)), {
            "like": [found["text"][i] for i in sorted(target)]
        }

    return read


BY_LABEL = {"label": "label", "group": "label"}
COUNTS = ("random", "feature_based", "probabilistic_cover", "set_cover")
TEXT, IMAGES, INSTRUCTIONS = "text with labels", "images", "instruction data"
TARGET = "instruction data and domains, with a target"
SETS = {
    "trec": Trial(TEXT, labelled("trec", "trec.parquet"), 200, BY_LABEL, "6 types of questions"),
    "ag_news_7k": Trial(
        TEXT, labelled("ag_news_7k", "ag_news_test.parquet"), 200, BY_LABEL, "4 kinds of news"
    ),
    "reuters_r8": Trial(
        TEXT, labelled("reuters_r8", "reuters_r8.parquet"), 200, BY_LABEL, "8 unequal topics"
    ),
    "newsgroups20": Trial(
        TEXT, labelled("newsgroups20", "newsgroups20.parquet"), 400, BY_LABEL, "20 newsgroups"
    ),
    "banking77": Trial(
        TEXT,
        labelled("banking77", "banking77.parquet"),
        400,
        BY_LABEL,
        "77 questions of customers, sentence embeddings",
    ),
    "ag_news_7k, words": Trial(
        TEXT,
        labelled("ag_news_7k", "ag_news_test.parquet"),
        200,
        {**BY_LABEL, "features": "hashed_ngrams"},
        "4 kinds of news as word counts, for the methods that need features ≥ 0",
        COUNTS,
    ),
    "newsgroups20, words": Trial(
        TEXT,
        labelled("newsgroups20", "newsgroups20.parquet"),
        400,
        {**BY_LABEL, "features": "hashed_ngrams"},
        "20 newsgroups as word counts, for the methods that need features ≥ 0",
        COUNTS,
    ),
    "mnist_10k": Trial(IMAGES, mnist, 200, BY_LABEL, "handwritten digits, 784 pixels"),
    "digits": Trial(IMAGES, digits, 100, BY_LABEL, "handwritten digits, 64 pixels"),
    "alpaca": Trial(
        TARGET,
        alpaca,
        200,
        {"score": "length"},
        "instructions like those of LIMA; the score is the length of the answer",
    ),
    "domains: news": Trial(
        TARGET, domain("brown_news"), 200, {}, "pieces of 19 domains, like those of Brown news"
    ),
    "domains: leaflets, few picks": Trial(
        TARGET,
        domain("patient_leaflet", 1000),
        40,
        {},
        "pieces of 19 domains, like patient leaflets; exchanges over exact transport are for small groups",
        ("random", "dsir", "nearest_to_target", "rds", "goracs:exchanges=20,candidates=8"),
    ),
    "domains: leaflets": Trial(
        TARGET, domain("patient_leaflet"), 200, {}, "pieces of 19 domains, like patient leaflets"
    ),
}
