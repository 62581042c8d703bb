"""The rules of polls, inline results, command menus and webhooks."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.telegram import rules
from tests.fakes.telegram.rules import bad, formatted, utf8
from tests.fakes.telegram.world import Json, Poll

_SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}


def _poll_text(value: Any, what: str, limit: int) -> str:
    text = utf8(value if isinstance(value, str) else "").strip()
    if not text:
        raise bad(f"{what} must be non-empty")
    if len(text) > limit:
        raise bad(f"{what} length must not exceed {limit}")
    return text


def poll(params: Json, id: str) -> Poll:
    """The poll that sendPoll's parameters ask for."""
    question = _poll_text(params.get("question"), "poll question", rules.QUESTION)
    given = params.get("options")
    if not isinstance(given, list):
        raise bad("poll options must be non-empty" if given is None else "can't parse options JSON object")
    if not given:
        raise bad("poll must have at least 1 option")
    if len(given) > rules.OPTIONS:
        raise bad(f"poll can't have more than {rules.OPTIONS} options")
    texts = [item.get("text") if isinstance(item, dict) else item for item in given]
    options = [_poll_text(text, "poll options", rules.OPTION) for text in texts]
    kind = params.get("type") or "regular"
    if kind not in {"regular", "quiz"}:
        raise bad("unsupported poll type specified")
    correct = params.get("correct_option_ids")
    if correct is None:
        correct = [] if params.get("correct_option_id") is None else [params["correct_option_id"]]
    if kind == "quiz" and (not correct or any(not 0 <= int(one) < len(options) for one in correct)):
        raise bad("wrong correct option ID specified")
    if len(set(options)) != len(options):
        raise bad("POLL_OPTION_DUPLICATE")
    explanation, entities = str(params.get("explanation") or ""), params.get("explanation_entities") or []
    if explanation:
        if kind != "quiz":
            raise bad("explanation can be used only in quizzes")
        explanation, entities = formatted(
            explanation, entities, rules.EXPLANATION, long="MESSAGE_TOO_LONG: poll explanation is too long"
        )
        if explanation.count("\n") > rules.EXPLANATION_LINES:
            raise bad("POLL_ANSWER_INVALID: poll explanation has too many line feeds")
    period = params.get("open_period")
    if period is not None and not 5 <= int(period) <= 2628000:
        raise bad("POLL_OPEN_PERIOD_INVALID")
    anonymous = params.get("is_anonymous")
    return Poll(
        id=id,
        question=question,
        options=options,
        quiz=kind == "quiz",
        anonymous=True if anonymous is None else bool(anonymous),
        correct=[int(one) for one in correct],
        multiple=bool(params.get("allows_multiple_answers")),
        explanation=explanation,
        explanation_entities=entities,
        closed=bool(params.get("is_closed")),
    )


def inline_results(params: Json, username: str) -> list[Json]:
    """The results of answerInlineQuery."""
    results = params.get("results")
    if not isinstance(results, list):
        raise bad("can't parse results JSON object")
    if len(results) > rules.RESULTS:
        raise bad("RESULTS_TOO_MUCH")
    seen: set[str] = set()
    for result in results:
        id = utf8(str(result.get("id", "")))
        if not 1 <= len(id.encode()) <= rules.RESULT_ID:
            raise bad("RESULT_ID_INVALID")
        if id in seen:
            raise bad("RESULT_ID_DUPLICATE")
        seen.add(id)
        if result.get("type") != "article":
            raise bad("unallowed inline query result type")
        if not str(result.get("title", "")).strip():
            raise bad("ARTICLE_TITLE_EMPTY")
        content = result.get("input_message_content")
        if not isinstance(content, dict) or "message_text" not in content:
            raise bad("can't parse inline query result: Can't find field \"input_message_content\"")
        formatted(content["message_text"], content.get("entities") or [], rules.TEXT)
        rules.keyboard(result.get("reply_markup"), username)
    if len(str(params.get("next_offset") or "").encode()) > rules.NEXT_OFFSET:
        raise bad("NEXT_OFFSET_INVALID")
    button = params.get("button")
    if button is not None:
        if not str(button.get("text", "")).strip():
            raise bad("can't parse inline query results button: Button text must be non-empty")
        if "web_app" not in button and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(button.get("start_parameter", ""))):
            raise bad("START_PARAM_INVALID")
    return results


def commands(params: Json) -> list[Json]:
    """The menu of setMyCommands."""
    given = params.get("commands")
    if not isinstance(given, list):
        raise bad("can't parse commands JSON object")
    if len(given) > rules.COMMANDS:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for command in given:
        name, description = str(command.get("command", "")), utf8(str(command.get("description", ""))).strip()
        if not re.fullmatch(rf"[a-z0-9_]{{1,{rules.COMMAND}}}", name):
            raise bad("BOT_COMMAND_INVALID")
        if not description:
            raise bad("command description must be non-empty")
        if len(description) > rules.COMMAND_DESCRIPTION:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    return [{"command": one["command"], "description": one["description"].strip()} for one in given]


def scope(params: Json) -> str:
    """The key of a command scope."""
    given = params.get("scope") or {"type": "default"}
    kind = given.get("type") if isinstance(given, dict) else None
    if kind not in _SCOPES:
        raise bad("can't parse BotCommandScope: Unsupported type specified")
    parts = [str(given[name]) for name in _SCOPES[kind] if given.get(name)]
    if len(parts) != len(_SCOPES[kind]):
        raise bad('can\'t parse BotCommandScope: Field "chat_id" must be non-empty')
    return ":".join([kind, *parts])


def language(params: Json) -> str:
    """The language of a menu or description: two letters, or none."""
    code = str(params.get("language_code") or "")
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad("invalid language code specified")
    return code


def webhook(params: Json, *, local: bool) -> str:
    """The address of setWebhook; a `local` server also takes plain HTTP on any port, as `telegram-bot-api --local`."""
    url = str(params.get("url") or "")
    secret = str(params.get("secret_token") or "")
    if len(secret) > 256:
        raise bad("secret token is too long")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]+", secret):
        raise bad("secret token contains unallowed characters")
    parts = urlsplit(url)
    if url and not local:
        if parts.scheme != "https":
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if (parts.port or 443) not in rules.WEBHOOK_PORTS:
            raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    return url
