"""Probabilistic cover: each row covers each element with some chance."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import probabilistic_cover

ProbabilisticCover = offered(
    probabilistic_cover.ProbabilisticCover,
    needs=("features",),
    paper="Iyer & Bilmes 2013, Submodular optimization with submodular cover and submodular knapsack constraints",
    work=_works.entries,
    cost="O(nonzeros) a sweep",
    optimises=("coverage",),
)
