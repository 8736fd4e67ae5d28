"""Set cover: as many elements as possible, each counted once."""

from handful.methods import _works
from handful.methods._maximise import offered
from handful.objectives import set_cover

SetCover = offered(
    set_cover.SetCover,
    needs=("features",),
    paper="Nemhauser, Wolsey & Fisher 1978, An analysis of approximations for maximizing submodular set functions",
    work=_works.entries,
    cost="O(nonzeros) a sweep",
    optimises=("coverage",),
)
