"""Replays that differ, and plans that do not fit."""

from __future__ import annotations

from collections.abc import Iterable

from handful.errors._base import InfeasibleError, UsageError, VerifyError


def replay_differs(what: str, differences: list[str]) -> VerifyError:
    """Something is not as the manifest says."""
    shown = "; ".join(differences[:6])
    more = f"; and {len(differences) - 6} more" if len(differences) > 6 else ""
    return VerifyError(f"Not the same: {what}: {shown}{more}.")


def replay_needs(what: str, why: str) -> UsageError:
    """A manifest that does not hold all that was used."""
    return UsageError(
        f"{what} cannot be had from the manifest alone: {why}. Pass it again, in Python: "
        "handful.verify(manifest, data, like=…)."
    )


def too_little_memory(needed: int, allowed: int, would_fit: Iterable[str]) -> InfeasibleError:
    """A plan, in bytes, that the limit has no room for."""
    ways = list(would_fit)
    advice = f" This would fit: {'; '.join(ways)}." if ways else ""
    return InfeasibleError(
        f"About {needed / 1e9:,.1f} GB are needed, and --memory allows {allowed / 1e9:,.1f} GB.{advice}"
    )
