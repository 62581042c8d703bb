"""A page to chat through: what one person sees of the fake, and what they do there."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.fakes.telegram.people import InlineQuery, Person
from tests.fakes.telegram.server import FakeTelegram
from tests.fakes.telegram.world import BOT, Chat, Json, Poll, Shown

PAGE = Path(__file__).with_name("page.html")
TYPING_SECONDS = 5.0  # how long the platform shows a chat action
ANSWER_SECONDS = 10.0  # how long a press or an inline query waits for the bot


class ChatPage:
    """The page of one person: their own chat with the bot, and groups."""

    def __init__(self, fake: FakeTelegram, person: Person, groups: list[Chat]) -> None:
        self.fake = fake
        self.person = person
        self.chats = {chat.id: chat for chat in [person.chat, *groups]}
        self._typed: InlineQuery | None = None

    def routes(self) -> list[web.RouteDef]:
        """The page at /, what is on the screen at /screen, and what the person does at /do."""
        return [
            web.get("/", self._page),
            web.get("/screen", self._screen),
            web.post("/do", self._do),
            web.get("/download/{id}", self._download),
        ]

    async def _page(self, request: web.Request) -> web.Response:
        return web.Response(text=PAGE.read_text(encoding="utf-8"), content_type="text/html")

    async def _download(self, request: web.Request) -> web.Response:
        file = self.fake.files.get(request.match_info["id"])
        if file is None:
            raise web.HTTPNotFound
        name = re.sub(r"[^\w. -]", "_", file.name, flags=re.ASCII)
        disposition = "inline" if file.mime.startswith("image/") else "attachment"
        headers = {"Content-Disposition": f'{disposition}; filename="{name}"', "X-Content-Type-Options": "nosniff"}
        return web.Response(body=file.data, content_type=file.mime, headers=headers)

    def _chat(self, id: Any) -> Chat:
        try:
            chat = self.chats[int(id)]
        except (KeyError, ValueError, TypeError):
            raise web.HTTPNotFound from None
        return self.chats.get(chat.migrated_to, chat)

    async def _screen(self, request: web.Request) -> web.Response:
        chat = self._chat(request.query.get("chat", self.person.id))
        body: Json = {
            "you": self.person.name,
            "bot": self.fake.username,
            "chats": [{"id": one.id, "title": self._title(one), "private": one.private} for one in self.chats.values()],
            "chat": chat.id,
            "blocked": not chat.bot_in,
            "started": chat.started,
            "typing": self._is_typing(chat),
            "description": self.fake.profile.get(("description", ""), ""),
            "commands": self._commands(chat),
            "messages": [self._message(chat, one) for one in self.fake.screen(chat)],
            "refused": [f"{call.method}: {call.description}" for call in self.fake.refused[-5:]],
        }
        return web.json_response(body)

    def _title(self, chat: Chat) -> str:
        return "Tutor" if chat.private else chat.title

    def _is_typing(self, chat: Chat) -> bool:
        marks = [at for id, _, at in self.fake.typing if id == chat.id]
        replies = self.fake.replies(chat)
        if not marks or (replies and replies[-1].at and replies[-1].at >= marks[-1]):
            return False
        return (self.fake.clock() - marks[-1]).total_seconds() < TYPING_SECONDS

    def _commands(self, chat: Chat) -> list[Json]:
        """The menu as the apps choose it: the narrowest scope first, in the person's language or in none."""
        kinds = [f"chat:{chat.id}", "all_private_chats" if chat.private else "all_group_chats", "default"]
        for kind in kinds:
            for language in (self.person.language, ""):
                if menu := self.fake.menus.get((kind, language)):
                    return menu
        return []

    def _message(self, chat: Chat, one: Shown) -> Json:
        answered = self.fake.find(chat, one.reply_to)
        kept = next(message for message in chat.messages if message.id == one.id)
        notes = {
            "sticker": "[sticker]",
            "voice": "[voice message]",
            "new_chat_members": "added the bot",
            "left_chat_member": "left",
        }
        extra = [note for name, note in notes.items() if name in kept.extra]
        photo = one.photo or next((self.fake.files.get(p["file_id"]) for p in kept.extra.get("photo", [])), None)
        return {
            "id": one.id,
            "who": one.sender,
            "mine": one.sender == self.person.name,
            "bot": one.sender == BOT,
            "text": one.text or " ".join(extra),
            "service": bool(extra) and not {"sticker", "voice"} & set(kept.extra),
            "entities": [asdict(entity) for entity in one.entities],
            "buttons": [[asdict(button) for button in row] for row in one.buttons],
            "poll": self._poll(one.poll) if one.poll else None,
            "file": {"id": one.document.id, "name": one.document.name} if one.document else None,
            "photo": photo.id if photo else None,
            "answers": answered.text[:80] if answered else "",
            "edited": one.edited,
            "at": one.at.astimezone().strftime("%H:%M") if one.at else "",
        }

    def _poll(self, poll: Poll) -> Json:
        chosen = [option for votes in poll.votes.values() for option in votes]
        mine = poll.votes.get(self.person.id)
        known = mine is not None or poll.closed
        return {
            "question": poll.question,
            "options": poll.options,
            "counts": [chosen.count(n) for n in range(len(poll.options))] if known else None,
            "mine": mine[0] if mine else None,
            "right": poll.correct if known and poll.quiz else None,
            "explanation": poll.explanation if known else "",
            "closed": poll.closed,
            "quiz": poll.quiz,
        }

    async def _do(self, request: web.Request) -> web.Response:
        given: Json = await request.json()
        try:
            return web.json_response({"ok": True, **await self._act(given, self._chat(given.get("chat")))})
        except TimeoutError:
            return web.json_response({"ok": False, "error": f"The bot did not answer within {ANSWER_SECONDS:.0f} s."})
        except AssertionError as error:
            return web.json_response({"ok": False, "error": str(error)})

    async def _act(self, given: Json, chat: Chat) -> Json:
        person, what = self.person, given.get("what")
        if what == "say":
            person.say(str(given["text"]), chat, reply_to=given.get("reply_to"))
        elif what == "edit":
            message = self.fake.find(chat, int(given["message"]))
            assert message, "that message is gone"
            assert message.sender == person.id, "not your message"
            person.edit(self.fake.update_about(message), str(given["text"]))
        elif what == "press":
            message = self.fake.find(chat, int(given["message"]))
            assert message, "that message is gone"
            press = person.press_data(str(given["data"]), message)
            toast = await press.answered(ANSWER_SECONDS)
            return {"toast": toast, "alert": bool(press.answer and press.answer.get("show_alert"))}
        elif what == "start":
            person.start(str(given.get("payload", "")))
            return {"chat": person.id}
        elif what == "vote":
            shown = next(one for one in self.fake.screen(chat) if one.id == int(given["message"]))
            person.answer_poll(shown, int(given["option"]))
        elif what == "inline":
            self._typed = person.inline(str(given["query"]))
            results = await self._typed.results(ANSWER_SECONDS)
            return {"results": [{key: one.get(key, "") for key in ("id", "title", "description")} for one in results]}
        elif what == "choose":
            assert self._typed, "nothing was typed"
            person.choose(self._typed, str(given["id"]), chat)
        elif what in {"sticker", "photo", "voice"}:
            {"sticker": person.sticker, "photo": lambda c: person.photo("", c), "voice": person.voice}[what](chat)
        elif what == "block":
            (person.block if chat.bot_in else person.unblock)()
        else:
            raise AssertionError(f"unknown: {what}")
        return {}
