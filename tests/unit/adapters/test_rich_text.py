"""How replies look on a terminal and on paper."""

from __future__ import annotations

import io
import json
import re

import pytest

from adapters.shared.plain_text import JsonScreen, PlainScreen
from adapters.shared.rich_text import RichScreen
from bot.messages import Button, Document, Image, Reply

CONCEPTS = tuple(Button(f"Concept number {n} of them", f"topic:{n}") for n in range(1, 36))


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def drawn(reply: Reply, first: int = 1, *, width: int, monkeypatch: pytest.MonkeyPatch, tty: bool = False) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    out = Tty() if tty else io.StringIO()
    RichScreen(out).reply(reply, first)
    return out.getvalue()


@pytest.mark.parametrize("width", [24, 40, 80, 200])
def test_every_button_keeps_its_number_beside_it(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = drawn(Reply("Which?", CONCEPTS), 8, width=width, monkeypatch=monkeypatch)
    assert all(len(line.rstrip()) <= min(width, 96) for line in text.splitlines())
    for n in range(1, 36):
        assert f"{n + 7} Concept number" in " ".join(text.split())


def test_many_buttons_stand_in_columns_read_downwards(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = drawn(Reply("Which?", CONCEPTS), width=80, monkeypatch=monkeypatch).rstrip().splitlines()
    assert len(lines) == 19  # the text, and 35 buttons in two columns
    assert " ".join(lines[1].split()) == "1 Concept number 1 of them 19 Concept number 19 of them"
    assert lines[1].index("19 ") == lines[9].index("27 ")


def test_few_buttons_stand_in_a_row_and_long_ones_below_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    short = Reply("Fine.", (Button("More", "a"), Button("Quiz me", "b")))
    assert "1 More   2 Quiz me" in drawn(short, width=40, monkeypatch=monkeypatch)
    long = Reply("Which?", (Button("the standby server that runs alongside", "a"), Button("the other one", "b")))
    lines = drawn(long, width=30, monkeypatch=monkeypatch).splitlines()
    assert [line.rstrip() for line in lines[1:4]] == [
        "  1 the standby server that",
        "    runs alongside",
        "  2 the other one",
    ]


def test_no_color_means_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    reply = Reply("**Failover** is `fast`.", (Button("More", "a"),))
    assert "\x1b[36m" in drawn(reply, width=80, monkeypatch=monkeypatch, tty=True)
    monkeypatch.setenv("NO_COLOR", "1")
    text = drawn(reply, width=80, monkeypatch=monkeypatch, tty=True)
    assert "\x1b[3" not in text
    assert re.sub(r"\x1b\[\d*m", "", text).split() == ["Failover", "is", "fast.", "1", "More"]


def test_markup_is_drawn_and_what_is_none_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "**Bold** [red]not rich[/red]\n\n- one\n- two and more that has to be wrapped\n\n```\ncode  here\n```\n\n[a](https://x.org)"
    found = drawn(Reply(text), width=30, monkeypatch=monkeypatch)
    assert "[red]not rich[/red]" in found.replace("\n  ", " ")
    assert "  • two and more that has to\n    be wrapped" in "\n".join(line.rstrip() for line in found.splitlines())
    assert "code  here" in found
    assert "https://x.org" in found


@pytest.mark.parametrize("width", [1, 3, 10])
def test_a_tiny_window_is_no_reason_to_fail(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(Reply("Hello there.", CONCEPTS), width=width, monkeypatch=monkeypatch)


def test_documents_and_pictures_have_words(monkeypatch: pytest.MonkeyPatch) -> None:
    reply = Reply("Here.", image=Image("days", {}, "7 days of 30"), document=Document("you.json", '{"a": 1}'))
    for text in (drawn(reply, width=80, monkeypatch=monkeypatch), plain(reply)):
        assert "7 days of 30" in text
        assert '{"a": 1}' in text


def plain(reply: Reply, first: int = 1) -> str:
    out = io.StringIO()
    PlainScreen(out).reply(reply, first)
    return out.getvalue()


def test_on_paper_buttons_wrap_between_each_other() -> None:
    text = plain(Reply("Which?", CONCEPTS), 5)
    assert all(len(line) <= 96 for line in text.splitlines())
    assert all(f"[{n + 4} Concept number {n} of them]" in text for n in range(1, 36))
    assert plain(Reply("**A** b", (Button("More", "a"), Button("Next", "b")))) == "A b\n[1 More]  [2 Next]\n\n"


def test_json_is_one_object_a_line() -> None:
    out = io.StringIO()
    screen = JsonScreen(out)
    screen.heard("nothing")
    screen.reply(Reply("a\nb ü", (Button("More", "m"),), topics=("concept/git",), document=Document("x", "y")), 1)
    screen.note("later")
    first, second = map(json.loads, out.getvalue().splitlines())
    assert first == {
        "text": "a\nb ü",
        "buttons": [{"label": "More", "action": "m"}],
        "topics": ["concept/git"],
        "document": {"name": "x", "text": "y"},
    }
    assert second == {"notice": "later"}
