"""A law that lets its broken double through protects nothing."""

import inspect

import numpy as np
import pytest

from handful.budget import Ledger
from handful.flow.prepare import prepare
from handful.flow.request import Request
from handful.testing import laws
from handful.testing.broken import methods, objectives, optimizers
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


def errands():
    """One request for each constraint, each of which the first rows break."""
    pool = {"text": list("abcdef"), "g": list("xxxyyz"), "cost": [9, 9, 1, 1, 1, 1]}
    asked = [
        {"rows": 3, "budget": 10, "cost": "cost"},
        {"rows": 3, "include": ["5"]},
        {"rows": 3, "quotas": ["g[x]:max=2"]},
        {"rows": 4, "quotas": ["g:min=25%"]},
        {"rows": 4, "cost": "cost", "quotas": ["g[x]:max=30%cost"]},
    ]
    return [prepare(pool, Request(method="random", cache=False, **one)) for one in asked]


@pytest.mark.parametrize("double", doubles(methods), ids=lambda c: c.__name__)
def test_the_law_catches_the_method(double):
    law = next(law for law in laws.FOR_METHODS if law.__name__ == double.breaks)
    for errand in errands():
        with pytest.raises(LawBroken):
            law(double(), errand)


def test_a_sound_method_keeps_every_law():
    for law in laws.FOR_METHODS:
        for errand in errands():
            law(methods.Sound(), errand)


@pytest.mark.parametrize(
    ("kept", "module"),
    [
        (laws.FOR_METHODS, methods),
        (laws.FOR_OBJECTIVES, objectives),
        (laws.FOR_OPTIMIZERS, optimizers),
    ],
)
def test_every_law_has_a_double(kept, module):
    assert {law.__name__ for law in kept} == {double.breaks for double in doubles(module)}
