"""A base that was read and checked before, from disk: no YAML is parsed where no file has changed.

What is kept is named by the bytes of all files of the base and by the code that read them, so that it is the same
library that reading them again would give. It is data in JSON, a line for each topic; nothing in it can be executed.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from knowledge import kept
from knowledge.assembly import assemble
from knowledge.files import Files, gather
from knowledge.model import Base, Item, Library, Need, Option, Source, Topic
from knowledge.progress import Progress

KIND = "library"
_HERE = Path(__file__).parent


def load_cached(folder: Path, cache: Path | None, progress: Progress | None = None) -> Library:
    """The library in this folder, as `knowledge.loader.load` gives it; read from the folder `cache` where it is known.

    A library that had to be read is kept there for the next time; `progress` hears how far reading is. Without `cache`,
    or where it cannot be used, this is `load`. Warnings are not told: that is what `knowledge.check` is for, which
    never looks here.

    Raises:
        KnowledgeError: something is wrong; its `problems` name everything, warnings too.
    """
    files = gather(folder)
    ours = _our_code()
    if cache is None or not ours or files.broken:
        return _read(files, progress)
    key = _key(files, ours)
    library = _decoded(kept.fetch(cache, KIND, key))
    if library is None:
        library = _read(files, progress)
        kept.keep(cache, KIND, key, _encoded(library))
    return library


def _read(files: Files, progress: Progress | None) -> Library:
    from knowledge.loader import load_files  # with the YAML parser and the checks: not where they are not needed

    return load_files(files, progress)


@lru_cache(maxsize=1)
def _our_code() -> bytes:
    """Everything but the files that decides what is read: our modules, the YAML parsers, Python. b"" if unknown."""
    import importlib.util

    parsers = [importlib.util.find_spec(name) for name in ("ruamel.yaml", "yaml")]  # their __init__.py hold versions
    sources = [*sorted(_HERE.glob("*.py")), *(Path(found.origin) for found in parsers if found and found.origin)]
    try:
        parts = [source.read_bytes() for source in sources]
    except OSError:
        return b""
    return kept.key(sys.version.encode(), *parts).encode() if _HERE / "loader.py" in sources else b""


def _key(files: Files, ours: bytes) -> str:
    parts = [part for file in files.files for part in (os.fsencode(file.path), file.data)]
    return kept.key(ours, *parts)


def _encoded(library: Library) -> bytes:
    head = {"version": library.version, "base": asdict(library.base)}
    lines = [head, *map(asdict, library.topics.values())]
    return b"\n".join(json.dumps(line, default=date.isoformat).encode() for line in lines)


def _decoded(data: bytes | None) -> Library | None:
    if data is None:
        return None
    head, *lines = data.split(b"\n")  # a topic at a time: parsing JSON lets no other thread run
    try:
        about = json.loads(head)
        topics = [_topic(json.loads(line)) for line in lines]
        return assemble(Base(**_frozen(about["base"])), topics, about["version"])
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):  # whole, but no library
        return None


def _topic(values: Mapping[str, Any]) -> Topic:
    made = _frozen(values)
    made["needs"] = tuple(Need(**need) for need in values["needs"])
    made["sources"] = tuple(Source(**source) for source in values["sources"])
    made["reviewed"] = date.fromisoformat(values["reviewed"]) if values["reviewed"] else None
    made["items"] = tuple(_item(item) for item in values["items"])
    return Topic(**made)


def _item(values: Mapping[str, Any]) -> Item:
    made = _frozen(values)
    made["options"] = tuple(Option(**option) for option in values["options"])
    return Item(**made)


def _frozen(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if type(value) is list else value for name, value in values.items()}
