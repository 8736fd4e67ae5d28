"""Conditional facility location: serve the pool where what is already owned does not."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import flcg

FLCG = offered(
    flcg.FLCG,
    needs=("features", "given_features"),
    paper="Kothawade et al. 2022, PRISM: targeted subset selection",
    work=_works.all_pairs,
    cost="O(n²·d) time",
)
