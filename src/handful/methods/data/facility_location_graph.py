"""Facility location over a neighbour graph: for pools where comparing all pairs takes too long."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import facility_location_graph
from handful.runtime.work import Size, Work


def _work(size: Size) -> Work:
    """Each pair once for the graph; then its edges, held twice, by row and by candidate."""
    return Work(
        multiply_adds=0.5 * float(size.n) * size.entries,
        memory_bytes=size.n * (64 + 20 * 40) + _works.rows(size),
    )


FacilityLocationGraph = offered(
    facility_location_graph.FacilityLocationGraph,
    needs=("features",),
    paper="Wei, Iyer & Bilmes 2014, Fast multi-stage submodular maximization",
    work=_work,
    cost="O(n²·d/2) time for the exact graph, kept in the cache; then linear in its edges",
    optimises=("coverage",),
)
