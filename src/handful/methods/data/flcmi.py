"""Targeted, conditional facility location: what the target cares for and is not yet owned."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import flcmi

FLCMI = offered(
    flcmi.FLCMI,
    needs=("features", "target_features", "given_features"),
    paper="Kothawade et al. 2022, PRISM: targeted subset selection",
    work=_works.all_pairs,
    cost="O(n²·d) time",
)
