"""Concave over modular: much of every target row, with less return for more of the same."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import com

COM = offered(
    com.COM,
    needs=("features", "target_features"),
    paper="Kothawade et al. 2022, PRISM: targeted subset selection",
    work=_works.targeted,
    cost="O(q·n·d) a sweep",
)
