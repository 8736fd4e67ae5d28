"""Set cover: as many elements as possible, each counted once."""

from handful.methods._maximise import offered
from handful.objectives import set_cover

SetCover = offered(
    set_cover.SetCover,
    needs=("features",),
    paper="Nemhauser, Wolsey & Fisher 1978, An analysis of approximations for maximizing submodular set functions",
    cost="O(nonzeros) a sweep",
    optimises=("coverage",),
)
