"""Reading a request: query string, form, multipart, JSON; nested objects are JSON strings in all but the last."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from tests.fakes.telegram.rules import bad
from tests.fakes.telegram.state import World
from tests.fakes.telegram.world import File, Json

_NESTED = {
    "allowed_updates",
    "button",
    "caption_entities",
    "commands",
    "correct_option_ids",
    "entities",
    "explanation_entities",
    "link_preview_options",
    "menu_button",
    "message_ids",
    "options",
    "question_entities",
    "reply_markup",
    "reply_parameters",
    "results",
    "scope",
}
_FLAGS = {
    "allow_sending_without_reply",
    "allows_multiple_answers",
    "allows_revoting",
    "disable_notification",
    "drop_pending_updates",
    "is_anonymous",
    "is_closed",
    "is_personal",
    "protect_content",
    "show_alert",
}


def _value(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name in _NESTED:
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad(f"can't parse {name} JSON object") from None
    if name in _FLAGS:
        return value.lower() in {"true", "1", "yes"}
    return value


async def parameters(request: web.Request, world: World) -> Json:
    """The parameters of a call. Uploaded files are kept and stand as `File`, also behind attach://."""
    given: Json = dict(request.query)
    if request.method == "POST":
        if request.content_type == "application/json":
            try:
                body = json.loads(await request.text() or "{}")
            except ValueError:
                raise bad("can't parse JSON object") from None
            if not isinstance(body, dict):
                raise bad("JSON object expected")
            given |= body
        else:
            given |= await request.post()
    files: dict[str, File] = {}
    for name, value in list(given.items()):
        if isinstance(value, web.FileField):
            files[name] = world.keep_file(value.filename, value.content_type, value.file.read())
            given[name] = files[name]
    params = {name: _value(name, value) for name, value in given.items()}
    for name, value in params.items():
        if isinstance(value, str) and value.startswith("attach://"):
            params[name] = files.get(value.removeprefix("attach://"), value)
    return params
