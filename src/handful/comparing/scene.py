"""From a trial to what measures read: features, n-grams, labels, of its rows and of those held out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from handful.comparing._contract import Scene
from handful.comparing.ngram_rows import count_ngrams
from handful.comparing.trial import Case, Trial
from handful.graphs.rows import unit_rows
from handful.methods._contract import Target
from handful.pool import BLOCK_ROWS, Strings
from handful.rng import Keys


def build_scene(case: Case, trial: Trial) -> Scene:
    """Read what measures need, of the trial's rows and of the held-out ones; each text once."""
    view, held_view = trial.view, trial.held_view
    fields: dict[str, Any] = {}
    if case.features and (trial.held == "pool" or case.targets_have_features):
        fields["features"] = unit_rows(view.array(case.array))
        held = [t.arrays(case.array) for t in trial.held_targets] or [held_view.array(case.array)]
        fields["held_features"] = unit_rows(_stack(held))
    if view.read_texts is not None and all(t.texts is not None for t in trial.held_targets):
        read = [part for _, _, part in view.map_texts(_count, "reading what the verdict compares")]
        fields["ngrams"] = _stack([counts for counts, _ in read])
        fields["text_hashes"] = np.concatenate([hashes for _, hashes in read])
        if trial.held_targets:
            texts = (block for target in trial.held_targets for block in _blocks(target))
            fields["held_ngrams"] = _stack([_count(block)[0] for block in texts])
        else:
            held_parts = held_view.map_texts(_count, "reading what the verdict compares")
            fields["held_ngrams"] = _stack([counts for _, _, (counts, _) in held_parts])
    if (
        case.labels is not None
        and trial.held == "pool"
        and ("features" in fields or "ngrams" in fields)
    ):
        fields["labels"] = case.labels[trial.rows]
        fields["held_labels"] = case.labels[trial.held_rows]
    if view.group is not None:
        fields["groups"] = view.group[0]
    if view.scores is not None and case.scored:
        fields["scores"] = view.score()
    return Scene(n=view.n, keys=view.keys, run=view.run_with, held=trial.held, **fields)


def _blocks(target: Target) -> Iterator[Strings]:
    read: Callable[[int, int], Strings] | None = target.texts
    assert read is not None
    return (
        read(start, min(target.n, start + BLOCK_ROWS)) for start in range(0, target.n, BLOCK_ROWS)
    )


def _count(texts: Strings) -> tuple[Any, Keys]:
    """Hashed n-grams of each text as CSR, and a hash of each text."""
    first = texts.offsets[0]
    data, at = texts.data[first : texts.offsets[-1]].tobytes(), (texts.offsets - first).tolist()
    hashed = b"".join(
        hashlib.blake2b(data[start:stop], digest_size=8).digest() for start, stop in pairwise(at)
    )
    return count_ngrams(texts), np.frombuffer(hashed, "<u8").astype(np.uint64)


def _stack(parts: list[Any]) -> Any:
    import scipy.sparse

    if len(parts) == 1:
        return parts[0]
    if any(scipy.sparse.issparse(part) for part in parts):
        return scipy.sparse.vstack(parts, format="csr")
    return np.concatenate(parts)
