"""The peer's side of `max_div.py`; runs in its environment, where handful is not."""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from max_div import Constraint, DiversityMetric, MaxDivProblem, MaxDivSolverBuilder, seconds


def solve(data: dict[str, np.ndarray], allowed: float) -> list[int]:
    """Its picks under its default preset, for so many seconds."""
    groups = data["groups"]
    constraints = [
        Constraint(set(np.flatnonzero(groups[:, column] == code).tolist()), int(low), int(high))
        for column, code, low, high in data["limits"].tolist()
    ]
    problem = MaxDivProblem.new(
        data["x"],
        k=int(data["k"]),
        diversity_metric=DiversityMetric.MIN_SEPARATION,
        constraints=constraints,
    )
    solver = MaxDivSolverBuilder(problem).with_preset(seconds(allowed)).with_seed(0).build()
    return [int(row) for row in solver.solve(verbosity=0).i_selected]


if __name__ == "__main__":
    given = dict(np.load(sys.argv[1]))
    solve(given, 0.2)  # compiles
    for allowed in map(float, sys.argv[2:]):
        cpu, wall = time.process_time(), time.perf_counter()
        rows = solve(given, allowed)
        found = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, "rows": rows}
        print(json.dumps(found), flush=True)
