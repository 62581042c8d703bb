"""What a person typed, out of the text that Slack makes of it."""

from __future__ import annotations

import re

TEXT_MAX = 4000  # characters that are taken in, as many as people write anywhere else

_MARK = re.compile(r"<([^<>\n]*)>")
_THUMBS = {"+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎"}
_THUMB = re.compile(r":([+-]1|thumbsup|thumbsdown):(?::skin-tone-[2-6]:)?")


def typed(text: str, bot_user: str = "") -> str:
    """The text as it was typed: links and channels by their words, `&`, `<` and `>` as themselves.

    Mentions of the bot are left out, and those of people whose name Slack does not tell.
    """
    if bot_user:
        text = re.sub(rf"[ \t]*<@{re.escape(bot_user)}(?:\|[^<>]*)?>(?:[ \t]*[:,](?=\s))?", "", text)
    text = _THUMB.sub(lambda found: _THUMBS[found[1]], _MARK.sub(_shown, text))
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()[:TEXT_MAX]


def _shown(found: re.Match[str]) -> str:
    target, _, label = found[1].partition("|")
    match target[:1]:
        case "@":
            return f"@{label.removeprefix('@')}" if label else ""
        case "#":
            return f"#{label.removeprefix('#')}" if label else ""
        case "!":
            special = target[1:].partition("^")[0]
            return label or (f"@{special}" if special in ("here", "channel", "everyone") else "")
        case _:
            return label or target.removeprefix("mailto:")
