"""Targeted facility location: serve the pool, each row as far as the target cares for it."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import flvmi

FLVMI = offered(
    flvmi.FLVMI,
    needs=("features", "target_features"),
    paper="Kothawade et al. 2022, PRISM: targeted subset selection",
    work=_works.all_pairs,
    cost="O(n²·d) time",
)
