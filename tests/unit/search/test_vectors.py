"""Vectors of phrases: cosines by topic, phrases held out, and what is kept on disk."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from knowledge.search import vectors as vectors_module
from knowledge.search.vectors import Vectors, embedded

OWNERS = [0, 0, 1, 3]  # topic 2 has no phrase


def unit(*numbers: float) -> NDArray[np.float32]:
    vector = np.array(numbers, np.float32)
    return vector / np.linalg.norm(vector)


PHRASES = np.stack([unit(1, 0, 0), unit(0, 1, 0), unit(0, 1, 0), unit(0, 0, 1)]).astype(np.float16)


@pytest.fixture
def vectors() -> Vectors:
    return Vectors(PHRASES, OWNERS, 4)


def test_a_topic_is_as_near_as_its_phrases_together_or_as_the_nearest(vectors: Vectors) -> None:
    asked = unit(1, 0, 0)
    together = vectors.together(asked)

    assert together == pytest.approx([np.sqrt(0.5), 0, 0, 0], abs=1e-3)
    assert vectors.nearest(asked, together) == pytest.approx([1, 0, 0, 0], abs=1e-3)


def test_a_phrase_held_out_counts_for_nothing(vectors: Vectors) -> None:
    asked = vectors.phrase(0)
    together = vectors.together(asked, without=0)

    assert together == pytest.approx([0, 0, 0, 0], abs=1e-3)
    assert vectors.nearest(asked, together, without=0).max() == pytest.approx(0, abs=1e-3)
    alone = vectors.phrase(3)
    assert vectors.together(alone, without=3).tolist() == [0, 0, 0, 0]  # its topic has nothing left


def test_what_means_the_opposite_is_not_less_than_unlike(vectors: Vectors) -> None:
    assert vectors.together(-unit(1, 1, 1)).tolist() == [0, 0, 0, 0]


class Counting:
    """Embeds by the letters of a text, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, text: str) -> NDArray[np.float32]:
        self.asked.append(text)
        return unit(*(1 + text.count(letter) for letter in "abc"))


def test_only_what_is_new_is_embedded_again(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first, second = Counting(), Counting()
    before = embedded(["aa", "ab", "aa"], first, 3, cache)
    after = embedded(["ab", "bc", "aa"], second, 3, cache)

    assert first.asked == ["aa", "ab"]
    assert second.asked == ["bc"]
    assert after[[2, 0]].tobytes() == before[[0, 1]].tobytes()  # bit for bit what it was when it was new
    assert embedded(["ab"], second, 3, None).tobytes() == before[[1]].tobytes()


@pytest.mark.parametrize("spoil", [b"", b"PK\x03\x04 torn", None])
def test_a_spoilt_file_is_made_anew(tmp_path: Path, spoil: bytes | None) -> None:
    good = embedded(["aa", "ab"], Counting(), 3, tmp_path)
    (file,) = tmp_path.iterdir()
    raw = bytearray(file.read_bytes())
    if spoil is None:
        raw[raw.index(good[0].tobytes())] ^= 1  # one bit of one vector
    file.write_bytes(bytes(raw) if spoil is None else spoil)
    again = Counting()

    assert embedded(["aa", "ab"], again, 3, tmp_path).tobytes() == good.tobytes()
    assert again.asked == ["aa", "ab"]
    assert embedded(["aa"], Counting(), 3, tmp_path).tobytes() == good[:1].tobytes()


def test_what_was_asked_for_last_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors_module, "KEPT_MAX", 2)
    embedded(["aa", "ab"], Counting(), 3, tmp_path)
    embedded(["aa", "bc"], Counting(), 3, tmp_path)
    again = Counting()
    embedded(["bc", "aa", "ab"], again, 3, tmp_path)
    assert again.asked == ["ab"]


def test_vectors_of_another_model_are_not_taken(tmp_path: Path) -> None:
    embedded(["aa"], Counting(), 3, tmp_path)

    assert embedded(["aa"], lambda text: np.ones(2, np.float32), 2, tmp_path).shape == (1, 2)
    other = Counting()
    embedded(["aa"], other, 3, tmp_path, "another model")
    assert other.asked == ["aa"]


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    assert embedded(["aa"], Counting(), 3, tmp_path / "file" / "vectors.npz").shape == (1, 3)
