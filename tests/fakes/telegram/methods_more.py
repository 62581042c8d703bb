"""The methods around messages: queries, menus and descriptions, chats and files, updates and webhook."""

from __future__ import annotations

from typing import Any

from tests.fakes.telegram import faults, objects, rules, rules_more
from tests.fakes.telegram.methods import METHODS as METHODS
from tests.fakes.telegram.methods import Method, method, target
from tests.fakes.telegram.people import InlineQuery, Press
from tests.fakes.telegram.rules import bad, state, utf8
from tests.fakes.telegram.state import World
from tests.fakes.telegram.world import Json


@method("getMe")
def get_me(world: World, params: Json) -> Json:
    """The bot itself."""
    return objects.user(world, 0) | {
        "can_join_groups": True,
        "can_read_all_group_messages": not world.privacy,
        "supports_inline_queries": True,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
        "allows_users_to_create_topics": False,
    }


@method("logOut")
def log_out(world: World, params: Json) -> bool:
    """Leave this server."""
    return True


@method("close")
def close(world: World, params: Json) -> bool:
    """End the bot's instance on this server."""
    return True


@method("getUpdates")
async def get_updates(world: World, params: Json) -> list[Json]:
    """Long polling."""
    return await world.queue.get(params)


@method("setWebhook")
async def set_webhook(world: World, params: Json) -> bool:
    """Have updates posted."""
    await world.queue.set_webhook(rules_more.webhook(params, local=world.local), params)
    return True


@method("deleteWebhook")
async def delete_webhook(world: World, params: Json) -> bool:
    """No longer have updates posted."""
    await world.queue.set_webhook("", {"drop_pending_updates": params.get("drop_pending_updates")})
    return True


@method("getWebhookInfo")
def get_webhook_info(world: World, params: Json) -> Json:
    """What is known of the webhook."""
    return world.queue.info()


def _query(world: World, params: Json, name: str) -> Press | InlineQuery:
    query, asked = world.queries.get(str(params.get(name)), (None, None))
    if query is None or asked is None or (world.clock() - asked).total_seconds() > world.query_life:
        raise state(faults.QUERY_TOO_OLD)
    return query


@method("answerCallbackQuery")
def answer_callback_query(world: World, params: Json) -> bool:
    """The toast after a press."""
    if len(utf8(str(params.get("text") or ""))) > rules.NOTICE:
        raise bad("MESSAGE_TOO_LONG")
    query = _query(world, params, "callback_query_id")
    if params.get("url"):
        rules.check_url(str(params["url"]), world.username)
    if isinstance(query, InlineQuery):
        raise state(faults.QUERY_TOO_OLD)
    query.answer_with(params)
    return True


@method("answerInlineQuery")
def answer_inline_query(world: World, params: Json) -> bool:
    """The results of an inline query."""
    results = rules_more.inline_results(params, world.username)
    query = _query(world, params, "inline_query_id")
    if isinstance(query, Press):
        raise state(faults.QUERY_TOO_OLD)
    query.answer_with({**params, "results": results})
    return True


@method("setMyCommands")
def set_my_commands(world: World, params: Json) -> bool:
    """The menu for a scope and language."""
    world.menus[rules_more.scope(params), rules_more.language(params)] = rules_more.commands(params)
    return True


@method("getMyCommands")
def get_my_commands(world: World, params: Json) -> list[Json]:
    """The menu of a scope and language, as it was set."""
    return world.menus.get((rules_more.scope(params), rules_more.language(params)), [])


@method("deleteMyCommands")
def delete_my_commands(world: World, params: Json) -> bool:
    """No menu for a scope and language."""
    world.menus.pop((rules_more.scope(params), rules_more.language(params)), None)
    return True


def _texts(field: str, limit: int, words: str) -> tuple[Method, Method]:
    def put(world: World, params: Json) -> bool:
        text = utf8(str(params.get(field) or ""))
        if len(text) > limit:
            raise bad(f"{words} is too long")
        world.profile[field, rules_more.language(params)] = text
        return True

    def get(world: World, params: Json) -> Json:
        language = rules_more.language(params)
        fallback = world.profile.get((field, ""), "")
        return {field: world.profile.get((field, language)) or fallback}

    return put, get


METHODS["setmydescription"], METHODS["getmydescription"] = _texts("description", rules.DESCRIPTION, "description")
METHODS["setmyshortdescription"], METHODS["getmyshortdescription"] = _texts(
    "short_description", rules.SHORT_DESCRIPTION, "short description"
)
METHODS["setmyname"], METHODS["getmyname"] = _texts("name", 64, "name")


@method("setChatMenuButton")
def set_chat_menu_button(world: World, params: Json) -> bool:
    """The button beside the input."""
    button = params.get("menu_button") or {"type": "default"}
    if not isinstance(button, dict) or button.get("type") not in {"commands", "web_app", "default"}:
        raise bad("can't parse menu button: MenuButton has unsupported type")
    if params.get("chat_id"):
        target(world, params)
    world.menu_buttons[int(params.get("chat_id") or 0)] = button
    return True


@method("getChatMenuButton")
def get_chat_menu_button(world: World, params: Json) -> Json:
    """The button beside the input."""
    general = world.menu_buttons.get(0, {"type": "default"})
    return world.menu_buttons.get(int(params.get("chat_id") or 0), general)


@method("getChat")
def get_chat(world: World, params: Json) -> Json:
    """A chat in full."""
    more: Json = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": {}}
    more["accepted_gift_types"] = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
    )
    return objects.chat(world, target(world, params)) | more


def _member(world: World, params: Json) -> Json:
    chat = target(world, params)
    id = int(params.get("user_id") or 0)
    if id == world.id:
        return {"status": "member", "user": objects.user(world, 0)}
    if id not in world.people:
        raise bad("PARTICIPANT_ID_INVALID")
    user: Json = {"user": objects.user(world, id)}
    if chat.private or id in chat.members:
        first = chat.members[:1] == [id]
        return {"status": "creator", "is_anonymous": False, **user} if first else {"status": "member", **user}
    return {"status": "left", **user}


@method("getChatMember")
def get_chat_member(world: World, params: Json) -> Json:
    """Somebody's place in a chat: the first member of a group made it."""
    return _member(world, params)


@method("getChatAdministrators")
def get_chat_administrators(world: World, params: Json) -> list[Json]:
    """Who administers a group: its first member."""
    chat = target(world, params)
    if chat.private:
        raise bad("there are no administrators in the private chat")
    return [_member(world, {**params, "user_id": id}) for id in chat.members[:1]]


@method("leaveChat")
def leave_chat(world: World, params: Json) -> bool:
    """The bot leaves a group."""
    chat = target(world, params)
    if chat.private:
        raise bad("chat member status can't be changed in private chats")
    chat.bot_in = False
    world.membership(chat, 0, "member", "left")
    return True


@method("getFile")
def get_file(world: World, params: Json) -> Json:
    """Where a file is found."""
    file: Any = world.files.get(str(params.get("file_id") or ""))
    if file is None:
        raise bad("invalid file_id")
    return objects.file(file) | {"file_path": f"documents/{file.id}"}
