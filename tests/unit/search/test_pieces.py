"""Word pieces: the numbers are BERT's own."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.search.pieces import HEAD, TAIL, pieces, vocabulary

START, END = 101, 102


# What the `tokenizers` library gives for the model's published tokenizer.
@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("how do i become a data engineer?", [2129, 2079, 1045, 2468, 1037, 2951, 3992, 1029]),
        ("kuberntes vs docker-compose", [13970, 5677, 17340, 5443, 8946, 2121, 1011, 17202]),
        ("electroencephalographically", [16175, 10127, 21890, 21197, 20721, 3973]),
        ("what's ci/cd?", [2054, 1005, 1055, 25022, 1013, 3729, 1029]),
        ("c++ c# $5 ^_^ `x`", [1039, 1009, 1009, 1039, 1001, 1002, 1019, 1034, 1035, 1034, 1036, 1060, 1036]),
        ("don’t — “quote” … «ok»", [2123, 1521, 1056, 1517, 1523, 14686, 1524, 1529, 1077, 7929, 1090]),
        ("Ünïcödé CAFÉ naïve", [27260, 7668, 15743]),
        ("e\u0301clair", [14925, 19771, 2099]),
        ("İstanbul straße", [9960, 2358, 27807]),
        ("ΣΊΣΥΦΟΣ", [1173, 18199, 29733, 29735, 29736, 29730, 29733]),  # the last sigma is no final one
        ("数据 engineering 和 한국어", [100, 100, 3330, 1796, 1469, 30006, 30021, 29991, 30014, 30020, 29999, 30008]),
        ("١٢٣ हिन्दी", [100, 1339, 29877, 29863, 29861, 29878]),
        ("ﬁnance ①②", [1984, 7229, 3401, 100]),
        ("a\u200bb\u00adc\td\ne", [5925, 1040, 1041]),
        ("ab\x1cb", [11113, 2497]),
        ("🙂 ok", [100, 7929]),
        (
            "internationalization" * 5,  # a hundred letters, and no more, are a word
            [2248, 3989, *[18447, 11795, 3370, 11475, 9276] * 4],
        ),
        ("x" * 101, [100]),
    ],
)
def test_numbers_are_those_of_the_model(text: str, numbers: list[int]) -> None:
    assert pieces(text) == [START, *numbers, END]


@pytest.mark.parametrize("text", ["", "   ", " \u2003\n", "\x00\ufffd", "\u0301\u200d"])
def test_a_text_without_anything_to_read_has_no_pieces(text: str) -> None:
    assert pieces(text) == []


def test_marks_spelled_out_in_a_text_are_no_marks() -> None:
    numbers = pieces("[SEP] [CLS] [MASK] [PAD] [UNK]")
    assert numbers.count(START) == numbers.count(END) == 1
    assert not {0, 100, 103} & set(numbers)


def test_a_long_text_keeps_its_start_and_its_end() -> None:
    known = vocabulary()
    text = " ".join(["start"] * HEAD + ["middle"] * 5000 + ["end"] * TAIL)
    assert pieces(text) == [START, *[known["start"]] * HEAD, *[known["end"]] * TAIL, END]


@pytest.mark.parametrize("text", ["a" * 100_000, "é " * 50_000, "\u0301" * 100_000, "漢" * 100_000, "'" * 100_000])
def test_a_huge_text_costs_no_more_than_a_long_one(text: str) -> None:
    pieces("warm up: the vocabulary is read once")
    started = time.process_time()
    assert len(pieces(text)) <= HEAD + TAIL + 2
    assert time.process_time() - started < 0.05


@given(st.text())
def test_any_text_is_spelled(text: str) -> None:
    numbers = pieces(text)
    assert len(numbers) <= HEAD + TAIL + 2
    assert all(0 <= number < len(vocabulary()) for number in numbers)


@given(st.from_regex(r"[a-z0-9]{1,40}", fullmatch=True))
def test_pieces_of_a_plain_word_put_together_are_the_word(word: str) -> None:
    spelling = {number: piece for piece, number in vocabulary().items()}
    assert "".join(spelling[number].removeprefix("##") for number in pieces(word)[1:-1]) == word
