"""A map of rows in two dimensions on which near neighbours lie close together."""

from __future__ import annotations

from typing import Any

import numpy as np

from handful.comparing.vectors import cosines, tiles
from handful.rng import generator
from handful.selection import Floats, Indices

NEIGHBOURS = 12
EPOCHS = 300
REPELLED = 8
COLUMNS, ROUNDS = 8, 6
_A, _B = 1.577, 0.895  # of the curve 1 / (1 + a·d^2b), for a least distance of 0.1


def layout(rows: Any, seed: int = 0) -> Floats:
    """Places of rows on a map: like rows near each other; across the map distances mean little.

    Starts from the two main directions of the rows; then each row is drawn to its 12 nearest neighbours by
    cosine and pushed away from 8 rows drawn at random, in 300 rounds of fading steps, all rows at once.

    Args:
        rows: (m, d) unit rows, dense or CSR.
        seed: Of the draws.

    Returns:
        (m, 2) float64, each coordinate in [0, 1].

    Cost: O(m²·d) for the neighbours, O(m) a round; 6,000 rows take about 3 s.

    Source: McInnes, Healy & Melville 2018, UMAP, section 3.2 (the forces and their curve); the rounds are of
    all rows together and the neighbours unweighted, so it is not UMAP.
    """
    m = rows.shape[0]
    if m < 3:
        return np.linspace(0.25, 0.75, m)[:, None].repeat(2, axis=1)
    places = _main_directions(rows, seed)
    near = _neighbours(rows, min(NEIGHBOURS, m - 1))
    rng = generator(seed, "map")
    for epoch in range(EPOCHS):
        step = 1.0 - epoch / EPOCHS
        drawn = places[near] - places[:, None]
        far = places[:, None] - places[rng.integers(0, m, (m, REPELLED))]
        places = places + step * _limited((_attraction(drawn) + _repulsion(far)) / 4)
    return _framed(places)


def _main_directions(rows: Any, seed: int) -> Floats:
    """The second and third main directions, to a spread of 4 each, with ties broken apart.

    The first is the common part of all rows. By a few rounds of subspace iteration (Halko, Martinsson & Tropp
    2011, section 4.5), which rows of any rank survive.
    """
    start = generator(seed, "map start")
    drawn = start.standard_normal((rows.shape[1], COLUMNS))
    for _ in range(ROUNDS):
        basis = np.linalg.qr(rows @ drawn)[0]
        drawn = rows.T @ basis
    left, size, _ = np.linalg.svd(drawn.T.astype(np.float64), full_matrices=False)
    main = basis @ (left * size)[:, 1:3]
    places = np.zeros((rows.shape[0], 2))
    places[:, : main.shape[1]] = main - main.mean(axis=0)
    spread = 4 * places / (places.std(axis=0) + 1e-9)
    apart: Floats = spread + 1e-2 * start.standard_normal(places.shape)
    return apart


def _neighbours(rows: Any, count: int) -> Indices:
    """(m, count) the nearest other rows by cosine."""
    found = []
    for start, stop in tiles(rows.shape[0]):
        close = cosines(rows[start:stop], rows)
        close[np.arange(stop - start), np.arange(start, stop)] = -2
        found.append(np.argpartition(-close, count - 1, axis=1)[:, :count])
    return np.concatenate(found)


def _attraction(drawn: Floats) -> Floats:
    """Mean pull of the neighbours, (m, 2)."""
    square = np.einsum("ijk,ijk->ij", drawn, drawn) + 1e-9
    pull = 2 * _A * _B * square ** (_B - 1) / (1 + _A * square**_B)
    force: Floats = np.einsum("ij,ijk->ik", pull, drawn)
    return force


def _repulsion(far: Floats) -> Floats:
    """Sum of pushes from rows drawn at random, (m, 2)."""
    square = np.einsum("ijk,ijk->ij", far, far)
    push = 2 * _B / ((1e-3 + square) * (1 + _A * square**_B))
    force: Floats = np.einsum("ij,ijk->ik", np.minimum(push, 100), far)
    return force


def _limited(step: Floats) -> Floats:
    return np.clip(step, -1.0, 1.0)


def _framed(places: Floats) -> Floats:
    """Into the unit square, half way to places that fill each axis evenly; the outermost drawn in to the edge."""
    low, high = np.quantile(places, [0.005, 0.995], axis=0)
    plain = np.clip((places - low) / np.maximum(high - low, 1e-9), 0, 1)
    even = np.argsort(np.argsort(places, axis=0, kind="stable"), axis=0) / (len(places) - 1)
    framed: Floats = 0.02 + 0.96 * (plain + even) / 2
    return framed
