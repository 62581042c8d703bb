"""Search: which topics is a question about, and how sure is that?

`searchable(library)` gives the library a `find`. Stages, each a module that says what it contributes: `normalise`
(with `english`), `names`, `repair`, `index` (lexical evidence), `shape`, `fusion`, `calibrate`; `finder` runs them in
order and decides. No model, no network: everything is learned from the base when it is loaded.
"""

from __future__ import annotations

from dataclasses import replace

from knowledge.model import Library
from knowledge.search.finder import Finder

__all__ = ["Finder", "searchable"]


def searchable(library: Library) -> Library:
    """The same library with `find` answered by an index over its texts. Deterministic: same library, same answers."""
    return replace(library, find=Finder(library))
