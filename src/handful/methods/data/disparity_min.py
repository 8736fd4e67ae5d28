"""Disparity min: the closest two picks as far apart as can be."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import disparity_min

DisparityMin = offered(
    disparity_min.DisparityMin,
    needs=("features",),
    paper="Gonzalez 1985, Clustering to minimize the maximum intercluster distance",
    work=_works.pick_by_pick,
    cost="O(n·k·d) time",
    optimises=("coverage", "diversity"),
)
