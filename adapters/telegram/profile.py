"""How the bot introduces itself on Telegram: command menus, descriptions, menu button; set only where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
    MenuButtonCommands,
)

from adapters.telegram.updates import COMMANDS, COMMANDS_IN_GROUPS
from bot.wording import DOMAIN, LOCALES, Words, words
from knowledge.markup import plain
from knowledge.model import Library

DESCRIPTION_MAX, SHORT_MAX = 512, 120


def commands(say: Words) -> dict[str, str]:
    """What each command does, in a line."""
    return {
        "start": say.label("Meet Tutor"),
        "help": say.label("How it works"),
        "quiz": say.label("Take a quiz; name a topic if you like"),
        "topics": say.label("Browse what I can explain"),
        "progress": say.label("See how you are doing"),
        "goal": say.label("Choose a job to work towards"),
        "settings": say.label("Time, days, how many, quiet hours"),
        "pause": say.label("Stop my reminders for a while"),
        "resume": say.label("Let me write again"),
        "undo": say.label("Take back your last answer"),
        "link": say.label("Use the same progress in another app"),
        "export": say.label("Download everything I keep about you"),
        "forget": say.label("Delete everything I keep about you"),
        "privacy": say.label("What I keep, and for how long"),
    }


def languages(locales: Path = LOCALES) -> list[str]:
    """The two-letter codes of the languages that there is a catalogue for."""
    found = {path.parent.parent.name.split("_")[0] for path in locales.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")}
    return sorted(code for code in found if len(code) == 2)


async def introduce(bot: Bot, library: Library, locales: Path = LOCALES) -> None:
    """Set menus, descriptions and the menu button, in every language there is, where they are not so already.

    Raises:
        TelegramError: Telegram refused, or asks to wait; what was set stays.
    """
    for code in ("", *languages(locales)):
        say = words(code or library.base.language, locales)
        for scope, names in _SCOPES:
            await _menu(bot, scope, code, [BotCommand(name, commands(say)[name]) for name in names])
        description, short = descriptions(library, say)
        if (await bot.get_my_description(code or None)).description != description:
            await bot.set_my_description(description, code or None)
        if (await bot.get_my_short_description(code or None)).short_description != short:
            await bot.set_my_short_description(short, code or None)
    if (await bot.get_chat_menu_button()).type != MenuButtonCommands().type:
        await bot.set_chat_menu_button(menu_button=MenuButtonCommands())


_SCOPES: tuple[tuple[BotCommandScope, Sequence[str]], ...] = (
    (BotCommandScopeDefault(), COMMANDS),
    (BotCommandScopeAllPrivateChats(), COMMANDS),
    (BotCommandScopeAllGroupChats(), COMMANDS_IN_GROUPS),
)


async def _menu(bot: Bot, scope: BotCommandScope, code: str, wanted: list[BotCommand]) -> None:
    if list(await bot.get_my_commands(scope, code or None)) != wanted:
        await bot.set_my_commands(wanted, scope, code or None)


def descriptions(library: Library, say: Words) -> tuple[str, str]:
    """What an empty chat shows (512 characters), and what the bot's profile says (120)."""
    title = library.base.title
    long = [
        say("Ask me anything about this: {title}.", title=title),
        say("I answer from a curated base, and I'll say so when I don't know."),
        say("I also quiz you, and bring back what you're about to forget, if you want that."),
    ]
    short = say("Answers and quizzes: {title}", title=title)
    return _cut("\n\n".join(plain(line) for line in long), DESCRIPTION_MAX), _cut(plain(short), SHORT_MAX)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
