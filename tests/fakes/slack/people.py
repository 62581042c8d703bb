"""A person in a workspace, and what they can do in Slack's client: each deed is delivered to the app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tests.fakes.slack import forms, payloads
from tests.fakes.slack.forms import Label
from tests.fakes.slack.state import AssistantThread, Channel, Delivery, Json, Message, View, Workspace, new_id

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack

Thread = str | Message | AssistantThread


class Person:
    """A member of a workspace. Every deed returns the delivery, after its first try; retries go on behind it.

    What is delivered is settled before anything is awaited: deeds in asyncio.gather see the same screen.
    """

    def __init__(self, fake: FakeSlack, workspace: Workspace, id: str, name: str, tz: str, locale: str) -> None:
        self.fake, self.workspace, self.id, self.name = fake, workspace, id, name
        self.tz, self.locale = tz, locale
        self.deleted = False
        self.is_bot = False
        self.dm = Channel(new_id("D"), "", workspace, {id}, bot_in=True, person=self)
        workspace.channels[self.dm.id] = self.dm

    async def say(
        self, text: str, channel: Channel | None = None, thread: Thread = "", files: Sequence[str] = ()
    ) -> Delivery:
        """Write in the direct messages, or in a channel; `files` are names of files sent with it.

        A mention of the bot in a channel is delivered as app_mention, and as a message where that is subscribed.
        """
        where = channel or (thread.channel if isinstance(thread, AssistantThread) else self.dm)
        message = self._write(text, where, _ts(thread), files)
        inner = payloads.message_event(self.fake, where, message)
        if f"<@{self.workspace.bot_user}>" not in text or where.person is not None:
            return await self.fake.deliver_event(self.workspace, inner)
        if self.fake.takes(self.workspace, inner):
            self.fake.in_background(self.fake.deliver_event(self.workspace, inner))
        mention = {**inner, "type": "app_mention"}
        del mention["channel_type"]
        return await self.fake.deliver_event(
            self.workspace, mention, unless="" if where.bot_in else "not in the channel"
        )

    async def mention(self, text: str, channel: Channel, thread: Thread = "") -> Delivery:
        """Write "@Tutor text" in a channel."""
        return await self.say(f"<@{self.workspace.bot_user}> {text}", channel, thread)

    def _write(self, text: str, where: Channel, thread: str, files: Sequence[str]) -> Message:
        self._alive(where)
        message = Message(where.id, self.fake.new_ts(), self.id, payloads.typed(text), [], thread)
        message.blocks = payloads.typed_blocks(text) if text else []
        if files:
            message.subtype = "file_share"
            message.files = [{"id": new_id("F"), "name": name, "title": name, "user": self.id} for name in files]
        where.messages.append(message)
        where.opened = True
        return message

    def _alive(self, where: Channel) -> None:
        assert not self.deleted, f"{self.name} is deactivated"
        assert not where.archived, f"#{where.name} is archived"
        assert self.id in where.members, f"{self.name} is not in #{where.name}"

    async def edit(self, message: Message, text: str) -> Delivery:
        """Change an own message."""
        assert message.user == self.id, "not their own message"
        channel, before = self.workspace.channels[message.channel], self.fake.as_json(message)
        message.text, message.blocks = payloads.typed(text), payloads.typed_blocks(text)
        message.edits += 1
        inner = payloads.changed_event(self.fake, channel, message, before, "message_changed")
        return await self.fake.deliver_event(self.workspace, inner)

    async def delete(self, message: Message) -> Delivery:
        """Delete an own message."""
        assert message.user == self.id, "not their own message"
        message.deleted = True
        channel = self.workspace.channels[message.channel]
        before = self.fake.as_json(message)
        inner = payloads.changed_event(self.fake, channel, message, before, "message_deleted")
        return await self.fake.deliver_event(self.workspace, inner)

    async def slash(self, command: str, text: str = "", channel: Channel | None = None) -> Delivery:
        """Type a slash command, in a channel or the direct messages with the app."""
        where = channel or self.dm
        self._alive(where)
        assert command in self.fake.commands, f"Slackbot: {command} is not a valid command"
        payload = payloads.slash(self.fake, self, command, text, where)
        delivery = self.fake.new_delivery("slash_commands", payload, self.workspace, "commands")
        return await self.fake.deliver(delivery, lambda: self.fake.slash_answered(delivery))

    async def press(
        self, label: Label, message: Message | None = None, where: Channel | None = None, value: str = ""
    ) -> Delivery:
        """Press the newest button whose label matches (re.search), in `message` or on the screen of `where` or the DM.

        `value` picks an option of a select, radio group, checkboxes or overflow menu by its value or label. A copy of
        a message is pressed as it was when it was copied.
        """
        seen = [message] if message else reversed(self.fake.screen(where or self.dm, self))
        for each in seen:
            if found := forms.find(each.blocks, label):
                block, element = found
                action = forms.action(block, element, value, label, self.fake.new_ts())
                filled = self.fake.filled.setdefault((each.channel, each.ts), {})
                forms.keep(filled, action)
                channel = self.workspace.channels[each.channel]
                state = forms.values(each.blocks, filled)
                payload = payloads.pressed_in_message(self.fake, self, channel, each, action, state)
                return await self._interact(payload)
        raise AssertionError(f"no {label!r} on the screen:\n" + "\n".join(self.fake.texts(where or self.dm, self)))

    async def _interact(self, payload: Json) -> Delivery:
        return await self.fake.deliver(self.fake.new_delivery("interactive", payload, self.workspace))

    async def open_home(self) -> Delivery:
        """Open the app's Home tab."""
        return await self._open("home")

    async def open_messages(self) -> Delivery:
        """Open the app's Messages tab."""
        return await self._open("messages")

    async def _open(self, tab: str) -> Delivery:
        assert not self.deleted, f"{self.name} is deactivated"
        inner: Json = {
            "type": "app_home_opened", "user": self.id, "channel": self.dm.id, "tab": tab,
            "event_ts": self.fake.new_ts(),
        }  # fmt: skip
        if tab == "home" and self.id in self.fake.homes:
            inner["view"] = self.fake.view_json(self.fake.homes[self.id])
        return await self.fake.deliver_event(self.workspace, inner)

    async def press_home(self, label: Label, value: str = "") -> Delivery:
        """Press a button of the Home tab, or choose in a menu of it."""
        assert self.id in self.fake.homes, "no Home tab was published"
        return await self._press_view(self.fake.homes[self.id], label, value)

    async def press_modal(self, label: Label, value: str = "") -> Delivery:
        """Press a button in the open modal."""
        return await self._press_view(self._modal(""), label, value)

    async def _press_view(self, view: View, label: Label, value: str) -> Delivery:
        found = forms.find(view.body["blocks"], label)
        assert found, f"no {label!r} in the view"
        action = forms.action(*found, value, label, self.fake.new_ts())
        forms.keep(view.filled, action)
        return await self._interact(payloads.pressed_in_view(self.fake, self, view, action))

    def _modal(self, wanted: str) -> View:
        stack = self.fake.modals.get(self.id, [])
        found = [v for v in stack if wanted in ("", v.id, v.body.get("callback_id"))]
        assert found, f"no modal {wanted} is open"
        return found[-1]

    def fill(self, values: Mapping[str, Any], view: str = "") -> None:
        """Fill in fields of the open modal, by block_id, action_id or label; options by value or label."""
        opened = self._modal(view)
        forms.fill(opened, values)

    async def submit(self, values: Mapping[str, Any] | None = None, view: str = "") -> Delivery:
        """Submit the open modal (or the one with this id or callback_id), its fields filled in (see `fill`)."""
        opened = self._modal(view)
        assert "submit" in opened.body, "the modal has no submit button"
        forms.fill(opened, values or {})
        missing = forms.missing(opened)
        assert not missing, f"Slack does not let these stay empty: {missing}"
        payload = payloads.submitted(self.fake, self, opened)
        delivery = self.fake.new_delivery("interactive", payload, self.workspace)
        return await self.fake.deliver(delivery, lambda: self.fake.modal_answered(delivery, opened))

    async def close_modal(self) -> Delivery | None:
        """Close the open modal; delivered where it asks for that."""
        view = self._modal("")
        self.fake.modals[self.id].remove(view)
        if not view.body.get("notify_on_close"):
            return None
        return await self._interact(payloads.closed(self.fake, self, view))

    async def shortcut(self, callback_id: str, message: Message | None = None) -> Delivery:
        """Use a message shortcut on a message, or a global one."""
        known = self.fake.shortcuts
        assert callback_id in known, f"the app has no shortcut {callback_id}"
        channel = self.workspace.channels[message.channel] if message else None
        payload = payloads.shortcut(self.fake, self, callback_id, message, channel)
        delivery = self.fake.new_delivery("interactive", payload, self.workspace, "commands")
        return await self.fake.deliver(delivery)

    async def open_assistant(self, context: Channel | None = None) -> AssistantThread:
        """Open a new thread in the Assistant pane, looking at `context`."""
        root = Message(self.dm.id, self.fake.new_ts(), self.workspace.bot_user, "New Assistant Thread", bot=True)
        root.subtype = "assistant_app_thread"
        self.dm.messages.append(root)
        thread = self.dm.assistant[root.ts] = AssistantThread(self.dm, root.ts)
        await self.fake.deliver_event(self.workspace, self._assistant("assistant_thread_started", thread, context))
        return thread

    async def look_at(self, thread: AssistantThread, context: Channel) -> Delivery:
        """Look at another channel while the pane is open."""
        inner = self._assistant("assistant_thread_context_changed", thread, context)
        return await self.fake.deliver_event(self.workspace, inner)

    def _assistant(self, kind: str, thread: AssistantThread, context: Channel | None) -> Json:
        seen = {"channel_id": context.id, "team_id": self.workspace.id, "enterprise_id": None} if context else {}
        about = {"user_id": self.id, "context": seen, "channel_id": thread.channel.id, "thread_ts": thread.ts}
        return {"type": kind, "assistant_thread": about, "event_ts": self.fake.new_ts()}

    async def join(self, channel: Channel) -> Delivery:
        """Join a channel."""
        channel.members.add(self.id)
        return await self._member("member_joined_channel", channel)

    async def leave(self, channel: Channel) -> Delivery:
        """Leave a channel."""
        channel.members.discard(self.id)
        return await self._member("member_left_channel", channel)

    async def _member(self, kind: str, channel: Channel) -> Delivery:
        inner = {
            "type": kind, "user": self.id, "channel": channel.id, "channel_type": "G" if channel.private else "C",
            "team": self.workspace.id, "event_ts": self.fake.new_ts(),
        }  # fmt: skip
        return await self.fake.deliver_event(
            self.workspace, inner, unless="" if channel.bot_in else "not in the channel"
        )


def _ts(thread: Thread) -> str:
    if isinstance(thread, Message):
        return thread.thread_ts or thread.ts
    return thread.ts if isinstance(thread, AssistantThread) else thread
