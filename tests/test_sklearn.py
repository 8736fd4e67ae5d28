import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

from handful.errors import UsageError
from handful.methods.data.k_center import KCenter
from handful.sklearn import SubsetSelector

X = np.random.default_rng(0).standard_normal((60, 4))
Y = np.arange(60) % 3

if tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 6):
    from sklearn.utils.estimator_checks import parametrize_with_checks

    @parametrize_with_checks(
        [
            SubsetSelector(),
            SubsetSelector(rows=5, method="random"),
            SubsetSelector(rows=3, method="k_center"),
        ],
    )
    def test_it_keeps_scikit_learns_own_laws(estimator, check):
        check(estimator)
