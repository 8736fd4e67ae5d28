"""Progress of long work, told to whoever listens; silence is the default."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Listens to the work. `cli` shows it on stderr; a library call shows nothing."""

    def stage(self, label: str, total: int | None) -> None:
        """A new stage of `total` steps begins (None: unknown)."""
        ...

    def advance(self, steps: int) -> None:
        """So many steps of the present stage are done."""
        ...

    def note(self, sentence: str) -> None:
        """Something worth a line: what was chosen, what was skipped."""
        ...


class Silent:
    """Hears nothing."""

    def stage(self, label: str, total: int | None) -> None:
        """Say nothing."""

    def advance(self, steps: int) -> None:
        """Say nothing."""

    def note(self, sentence: str) -> None:
        """Say nothing."""
