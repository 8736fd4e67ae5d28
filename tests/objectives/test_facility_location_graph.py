"""Facility location over a neighbour graph: named apart, and honest about what it does not cover."""

import numpy as np
import pytest
from scipy import sparse

import handful
from handful.errors import UsageError
from handful.graphs.neighbour_graph import neighbour_graph
from handful.objectives import Arrays, FacilityLocation, FacilityLocationGraph
from handful.optimizers import maximize
from handful.testing.clustered import clustered

X = clustered(400, 8)


def test_with_all_neighbours_it_is_facility_location_over_all_pairs():
    view = Arrays({"x": X})
    over_graph = maximize(FacilityLocationGraph(neighbours=399), view, rows=20)
    over_pairs = maximize(FacilityLocation(), view, rows=20)
    assert over_graph.indices.tolist() == over_pairs.indices.tolist()
    assert over_graph.value == pytest.approx(over_pairs.value, rel=1e-6)


def test_missing_pairs_count_nothing_and_rows_without_a_pick_are_told():
    x = np.repeat(np.eye(4, dtype=np.float32), 5, axis=0)
    x[0] = 0  # knows nobody, and nobody knows it
    picks = maximize(FacilityLocationGraph(neighbours=4), Arrays({"x": x}), rows=2)
    assert picks.value == pytest.approx(10)
    assert picks.notes["rows_not_covered"] == pytest.approx(0.5)
    picks = maximize(FacilityLocationGraph(neighbours=4), Arrays({"x": x}), rows=4)
    assert picks.notes["rows_not_covered"] == pytest.approx(1 / 20)


def test_a_graph_may_be_given_as_a_matrix_or_as_it_was_made():
    made = neighbour_graph(X, 6)
    from_rows = maximize(FacilityLocationGraph(neighbours=6), Arrays({"x": X}), rows=15)
    for graph in (made, made.matrix, made.matrix.tocsc()):
        picks = maximize(FacilityLocationGraph(graph=graph), Arrays(rows=400), rows=15)
        assert picks.indices.tolist() == from_rows.indices.tolist()
        assert picks.value == from_rows.value
    with pytest.raises(UsageError, match="ndarray"):
        maximize(FacilityLocationGraph(graph=np.eye(3)), Arrays(rows=3), rows=1)
    with pytest.raises(UsageError, match="shape"):
        maximize(FacilityLocationGraph(graph=sparse.eye(3)), Arrays(rows=4), rows=1)


def test_the_graph_is_built_once_however_often_it_is_asked_about(monkeypatch):
    from handful.objectives import facility_location_graph as room

    built = []

    def counted(*arguments, **named):
        built.append(1)
        return neighbour_graph(*arguments, **named)

    monkeypatch.setattr(room, "neighbour_graph", counted)
    maximize(FacilityLocationGraph(neighbours=4), Arrays({"x": X}), rows=5, certificate="tight")
    both = 0.5 * FacilityLocationGraph(neighbours=4) + FacilityLocationGraph(neighbours=2)
    maximize(both, Arrays({"x": X}), rows=5)
    assert len(built) == 3


def test_by_name_the_summary_and_the_manifest_tell_of_the_graph(tmp_path):
    asked = {"rows": 12, "method": "facility_location_graph", "certify": "tight"}
    first = handful.select(X, **asked, params={"neighbours": 5}, cache=tmp_path)
    again = handful.select(X, **asked, params={"neighbours": 5}, cache=tmp_path, threads=1)
    alone = handful.select(X, **asked, params={"neighbours": 5}, cache=False)
    assert first.indices.tolist() == again.indices.tolist() == alone.indices.tolist()
    notes = first.manifest["result"]["notes"]
    assert notes == again.manifest["result"]["notes"] == alone.manifest["result"]["notes"]
    assert 0 < notes["rows_not_covered"] < 1
    assert notes["graph"]["sha256"] == neighbour_graph(X, 5).record["sha256"]
    assert first.value <= first.upper_bound
    assert notes["random_value"] < first.value
