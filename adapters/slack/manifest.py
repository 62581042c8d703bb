"""What the Slack app is: its scopes, events, command and shortcut, and the manifest that creates it.

`manifest.yaml` beside this file is `as_yaml()`, to paste into Slack; a test keeps the two alike. Why each scope is
needed is in docs/slack-scopes.md.
"""

from __future__ import annotations

import io
from typing import Any, Literal

from ruamel.yaml import YAML

EVENTS_PATH = "/slack/events"  # events, presses, modals, shortcuts and commands alike
INSTALL_PATH = "/slack/install"
REDIRECT_PATH = "/slack/oauth_redirect"

COMMAND = "/tutor"
SHORTCUT = "ask_tutor"
SCOPES = (
    "app_mentions:read",
    "assistant:write",
    "chat:write",
    "commands",
    "files:write",
    "im:history",
    "im:write",
    "users:read",
)
EVENTS = ("app_home_opened", "app_mention", "app_uninstalled", "message.im", "tokens_revoked")
# Only apps made before July 2026 still have the Assistant pane; the agent view of newer ones sends none of these.
ASSISTANT_EVENTS = ("assistant_thread_context_changed", "assistant_thread_started")

DESCRIPTION = (
    "Ask about designing AI and ML systems, and keep what you learn with short quizzes that come back in time."
)
LONG_DESCRIPTION = (
    "Tutor answers questions about designing AI and ML systems from a curated knowledge base, and says so when it does "
    "not know. Short quizzes bring back what you learned just before you would forget it, at the time you choose. "
    "It never writes to anybody who has not asked for it, and shows, exports or deletes what it keeps about you "
    "whenever you say so."
)
PROMPTS = (
    ("What happens when a server dies?", "What happens when a server dies?"),
    ("What can I ask about?", "topics"),
    ("Quiz me", "quiz"),
    ("How am I doing?", "progress"),
)
HEADER = """\
# Tutor's Slack app. Paste it at https://api.slack.com/apps under "Create New App", "From a manifest".
# This one is for Socket Mode, which needs no public address; `tutor slack manifest --url https://…` prints the other.
# Each scope is explained in docs/slack-scopes.md.
"""


def manifest(public_url: str | None = None, pane: Literal["agent", "assistant"] = "agent") -> dict[str, Any]:
    """The manifest, as https://docs.slack.dev/reference/app-manifest describes it.

    Args:
        public_url: where Slack reaches Tutor over HTTP, such as https://tutor.example.org; None: Socket Mode.
        pane: "agent" for new apps. Apps that have the older Assistant pane keep "assistant", until they are moved over
            for good: Slack takes no new ones.
    """
    base = public_url.rstrip("/") if public_url else None
    request_url = {} if base is None else {"request_url": base + EVENTS_PATH}
    prompts = [{"title": title, "message": message} for title, message in PROMPTS]
    command: dict[str, Any] = {
        "command": COMMAND,
        **({} if base is None else {"url": base + EVENTS_PATH}),
        "description": "Ask Tutor, take a quiz, see your progress",
        "usage_hint": "[question | quiz | progress | settings | help]",
        "should_escape": False,
    }
    view = {"agent_view": {"agent_description": DESCRIPTION, "suggested_prompts": prompts}}
    if pane == "assistant":
        view = {"assistant_view": {"assistant_description": DESCRIPTION, "suggested_prompts": prompts}}
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Tutor",
            "description": DESCRIPTION,
            "long_description": LONG_DESCRIPTION,
            "background_color": "#1f3a5f",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Tutor", "always_online": True},
            **view,
            "shortcuts": [
                {
                    "name": "Ask Tutor",
                    "type": "message",
                    "callback_id": SHORTCUT,
                    "description": "Ask Tutor about this message; only you see the answer",
                }
            ],
            "slash_commands": [command],
        },
        "oauth_config": {
            **({} if base is None else {"redirect_urls": [base + REDIRECT_PATH]}),
            "scopes": {"bot": list(SCOPES)},
        },
        "settings": {
            "event_subscriptions": {
                **request_url,
                "bot_events": sorted(EVENTS + (ASSISTANT_EVENTS if pane == "assistant" else ())),
            },
            "interactivity": {"is_enabled": True, **request_url},
            "org_deploy_enabled": False,
            "socket_mode_enabled": base is None,
            "token_rotation_enabled": False,
        },
    }


def as_yaml(public_url: str | None = None, pane: Literal["agent", "assistant"] = "agent") -> str:
    """The manifest in YAML, with a few words on what to do with it."""
    out, yaml = io.StringIO(), YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 1000
    yaml.dump(manifest(public_url, pane), out)
    return (HEADER if public_url is None else HEADER.splitlines(keepends=True)[0]) + out.getvalue()
