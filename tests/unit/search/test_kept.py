"""A built index on disk: found again bit for bit, and never trusted blindly."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from knowledge.model import Library
from knowledge.search import Finder, searchable
from tests.unit.search.base import article

QUESTIONS = (
    "data infrastructure jobs",
    "why is my servce slow",
    "rent a cloud",
    "metrics",
    "zxcvbnm",
    "",
    "ML enginer",
)


class Letters:
    """A stand-in for the model: meaning is how often each letter occurs. Counts what it is asked."""

    name = "letters"
    dimensions = 26

    def __init__(self) -> None:
        self.asked = 0

    def embed(self, text: str) -> NDArray[np.float32]:
        self.asked += 1
        vector = np.array([text.count(chr(97 + n)) for n in range(26)], np.float32)
        length = float(np.linalg.norm(vector))
        return vector / length if length else vector


def found(library: Library) -> list[str]:
    return [repr(library.find(question)) for question in QUESTIONS]


@pytest.fixture(scope="module")
def base() -> Library:
    return article()


@pytest.mark.parametrize("model", [True, False])
def test_an_index_from_disk_answers_bit_for_bit_alike(base: Library, tmp_path: Path, model: bool) -> None:
    fresh = searchable(base, tmp_path, Letters() if model else None)
    again = Letters()
    kept = searchable(base, tmp_path, again if model else None)

    assert again.asked == 0
    assert found(kept) == found(fresh) == found(searchable(base, None, Letters() if model else None))


def test_with_and_without_the_model_are_kept_apart(base: Library, tmp_path: Path) -> None:
    searchable(base, tmp_path, Letters())
    without = searchable(base, tmp_path)

    assert isinstance(without.find, Finder)
    assert without.find.full is None
    assert len(list(tmp_path.glob("search-*.npz"))) == 2


def test_every_spoilt_file_is_built_anew(base: Library, tmp_path: Path) -> None:
    good = found(searchable(base, tmp_path, Letters()))
    (file,) = tmp_path.glob("search-*.npz")
    whole = file.read_bytes()
    for place in range(0, len(whole), len(whole) // 23):
        spoilt = bytearray(whole)
        spoilt[place] ^= 0xFF
        for content in (bytes(spoilt), whole[:place]):
            file.write_bytes(content)
            assert found(searchable(base, tmp_path, Letters())) == good
    assert file.read_bytes() == whole  # renewed


def test_a_file_with_python_objects_is_not_opened(base: Library, tmp_path: Path) -> None:
    good = found(searchable(base, tmp_path, Letters()))
    (file,) = tmp_path.glob("search-*.npz")
    with file.open("wb") as out:
        np.savez(out, allow_pickle=True, digest=np.array([{"a": 1}], object))

    assert found(searchable(base, tmp_path, Letters())) == good


def test_only_the_newest_indexes_stay(base: Library, tmp_path: Path) -> None:
    from dataclasses import replace

    for number in range(11):
        searchable(replace(base, version=f"{number:016}"), tmp_path)

    assert len(list(tmp_path.glob("search-*.npz"))) == 8


def test_a_folder_in_the_way_is_no_error(base: Library, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    assert found(searchable(base, tmp_path / "file")) == found(searchable(base))
