"""Graph cut: rows that stand for many, less what the picks say twice."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import graph_cut

GraphCut = offered(
    graph_cut.GraphCut,
    needs=("features",),
    paper="Iyer, Khargoankar, Bilmes & Asanani 2021, Submodular combinatorial information measures",
    work=_works.totals,
    cost="O(n²·d) time once, O(n·d) a pick",
    optimises=("coverage", "diversity"),
)
