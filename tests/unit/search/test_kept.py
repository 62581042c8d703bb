"""A built index on disk: found again bit for bit, and never trusted blindly."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from knowledge import kept
from knowledge.model import Library
from knowledge.search import Finder, ready, searchable
from knowledge.search.arrays import packed, unpacked
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
    second = searchable(base, tmp_path, again if model else None)

    assert again.asked == 0
    assert found(second) == found(fresh) == found(searchable(base, None, Letters() if model else None))


def test_with_and_without_the_model_are_kept_apart(base: Library, tmp_path: Path) -> None:
    searchable(base, tmp_path, Letters())
    without = searchable(base, tmp_path)

    assert isinstance(without.find, Finder)
    assert without.find.full is None
    assert len(list(tmp_path.glob("search-*"))) == 2


def test_every_spoilt_file_is_built_anew(base: Library, tmp_path: Path) -> None:
    good = found(searchable(base, tmp_path, Letters()))
    (file,) = tmp_path.glob("search-*")
    whole = file.read_bytes()
    for place in (*range(0, len(whole), len(whole) // 23), len(whole) - 1):
        spoilt = bytearray(whole)
        spoilt[place] ^= 1 << place % 8
        for content in (bytes(spoilt), whole[:place]):
            file.write_bytes(content)
            assert found(searchable(base, tmp_path, Letters())) == good
    assert file.read_bytes() == whole  # renewed


def test_a_file_with_python_objects_is_not_opened(base: Library, tmp_path: Path) -> None:
    good = found(searchable(base, tmp_path, Letters()))
    (file,) = tmp_path.glob("search-*")
    objects = io.BytesIO()
    np.savez(objects, allow_pickle=True, digest=np.array([{"a": 1}], object))
    assert unpacked(objects.getvalue()) is None
    kept.keep(tmp_path, "search", file.name.removeprefix("search-"), objects.getvalue())  # under a true digest

    assert found(searchable(base, tmp_path, Letters())) == good


def test_only_the_newest_indexes_stay(base: Library, tmp_path: Path) -> None:
    from dataclasses import replace

    for number in range(11):
        searchable(replace(base, version=f"{number:016}"), tmp_path)

    assert len(list(tmp_path.glob("search-*"))) == 8


def test_a_folder_in_the_way_is_no_error(base: Library, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    assert found(searchable(base, tmp_path / "file")) == found(searchable(base))


def test_no_bit_of_what_is_kept_ends_a_program(base: Library, tmp_path: Path) -> None:
    """Not even where the digest is right: whatever cannot be read is made again."""
    whole = packed({"a": np.arange(3), "b": np.zeros((2, 2), np.float16)})
    for place in range(len(whole)):
        for bit in range(8):
            spoilt = bytearray(whole)
            spoilt[place] ^= 1 << bit
            unpacked(bytes(spoilt))  # raises nothing


def test_what_is_ready_takes_no_time(base: Library, tmp_path: Path) -> None:
    assert ready(base, None) is None
    assert ready(base, tmp_path, Letters()) is None
    good = found(searchable(base, tmp_path, Letters()))
    model = Letters()
    made = ready(base, tmp_path, model)
    assert made is not None
    assert model.asked == 0
    assert found(made) == good
    (file,) = tmp_path.glob("search-*")
    file.write_bytes(b"")
    assert ready(base, tmp_path, Letters()) is None


def test_what_was_used_last_stays_whatever_the_clock_says(tmp_path: Path) -> None:
    for number in range(9):
        kept.keep(tmp_path, "search", f"{number}", b"x")
        os.utime(tmp_path / f"search-{number}", (2e9, 2e9))  # years ahead of us
    kept.keep(tmp_path, "search", "new", b"y")
    assert kept.fetch(tmp_path, "search", "new") == b"y"
    assert len(list(tmp_path.iterdir())) == 8
