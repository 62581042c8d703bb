"""Every learner-facing sentence comes from the catalogue: shown with a pseudo-locale in place of English."""

from __future__ import annotations

import ast
import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from sqlalchemy import update

from bot import wording
from bot.store.tables import LEARNER
from knowledge.markup import plain
from tests.extract_words import POT, ROOT, as_text, catalogue
from tests.flow.talking import BASE, World, world

MARK = "⟦"
_FIELD = re.compile(r"\{[a-z]+\}")


def test_the_catalogue_is_current() -> None:
    assert POT.read_text(encoding="utf-8") == as_text(catalogue()), "run `make words`"


def pseudo(text: str) -> str:
    """An English sentence as the pseudo-locale says it: marked, values and markup kept."""
    return f"{MARK}{text}⟧"


@pytest.fixture
def pseudo_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A locale in which every sentence is marked; command words and patterns stay as they are."""
    made = Catalog(locale="eo", charset="utf-8")
    for message in catalogue():
        if isinstance(message.id, tuple):
            made.add(message.id, tuple(pseudo(text) for text in message.id))
        elif isinstance(message.id, str) and message.id:
            kept = "(?:" in message.id or _is_word_list(message.id)
            made.add(message.id, message.id if kept else pseudo(message.id))
    folder = tmp_path / "locale" / "eo" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    out = io.BytesIO()
    write_mo(out, made)
    (folder / "tutor.mo").write_bytes(out.getvalue())
    original = wording.words
    monkeypatch.setattr("bot.tutor.words", lambda language: original(language, tmp_path / "locale"))
    return "eo"


def _is_word_list(text: str) -> bool:
    words = {call.args[0].value for call in _calls("synonyms") if isinstance(call.args[0], ast.Constant)}
    return text in words


def _calls(name: str) -> list[ast.Call]:
    tree = ast.parse((ROOT / "bot" / "understand.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == name]


SCREENS = (
    "start", "fault tolerance", "tell me more", "what else", "sources", "fault tolerance vs scalability",
    "bread dough", "data engineer", "topics", "topics skills", "help", "hi", "thanks", "bye", "who are you",
    "quiz me on failover", "hint", "i don't know", "settings", "time 9:00", "time 99", "zone atlantis",
    "days weekdays", "questions 0", "quiet off", "progress", "goal data engineer", "goal", "pause", "resume",
    "undo", "undo", "flag", "privacy", "export", "forget", "/nothing", "!!!", "quiz", "skip",
    "what is failover? what is scalability?", "why", "too easy", "not it",
)  # fmt: skip


async def test_every_screen_speaks_the_learners_language(tmp_path: Path, pseudo_locale: str) -> None:
    """Each message and each button of a conversation carries the pseudo-locale's mark, or is content of the base."""
    async with world(tmp_path) as made:
        content = _content(made)
        corpus = " ".join(_bare(path.read_text(encoding="utf-8")) for path in sorted(BASE.rglob("*.yaml")))
        ann = made.learner()
        await ann.command("start")
        await made.db.run(lambda conn: conn.execute(update(LEARNER).values(language=pseudo_locale)))
        for line in SCREENS:
            await ann.say(line)
            for reply in ann.replies:
                for left in re.split(r"[.!?]\s|\n", _unmarked(reply.text)):
                    assert _bare(left) in corpus, (line, left)
                for button in reply.buttons:
                    known = MARK in button.label or button.label in content or re.fullmatch(r"[\d:.-]+", button.label)
                    assert known, (line, button.label)


def _unmarked(text: str) -> str:
    """What of a text stands outside every mark."""
    kept, depth = [], 0
    for ch in text:
        depth += (ch == MARK) - (ch == "⟧")
        if not depth and ch != "⟧":
            kept.append(ch)
    return "".join(kept)


def _bare(text: str) -> str:
    """A line without markup and addresses, for finding it in the files of the base."""
    return re.sub(r"[^\w]+", " ", re.sub(r"\(<[^>]*>\)", "", text)).strip()


def _content(made: World) -> set[str]:
    topics = made.library.topics.values()
    return {t.title for t in topics} | {o.text for item in made.library.items.values() for o in item.options}


def test_values_are_escaped_and_markup_is_not() -> None:
    say = wording.words("en")
    assert plain(say("**{title}**", title="a*b* [c](https://example.org)")) == "a*b* [c](https://example.org)"
    assert plain(say("{inner}", inner=say("**{x}**", x="y"))) == "y"


def test_fields_of_translations_must_match() -> None:
    """A sentence's fields are those of its plural, so that no translation can lack a value."""
    for message in catalogue():
        if isinstance(message.id, tuple):
            one, other = (set(_FIELD.findall(text)) - {"{n}"} for text in message.id)
            assert one == other, message.id
