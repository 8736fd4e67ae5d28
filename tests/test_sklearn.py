import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn
from sklearn.base import clone

import handful
from handful.errors import UsageError
from handful.methods.data.k_center import KCenter
from handful.sklearn import SubsetSelector

X = np.random.default_rng(0).standard_normal((60, 4))
Y = np.arange(60) % 3
MODERN = tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 6)

ZEROS = "its X has a row of zeros, which has no direction and is refused by name"
EXPECTED = dict.fromkeys(
    (
        "check_estimators_dtypes",
        "check_estimator_sparse_tag",
        "check_estimator_sparse_array",
        "check_estimator_sparse_matrix",
    ),
    ZEROS,
)

if MODERN:
    from sklearn.utils.estimator_checks import parametrize_with_checks

    @parametrize_with_checks(
        [SubsetSelector(), SubsetSelector(rows=3, method="k_center")],
        expected_failed_checks=lambda estimator: EXPECTED,
    )
    def test_it_keeps_scikit_learns_own_laws(estimator, check):
        check(estimator)

    @parametrize_with_checks([SubsetSelector(rows=5, method="random")])
    def test_a_method_that_sees_no_features_keeps_all_of_them(estimator, check):
        check(estimator)

else:

    @pytest.mark.skip(reason="expected failures are declared as scikit-learn 1.6 has them")
    def test_it_keeps_scikit_learns_own_laws():
        pass


def test_it_picks_what_the_library_picks():
    fitted = SubsetSelector(rows=7, method="k_center", seed=2).fit(X)
    chosen = handful.select(X, rows=7, method="k_center", seed=2, cache=False)
    assert fitted.sample_indices_.tolist() == chosen.rows().tolist()
    assert fitted.selection_.indices.tolist() == chosen.indices.tolist()


@pytest.mark.parametrize(
    ("given", "k"),
    [
        ({}, 6),
        ({"rows": 9}, 9),
        ({"fraction": 0.5}, 30),
        ({"fraction": "5%"}, 3),
        ({"rows": 9, "fraction": 0.1}, 6),
    ],
)
def test_as_many_rows_are_picked_as_asked(given, k):
    assert len(SubsetSelector(method="random", **given).fit(X).sample_indices_) == k


KINDS = {
    "arrays": (X, Y),
    "frames": (pd.DataFrame(X, columns=list("abcd")), pd.Series(Y, name="y")),
    "sparse": (scipy.sparse.csr_matrix(X), Y),
    "lists": (X.tolist(), [f"class {label}" for label in Y]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_rows_come_back_in_their_order_and_of_their_type(kind):
    selector = SubsetSelector(rows=9, method="stratified")
    some, labels = selector.fit_resample(*KINDS[kind])
    rows = selector.sample_indices_
    assert type(some) is type(KINDS[kind][0])
    assert type(labels) is type(KINDS[kind][1])
    dense = some.toarray() if kind == "sparse" else np.asarray(some)
    assert dense.tolist() == X[rows].tolist()
    assert list(labels) == [list(KINDS[kind][1])[row] for row in rows]
    assert (np.diff(rows) > 0).all()


def test_without_y_rows_alone_come_back():
    assert SubsetSelector(rows=4, method="k_center").fit_resample(X).shape == (4, 4)


def test_classes_are_groups_and_numbers_are_not():
    picked = SubsetSelector(rows=9, method="stratified").fit_resample(X, Y)[1]
    assert np.bincount(picked).tolist() == [3, 3, 3]
    with pytest.raises(UsageError, match="stratified needs groups"):
        SubsetSelector(rows=9, method="stratified").fit(X, Y + 0.5 + X[:, 0])


def test_weights_stand_beside_the_rows_they_belong_to():
    skewed = np.r_[np.zeros(50, int), np.ones(10, int)]
    fitted = SubsetSelector(rows=7, method="stratified").fit(X, skewed)
    groups = skewed[fitted.sample_indices_]
    sizes = np.array([50, 10]) / np.bincount(groups)
    assert fitted.sample_weight_.tolist() == sizes[groups].tolist()
    assert SubsetSelector(rows=7, method="k_center").fit(X).sample_weight_ is None


def test_a_configured_method_or_its_name_and_parameters_are_the_same():
    named = SubsetSelector(rows=5, method="k_center", params={"distance": "euclidean"}).fit(X)
    configured = SubsetSelector(rows=5, method=KCenter(distance="euclidean")).fit(X)
    default = SubsetSelector(rows=5, method="k_center").fit(X)
    assert named.sample_indices_.tolist() == configured.sample_indices_.tolist()
    assert named.sample_indices_.tolist() != default.sample_indices_.tolist()


def test_rows_of_zeros_are_refused_by_name_where_features_count():
    holed = X.copy()
    holed[17] = 0
    with pytest.raises(ValueError, match=r"embedding\[17\] is all zeros"):
        SubsetSelector(rows=5, method="k_center").fit(holed)
    assert len(SubsetSelector(rows=5, method="random").fit(holed).sample_indices_) == 5


def test_labels_of_no_known_kind_are_refused():
    with pytest.raises(ValueError, match="Unknown label type"):
        SubsetSelector(rows=5).fit(X, np.array([None, 1.5] * 30, dtype=object))


def test_it_is_cloned_and_pickled():
    selector = SubsetSelector(rows=5, method="k_center", seed=4)
    assert clone(selector).get_params() == selector.get_params()
    again = pickle.loads(pickle.dumps(selector.fit(X)))
    assert again.sample_indices_.tolist() == selector.sample_indices_.tolist()
    assert selector.set_params(rows=3).fit(X).sample_indices_.shape == (3,)
