"""A local Telegram: `async with fake_telegram() as fake` serves the Bot API at `fake.url`; see `FakeTelegram`."""

from tests.fakes.telegram.faults import Fault
from tests.fakes.telegram.people import InlineQuery, Person, Press
from tests.fakes.telegram.server import TOKEN, FakeTelegram, fake_telegram
from tests.fakes.telegram.world import BOT, Button, Call, Chat, Entity, File, Message, Poll, Shown, Update

__all__ = [
    "BOT",
    "TOKEN",
    "Button",
    "Call",
    "Chat",
    "Entity",
    "FakeTelegram",
    "Fault",
    "File",
    "InlineQuery",
    "Message",
    "Person",
    "Poll",
    "Press",
    "Shown",
    "Update",
    "fake_telegram",
]
