"""Influence of rows on a reference loss, by a Kronecker-factored curvature."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Factors = Mapping[str, tuple[ArrayLike, ArrayLike]]
"""Of each linear layer, by name: (δ, x), the gradients of a row's own loss at the layer's outputs and the layer's
inputs, (m, o) and (m, i); or (m, t, o) and (m, t, i) where a row has t places (tokens). A row's gradient of the
weights is Σ_t δ_t xᵀ_t."""
Direction = Mapping[str, Floats]
"""Of each layer: (o, i)."""


def helpful_direction(reference: Factors, sample: Factors, damping: float) -> Direction:
    """What the loss on some reference rows falls along fastest, seen through the model's curvature.

        V = (H + λI)⁻¹ · ∇L(reference),    H ≈ E[δδᵀ] ⊗ E[xxᵀ]  layer by layer

    With the eigenvectors P, Q and eigenvalues a, b of the two factors, V = P·((PᵀGQ) / (a·bᵀ + λ))·Qᵀ: the exact
    inverse of the damped product, without ever forming it.

    Args:
        reference: Of the rows whose loss should fall; their mean is taken.
        sample: Of rows the curvature is taken over: some hundreds of the training rows. The expectations are
            over rows and places.
        damping: λ > 0, in the unit of the curvature.

    Returns:
        V by layer, for `influence`.

    Cost: o³ + i³ a layer.

    Source: Martens & Grosse 2015, Optimizing neural networks with Kronecker-factored approximate curvature,
    section 3; Grosse et al. 2023, Studying large language model generalization with influence functions; as
    Zhang et al. 2025 (Quad) use it, for MLPs and for fused query, key and value projections alike.
    """
    found = {}
    for name, factors in sample.items():
        delta, inputs = (_flat(part) for part in factors)
        a, p = np.linalg.eigh(delta.T @ delta / len(delta))
        b, q = np.linalg.eigh(inputs.T @ inputs / len(inputs))
        curvature = np.outer(np.maximum(a, 0.0), np.maximum(b, 0.0)) + damping
        found[name] = p @ ((p.T @ _mean_gradient(*reference[name]) @ q) / curvature) @ q.T
    return found


def influence(direction: Direction, rows: Factors) -> Floats:
    """(m,) by how much a little more of each row lowers the reference loss: larger helps.

        I(z) = Σ_layers ⟨ V, Σ_t δ_t xᵀ_t ⟩  =  ∇L(reference)ᵀ (H + λI)⁻¹ ∇ℓ(z)

    Papers write −I, the change of the loss. No gradient is formed.

    Args:
        direction: From `helpful_direction`.
        rows: Factors of the rows in question.

    Example:
        >>> layer = {"w": ([[1.0], [-1.0]], [[2.0], [2.0]])}     # two rows that pull apart
        >>> wanted = {"w": ([[1.0]], [[2.0]])}                    # as the first does
        >>> influence(helpful_direction(wanted, layer, damping=1.0), layer).tolist()
        [0.8, -0.8]
    """
    total: Floats | float = 0.0
    for name, (delta, inputs) in rows.items():
        d, x = _places(delta), _places(inputs)
        total = total + np.einsum("mto,mto->m", d, x @ direction[name].T)
    return np.asarray(total, np.float64)


def _places(part: ArrayLike) -> Floats:
    """(m, t, width)."""
    found = np.asarray(part, np.float64)
    return found[:, None] if found.ndim == 2 else found


def _flat(part: ArrayLike) -> Floats:
    """(m·t, width)."""
    found = _places(part)
    return found.reshape(-1, found.shape[2])


def _mean_gradient(delta: ArrayLike, inputs: ArrayLike) -> Floats:
    """(o, i) the mean of the rows' gradients."""
    return _flat(delta).T @ _flat(inputs) / len(np.asarray(delta))
