"""Arrays, as bytes and back. Nothing in such bytes can run, and what is no arrays is none.

Contributes nothing to answers; `stored` and `vectors` keep what is costly to compute in this form.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Arrays = dict[str, Array]


def packed(arrays: Arrays) -> bytes:
    """Named arrays as bytes: numpy's .npz."""
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **arrays)
    return out.getvalue()


def unpacked(data: bytes | None) -> Arrays | None:
    """The arrays that `packed` wrote; None for None and for anything else."""
    if data is None:
        return None
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            return {name: held[name] for name in held.files}
    except Exception:  # numpy and zipfile have many ways to refuse; whatever it is, it is made again
        return None
