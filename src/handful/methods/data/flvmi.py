"""Targeted facility location: serve the pool, each row as far as the target cares for it."""

from handful.methods._maximise import offered
from handful.objectives import flvmi

FLVMI = offered(
    flvmi.FLVMI,
    needs=("features", "target_features"),
    paper="Kothawade et al. 2022, PRISM: targeted subset selection",
    cost="O(n²·d) time",
)
