"""Embeddings of a sentence-transformers model the user has (the extra `models`)."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from handful import errors
from handful.parameters import parameter
from handful.pool import Strings


@dataclass(frozen=True)
class SentenceModel:
    """A sentence-transformers model: (m, d) float32 unit rows; an empty text is the zero vector.

    The model is read from disk and never fetched. Cost: one forward pass a text.

    Source: Reimers & Gurevych 2019, Sentence-BERT.
    """

    model: str = parameter("", "Folder of the model, or its name in the local model cache.")
    batch: int = parameter(64, "Texts a forward pass.", low=1)

    version: ClassVar[int] = 1
    sample_rows: ClassVar[int] = 0

    def fit(self, sample: Strings, seed: int) -> FittedSentenceModel:
        """Load the model; nothing is learnt from the sample."""
        if not self.model:
            raise errors.bad_parameter("sentence_model", "model", self.model, "a folder or a name")
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError:
            raise errors.missing_extra("--features sentence_model", "models") from None
        try:
            model = SentenceTransformer(self.model, local_files_only=True)
        except OSError:
            raise errors.model_not_here(self.model) from None
        width = model.encode(["a text"], show_progress_bar=False).shape[1]
        return FittedSentenceModel(model, int(width), self.batch)


@dataclass(frozen=True, eq=False)
class FittedSentenceModel:
    """Encodes texts, one block at a time: a model spreads over the cores by itself."""

    model: Any
    d: int
    batch: int
    turn: threading.Lock = field(default_factory=threading.Lock)
    sparse: ClassVar[bool] = False

    def apply(self, texts: Strings) -> NDArray[np.float32]:
        """(m, d) unit rows, or zero."""
        written = [row for row, text in enumerate(texts) if text.strip()]
        out = np.zeros((len(texts), self.d), np.float32)
        if written:
            with self.turn:
                out[written] = self.model.encode(
                    [texts[row] for row in written],
                    batch_size=self.batch,
                    normalize_embeddings=True,
                    show_progress_bar=False,
                )
        return out
