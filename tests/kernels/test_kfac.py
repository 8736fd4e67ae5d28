"""Influence by Kronecker factors is what the dense inverse of the damped product gives."""

import numpy as np
import pytest

from handful.kernels.kfac import helpful_direction, influence

WIDTHS = {"first": (3, 4), "last": (2, 3)}


def factors(rows, seed, places=None):
    rng = np.random.default_rng(seed)
    shape = (rows,) if places is None else (rows, places)
    return {
        name: (rng.standard_normal((*shape, o)), rng.standard_normal((*shape, i)))
        for name, (o, i) in WIDTHS.items()
    }


def gradients(layer):
    """(m, o·i): the gradient of each row, written out place by place."""
    delta, inputs = (np.atleast_3d(part) if part.ndim == 3 else part[:, None] for part in layer)
    rows = []
    for d, x in zip(delta, inputs, strict=True):
        total = np.zeros((d.shape[1], x.shape[1]))
        for t in range(len(d)):
            total += np.outer(d[t], x[t])
        rows.append(total.ravel())
    return np.array(rows)


def dense(reference, sample, rows, damping):
    """Every layer's matrix formed and inverted."""
    total = 0.0
    for name in WIDTHS:
        delta, inputs = (np.reshape(part, (-1, part.shape[-1])) for part in sample[name])
        outputs = sum(np.outer(d, d) for d in delta) / len(delta)
        arrivals = sum(np.outer(x, x) for x in inputs) / len(inputs)
        curvature = np.kron(outputs, arrivals)
        inverse = np.linalg.inv(curvature + damping * np.eye(len(curvature)))
        total = total + gradients(rows[name]) @ inverse @ gradients(reference[name]).mean(axis=0)
    return total


@pytest.mark.parametrize("places", [None, 1, 5], ids=["rows", "one place", "tokens"])
@pytest.mark.parametrize("damping", [1e-3, 0.5, 100.0])
def test_it_is_what_the_dense_inverse_gives(places, damping):
    reference, sample, rows = (factors(m, seed, places) for m, seed in ((4, 0), (30, 1), (7, 2)))
    found = influence(helpful_direction(reference, sample, damping), rows)
    assert np.allclose(found, dense(reference, sample, rows, damping), rtol=1e-9, atol=1e-12)


def test_the_check_catches_damping_of_each_factor_by_itself():
    """(A + √λ) ⊗ (B + √λ), the usual shortcut, is another matrix."""
    reference, sample, rows = (factors(m, seed) for m, seed in ((4, 0), (30, 1), (7, 2)))
    total = 0.0
    for name in WIDTHS:
        delta, inputs = sample[name]
        a = delta.T @ delta / 30 + 0.5**0.5 * np.eye(delta.shape[1])
        b = inputs.T @ inputs / 30 + 0.5**0.5 * np.eye(inputs.shape[1])
        mean = gradients(reference[name]).mean(axis=0).reshape(a.shape[0], b.shape[0])
        step = np.linalg.inv(a) @ mean @ np.linalg.inv(b)
        total = total + gradients(rows[name]) @ step.ravel()
    assert not np.allclose(total, dense(reference, sample, rows, 0.5), rtol=1e-3)


def test_places_of_a_row_add_up():
    rows = factors(6, 3, places=4)
    direction = helpful_direction(factors(2, 0), factors(9, 1), 0.1)
    apart = [
        influence(direction, {name: (d[:, t], x[:, t]) for name, (d, x) in rows.items()})
        for t in range(4)
    ]
    assert np.allclose(influence(direction, rows), np.sum(apart, axis=0))


def test_larger_helps_a_step_along_a_row_of_large_influence_lowers_the_reference_loss():
    """Softmax regression: one small step on each row; the fall of the reference loss ranks as influence does."""
    rng = np.random.default_rng(4)
    x, y = rng.standard_normal((60, 5)), rng.integers(3, size=60)
    weights = 0.3 * rng.standard_normal((3, 5))

    def odds(w, rows):
        e = np.exp(x[rows] @ w.T)
        return e / e.sum(axis=1, keepdims=True)

    def loss(w, rows):
        return -np.log(odds(w, rows)[np.arange(len(rows)), y[rows]]).mean()

    def layer(rows):
        delta = odds(weights, rows)
        delta[np.arange(len(rows)), y[rows]] -= 1
        return {"w": (delta, x[rows])}

    pool, reference = np.arange(40), np.arange(40, 60)
    flat = helpful_direction(layer(reference), layer(pool), damping=1e6)  # so much that H drops out
    found = influence(flat, layer(pool))
    falls = []
    for row in pool:
        delta, inputs = layer(np.array([row]))["w"]
        falls.append(loss(weights, reference) - loss(weights - 1e-4 * delta.T @ inputs, reference))
    assert np.corrcoef(found, falls)[0, 1] > 0.999
