"""Arrays in a file that can be trusted or is not there: whole, unaltered, and unable to run anything.

Contributes nothing to answers; `kept` and `vectors` keep what is costly to compute in such files.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = dict[str, Array]


def save(file: Path, arrays: Arrays) -> None:
    """Write arrays whole or not at all, with a digest of their content; nothing happens where that is not possible."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=file.parent, suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as out:
                np.savez(out, digest=np.frombuffer(_digest(arrays), np.uint8), **arrays)  # type: ignore[arg-type]
            Path(name).replace(file)  # another process may be reading
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError:
        return


def load(file: Path) -> Arrays | None:
    """The arrays of a file that `save` wrote; None if it is absent, torn or altered."""
    try:
        # opened here: numpy leaves a file open that is none of its own
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as held:
            arrays = {name: held[name] for name in held.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, NotImplementedError):
        return None
    digest = arrays.pop("digest", None)
    return arrays if digest is not None and digest.tobytes() == _digest(arrays) else None


def _digest(arrays: Mapping[str, Array]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.data if array.size else b"")
    return digest.digest()
