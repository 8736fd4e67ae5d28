"""The laws every member keeps, yours too. Each is a function that raises `LawBroken`.

Example:
    >>> import numpy as np
    >>> from handful.objectives import Arrays, Modular
    >>> from handful.testing.laws import FOR_OBJECTIVES, Case
    >>> case = Case(Modular(), Arrays(scores={"quality": np.array([1.0, 0.0, 2.0])}))
    >>> for law in FOR_OBJECTIVES:
    ...     law(case)
"""

from handful.testing.laws import methods, objectives, optimizers
from handful.testing.laws._law import LawBroken, laws_of
from handful.testing.laws.case import Case
from handful.testing.laws.optimizers import Task

FOR_METHODS = laws_of(methods)
FOR_OBJECTIVES = laws_of(objectives)
FOR_OPTIMIZERS = laws_of(optimizers)

__all__ = ["FOR_METHODS", "FOR_OBJECTIVES", "FOR_OPTIMIZERS", "Case", "LawBroken", "Task"]
