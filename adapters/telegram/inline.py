"""Inline mode: "@tutor_bot fault tol" in any chat offers topics to post there. Reads the library, nobody's state."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQuery,
    InlineQueryResultArticle,
    InputTextMessageContent,
)

from adapters.telegram.render import calls
from bot.messages import Address, Reply
from bot.topics import kind_name
from bot.wording import Words, join, words
from knowledge.markup import Md, plain
from knowledge.model import Library, Topic, TopicKind
from knowledge.names import normalise_name

MOST = 50
CACHE = 300  # seconds that Telegram may answer by itself: a base changes rarely
DESCRIPTION_MAX = 200
FIRST: tuple[TopicKind, ...] = ("skill", "practice", "career")  # offered before anything is typed

_NOWHERE = Address("telegram", "", "0")


async def answer(bot: Bot, query: InlineQuery, library: Library) -> None:
    """Answer an inline query. What is said is the same for everybody, in the base's language: Telegram caches it."""
    found = await asyncio.to_thread(results, library, query.query, bot.username)  # search is slow for a loop
    await bot.answer_inline_query(query.id, found, cache_time=CACHE, is_personal=False)


def results(library: Library, text: str, username: str) -> list[InlineQueryResultArticle]:
    """At most 50 topics for what was typed, the best first."""
    say = words(library.base.language)
    return [_article(topic, say, username) for topic in topics(library, text)]


def topics(library: Library, text: str) -> list[Topic]:
    """The topics whose names begin with what was typed, then those that search finds, then names that hold it."""
    typed = normalise_name(text)
    if not typed:
        return [topic for kind in FIRST for topic in library.topics.values() if topic.kind == kind][:MOST]
    found = dict.fromkeys([*_named(library, typed), *_searched(library, text), *_holding(library, typed)])
    return [library.topics[id] for id in found][:MOST]


def _named(library: Library, typed: str) -> Iterator[str]:
    """Ids of topics that have a name which begins with `typed`: titles before aliases, shorter ones first."""
    begin = [(name, id) for name, id in library.names.items() if name.startswith(typed)]
    begin.sort(key=lambda pair: (normalise_name(library.topics[pair[1]].title) != pair[0], len(pair[0]), pair[0]))
    return (id for _, id in begin)


def _searched(library: Library, text: str) -> Iterator[str]:
    found = library.find(text)
    return (match.id for match in found.matches) if found.decision != "unknown" else iter(())


def _holding(library: Library, typed: str) -> Iterator[str]:
    return (id for name, id in library.names.items() if f" {typed}" in f" {name}")


def _article(topic: Topic, say: Words, username: str) -> InlineQueryResultArticle:
    kind = kind_name(topic.kind, say)
    description = f"{plain(kind)}: {' '.join(plain(topic.summary).split())}"
    link = f"https://t.me/{username}?start=topic_{topic.id.replace('/', '__')}"
    return InlineQueryResultArticle(
        id=topic.id,
        title=topic.title,
        description=_cut(description),
        input_message_content=_content(topic, kind, say, username),
        reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton(say.label("Ask Tutor"), url=link)]]),
    )


def _content(topic: Topic, kind: Md, say: Words, username: str) -> InputTextMessageContent:
    """What is posted: the summary and the details, as much as one message holds."""
    head = say("**{title}** ({kind})", title=topic.title, kind=kind)
    text = join([join([head, Md(topic.summary)], "\n"), Md(topic.details)], "\n\n")
    shown = calls(_NOWHERE, Reply(text), None, username)[0].params
    return InputTextMessageContent(
        shown["text"], entities=shown.get("entities"), link_preview_options=shown.get("link_preview_options")
    )


def _cut(text: str) -> str:
    return text if len(text) <= DESCRIPTION_MAX else text[: DESCRIPTION_MAX - 1].rstrip() + "…"
