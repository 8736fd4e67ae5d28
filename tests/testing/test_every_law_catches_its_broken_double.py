"""A law that lets its broken double through protects nothing."""

import inspect

import numpy as np
import pytest

from handful.budget import Ledger
from handful.testing import laws
from handful.testing.broken import objectives, optimizers
from handful.testing.laws import Case, LawBroken, Task


def doubles(module):
    return [c for c in vars(module).values() if inspect.isclass(c) and "breaks" in vars(c)]


@pytest.mark.parametrize("double", doubles(objectives), ids=lambda c: c.__name__)
def test_the_law_catches_the_objective(double):
    law = next(law for law in laws.FOR_OBJECTIVES if law.__name__ == double.breaks)
    with pytest.raises(LawBroken):
        law(Case(double(), objectives.EXAMPLE))


def test_a_sound_objective_keeps_every_law():
    for law in laws.FOR_OBJECTIVES:
        law(Case(objectives.Widest(), objectives.EXAMPLE))


def task(taken=()):
    view = objectives.Arrays({**objectives.EXAMPLE.arrays}, rank=np.array([3, 2, 1, 0]))
    ledger = Ledger(4, rows=2)
    for row in taken:
        ledger.take(row)
    return Task(objectives.Widest(), view, ledger)


@pytest.mark.parametrize("double", doubles(optimizers), ids=lambda c: c.__name__)
def test_the_law_catches_the_optimizer(double):
    law = next(law for law in laws.FOR_OPTIMIZERS if law.__name__ == double.breaks)
    with pytest.raises(LawBroken):
        law(double(), task())
        law(double(), task(taken=[3]))


def test_a_sound_optimizer_keeps_every_law():
    for law in laws.FOR_OPTIMIZERS:
        law(optimizers.Sound(), task())
        law(optimizers.Sound(), task(taken=[3]))


@pytest.mark.parametrize(
    ("kept", "module"), [(laws.FOR_OBJECTIVES, objectives), (laws.FOR_OPTIMIZERS, optimizers)]
)
def test_every_law_has_a_double(kept, module):
    assert {law.__name__ for law in kept} == {double.breaks for double in doubles(module)}
