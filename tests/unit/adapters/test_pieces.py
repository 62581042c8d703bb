"""Texts in pieces: where they are cut, and what is never lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.shared.characters import clean, linkable, shortened, units, visible
from adapters.shared.labels import file, lettered, of_buttons, of_options
from adapters.shared.pieces import Run, cut, flat
from bot.messages import Button, Document
from knowledge import markup

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


def pieces(text: str, size: int, changes: int = 100) -> list[tuple[Run, ...]]:
    return cut(flat(markup.parse(text)), size, changes)


def texts(text: str, size: int) -> list[str]:
    return ["".join(run.text for run in piece) for piece in pieces(text, size)]


def test_a_text_that_fits_is_one_piece() -> None:
    assert texts("One **two** three.\n\nFour.", 100) == ["One two three.Four."]
    assert pieces("", 100) == []


def test_paragraphs_stay_whole_where_they_fit() -> None:
    text = "\n\n".join(["a " * 20, "b " * 20, "c " * 20])
    assert [part.strip() for part in texts(text, 90)] == [
        ("a " * 20).strip() + ("b " * 20).strip(),
        ("c " * 20).strip(),
    ]


def test_then_lines_then_sentences_then_words_are_the_places_to_cut() -> None:
    assert texts("first line here\nsecond line here\nthird line here", 40) == [
        "first line here\nsecond line here",
        "third line here",
    ]
    assert texts("One two three four five. Six seven eight nine ten.", 40) == [
        "One two three four five.",
        "Six seven eight nine ten.",
    ]
    assert texts("one two three four five six", 14) == ["one two three", "four five six"]


def test_a_lists_items_stay_whole_and_keep_their_numbers() -> None:
    found = pieces("\n".join(f"{n}. item number {n}" for n in range(1, 7)), 60)
    assert [[run.spot.mark for run in piece] for piece in found] == [["1.", "2.", "3."], ["4.", "5.", "6."]]


def test_an_item_that_is_cut_goes_on_without_its_mark() -> None:
    found = pieces("- " + "word " * 30, 60)
    assert [piece[0].opens for piece in found] == [True, False, False]


def test_styles_and_links_go_on_behind_a_cut() -> None:
    found = pieces("**[" + "word " * 20 + "](https://example.com)**", 60)
    assert len(found) > 1
    assert {(run.style.bold, run.style.url) for piece in found for run in piece} == {(True, "https://example.com")}


def test_code_is_cut_between_lines_and_keeps_its_indentation() -> None:
    code = "\n".join(f"    line {n}\n        more" for n in range(6))
    found = pieces(f"```python\n{code}\n```", 60)
    assert all(run.spot.kind == "code" and run.spot.language == "python" for piece in found for run in piece)
    assert "\n".join(run.text for piece in found for run in piece) == code


def test_a_piece_has_no_more_styles_than_it_may() -> None:
    found = pieces(" ".join(f"**b{n}** c{n}" for n in range(30)), 10_000, changes=10)
    assert [sum(run.style.bold for run in piece) for piece in found] == [10, 10, 10]


@pytest.mark.parametrize(
    "letter", [FAMILY, "e\u0301", "\U0001f44d\U0001f3fd", "\U0001f1e9\U0001f1ea", "\u1112\u1161\u11ab"]
)
def test_letters_are_never_parted(letter: str) -> None:
    text = letter * 200
    for size in (100, 101, 102, 103):
        for part in texts(text, size):
            assert part.replace(letter, "") == ""
            assert units(part) <= size


def test_a_letter_with_marks_without_end_is_cut_after_all() -> None:
    found = texts("a" + "\u0301" * 5000, 200)
    assert all(units(part) <= 200 for part in found)
    assert sum(map(len, found)) >= 5000


@settings(max_examples=300, deadline=None)
@given(st.text("ab .\n*`-1[]()。、é\U0001f600\u200d", max_size=400), st.integers(100, 300))
def test_nothing_but_blanks_is_lost(text: str, size: int) -> None:
    whole = "".join(run.text for run in flat(markup.parse(text)))
    found = ["".join(run.text for run in piece) for piece in pieces(text, size)]
    assert "".join("".join(found).split()) == "".join(whole.split())
    assert all(units(part) <= size for part in found)


def test_what_platforms_refuse_is_replaced() -> None:
    assert clean("a\ud800b\x00c\x07d\ufffe") == "a\ufffdb\ufffdc\ufffdd\ufffd"
    assert clean("\ud83d\ude00") == "\U0001f600"  # a pair in two halves is one character
    assert clean("a\r\nb\rc\u2028d") == "a\nb\nc\nd"
    assert clean("\u202eabc\u202c \u2066x\u2069") == "abc x"
    assert clean("A\u030angstrom") == "Ångstrom"


def test_what_there_is_to_see() -> None:
    assert not visible(" \n\t\u00a0\u200b\u2060\u3000\u2800\ufe0f")
    assert visible("\u200b.")


def test_addresses_that_are_links_everywhere() -> None:
    assert linkable("https://example.com/a?b=c#d")
    assert linkable("http://sub.example.co.uk:8080/")
    for address in (
        "https://localhost/",
        "https://user@example.com/",
        "https://exa mple.com",
        "https://[::1]/",
        "http://a.b",
    ):
        assert not linkable(address)
    assert not linkable("https://example.com/" + "a" * 2000)


def test_other_links_show_their_address() -> None:
    assert texts("[the page](http://localhost/x)", 100) == ["the page (http://localhost/x)"]


def test_shortened_ends_behind_a_word() -> None:
    assert shortened("the standby server runs alongside", 24) == "the standby server runs…"
    assert shortened("short", 5) == "short"
    assert units(shortened(FAMILY * 20, 30)) <= 30
    assert shortened(FAMILY * 20, 30) == FAMILY * 3 + "…"


def test_labels_that_fit_stay_as_they_are() -> None:
    buttons = (Button("the proxy", "a:1-2:x"), Button("Hint", "hint:1-2"))
    assert of_buttons(buttons, 36, 64) == (buttons, ())


def test_one_long_option_has_all_of_them_listed_and_nothing_else() -> None:
    long = "the standby server, which runs alongside all the time and takes over at once"
    buttons = (Button(long, "a:1-2:x"), Button("the proxy", "a:1-2:y"), Button("I don't know", "a:1-2:?"))
    shown, lines = of_buttons(buttons, 36, 64)
    assert lines == (f"A. {long}", "B. the proxy")
    assert [button.label for button in shown] == [
        "A. the standby server, which runs alongside all the time and…",
        "B. the proxy",
        "I don't know",
    ]
    assert [button.action for button in shown] == [button.action for button in buttons]


def test_another_label_that_is_cut_is_listed_alone() -> None:
    shown, lines = of_buttons((Button("x" * 70, "topic:1"), Button("Browse", "browse")), 36, 64)
    assert lines == ("A. " + "x" * 70,)
    assert shown[1].label == "Browse"


def test_options_that_are_alike_get_letters() -> None:
    assert of_options(["yes", "yes"], 100).shown == ("A. yes", "B. yes")
    assert of_options(["yes", "no"], 100).lines == ()
    assert lettered(["x"] * 28, range(28), 100).shown[25:] == ("Z. x", "AA. x", "AB. x")


def test_a_file_has_a_plain_name_and_some_content() -> None:
    assert file(Document("../etc/pass\nwd\u202e", "")) == ("_etc_pass wd", b"\n")
    assert file(Document("tutor-export.json", "{\ud800}")) == ("tutor-export.json", "{\ufffd}".encode())
    assert file(Document("", "x"))[0]
    assert len(file(Document("n" * 300 + ".json", "x"))[0]) <= 110
