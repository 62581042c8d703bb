"""A page to chat through: what one person sees of the fake, and what they do there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.slack.state import Channel, Delivery, Json, Message

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack
    from tests.fakes.slack.people import Person

PAGE = Path(__file__).with_name("page.html")
MENTION = "@Tutor"


class ChatPage:
    """The page of one person: Home, the direct messages, and channels."""

    fake: FakeSlack
    person: Person

    def __init__(self) -> None:
        self.errors: Json = {}  # of the open modal

    def shows(self, fake: FakeSlack, person: Person) -> None:
        """Whose page it is: it is served before there is anybody."""
        self.fake, self.person = fake, person

    def routes(self) -> list[web.RouteDef]:
        """The page at /, what is on the screen at /screen, what the person does at /do, and files."""
        return [
            web.get("/", self._page),
            web.get("/screen", self._screen),
            web.post("/do", self._do),
            web.get("/file/{id}", self._file),
        ]

    async def _page(self, request: web.Request) -> web.Response:
        return web.Response(text=PAGE.read_text(encoding="utf-8"), content_type="text/html")

    async def _file(self, request: web.Request) -> web.Response:
        upload = next((u for u in self.fake.uploads if u.id == request.match_info["id"] and u.data), None)
        if upload is None:
            raise web.HTTPNotFound
        name = "".join(c if c.isalnum() or c in ".-_" else "_" for c in upload.name)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
        return web.Response(body=upload.data, content_type="application/octet-stream", headers=headers)

    def _places(self) -> dict[str, Channel]:
        mine = self.person.workspace.channels.values()
        named = [c for c in mine if c.person is None and self.person.id in c.members and not c.archived]
        return {channel.id: channel for channel in (self.person.dm, *named)}

    def _place(self, id: Any) -> Channel:
        try:
            return self._places()[str(id)]
        except KeyError:
            raise web.HTTPNotFound from None

    async def _screen(self, request: web.Request) -> web.Response:
        fake, person = self.fake, self.person
        channel = self._place(request.query.get("place") or person.dm.id)
        modal = fake.modals.get(person.id)
        home = fake.homes.get(person.id)
        body: Json = {
            "you": person.name,
            "bot": person.workspace.bot_user,
            "way": "by socket" if fake.sockets.connected else "by HTTP" if fake.request_url else "",
            "places": [
                {"id": each.id, "title": f"#{each.name}" if each.name else "Messages", "bot": each.bot_in}
                for each in self._places().values()
            ],
            "place": channel.id,
            "private": channel.person is not None,
            "pane": "assistant_thread_started" in fake.subscribed,
            "commands": sorted(fake.commands),
            "shortcuts": fake.shortcuts,
            "messages": [self._message(message) for message in fake.screen(channel, person)],
            "prompts": channel.prompts,
            "threads": {
                thread.ts: {"title": thread.title, "status": thread.status, "prompts": thread.prompts}
                for thread in channel.assistant.values()
            },
            "home": fake.view_json(home) if home else None,
            "modal": fake.view_json(modal[-1]) if modal else None,
            "errors": self.errors,
            "refused": [f"{call.method}: {call.outcome} ({call.rule})" for call in fake.refused[-5:]],
        }
        return web.json_response(body)

    def _message(self, message: Message) -> Json:
        return {
            "ts": message.ts,
            "thread": message.thread_ts,
            "who": "Tutor" if message.bot else self.person.workspace.people[message.user].name,
            "bot": message.bot,
            "only_you": bool(message.seen_by),
            "text": message.text,
            "blocks": message.blocks,
            "files": message.files,
            "edited": bool(message.edits),
            "root": message.subtype == "assistant_app_thread",
        }

    async def _do(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        asked = await request.json()
        try:
            delivery = await self._done(asked)
        except AssertionError as error:
            return web.json_response({"ok": False, "why": str(error)})
        why = ""
        if isinstance(delivery, Delivery):
            self.errors = delivery.errors if asked["what"] == "submit" else self.errors
            if delivery.skipped:
                why = "Slack does not tell the app of this."
            elif not delivery.ok and not delivery.held:
                why = f"Tutor did not take it: {delivery.error}"
            elif delivery.refused:
                why = f"Slack did not take Tutor's answer: {delivery.refused}"
        return web.json_response({"ok": not why, "why": why, "thread": getattr(delivery, "ts", "")})

    async def _done(self, asked: Json) -> Any:
        person, what = self.person, asked.get("what")
        value = asked.get("value", "")
        if what == "home":
            return await person.open_home()
        if what == "messages":
            return await person.open_messages()
        if what == "press home":
            return await person.press_home(f"#{asked['action']}", value)
        if what == "press modal":
            return await person.press_modal(f"#{asked['action']}", value)
        if what == "submit":
            return await person.submit(asked["values"])
        if what == "close":
            self.errors = {}
            return await person.close_modal()
        channel = self._place(asked.get("place"))
        if what == "say":
            return await self._said(str(asked["text"]), channel, str(asked.get("thread", "")))
        if what == "new chat":
            return await person.open_assistant()
        message = next(m for m in self.fake.screen(channel, person) if m.ts == asked["ts"])
        if what == "press":
            return await person.press(f"#{asked['action']}", message, value=value)
        if what == "shortcut":
            return await person.shortcut(asked["name"], message)
        raise web.HTTPBadRequest

    async def _said(self, text: str, channel: Channel, thread: str) -> Delivery:
        command, _, rest = text.strip().partition(" ")
        if command in self.fake.commands:
            assert not thread, "Slack knows no commands in threads"
            return await self.person.slash(command, rest.strip(), channel)
        text = text.replace(MENTION, f"<@{self.person.workspace.bot_user}>")
        return await self.person.say(text, channel, thread)
