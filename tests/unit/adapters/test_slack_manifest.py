"""The manifest says what the code does, asks for no more than that, and is one that Slack takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from adapters.slack import manifest
from tests.extract_words import ROOT

SLACK = ROOT / "adapters" / "slack"
DOCS = (ROOT / "docs" / "slack-scopes.md").read_text(encoding="utf-8")

# From the page of each method at https://docs.slack.dev/reference/methods: the bot scope it needs, "" for none.
SCOPE_OF_METHOD = {
    "apps.connections.open": "",  # with the app's own token
    "assistant.threads.setStatus": "chat:write",
    "assistant.threads.setSuggestedPrompts": "assistant:write",
    "assistant.threads.setTitle": "assistant:write",
    "auth.test": "",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.open": "im:write",
    "files.completeUploadExternal": "files:write",
    "files.getUploadURLExternal": "files:write",
    "oauth.v2.access": "",
    "users.info": "users:read",
    "views.open": "",
    "views.publish": "",
    "views.update": "",
}
# From https://docs.slack.dev/reference/events.
SCOPE_OF_EVENT = {
    "app_home_opened": "",
    "app_mention": "app_mentions:read",
    "app_uninstalled": "",
    "assistant_thread_context_changed": "assistant:write",
    "assistant_thread_started": "assistant:write",
    "message.im": "im:history",
    "tokens_revoked": "",
}
# slack_sdk's own name for two calls in a row.
UPLOAD = ("files.getUploadURLExternal", "files.completeUploadExternal")
BUNDLES: dict[str, tuple[str, ...]] = {"files_upload_v2": UPLOAD}
# Heard where an operator subscribes to it: it would take the right to list channels.
NOT_ASKED_FOR = {"member_joined_channel", "user_change"}


def source() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(SLACK.glob("*.py")) if path.stem != "manifest")


def called() -> set[str]:
    """The Web API methods that the code calls, by slack_sdk's names for them."""
    from slack_sdk.web.async_client import AsyncWebClient

    code = source()
    known = BUNDLES | {name.replace(".", "_"): (name,) for name in SCOPE_OF_METHOD}
    methods = {name for name in vars(AsyncWebClient) if "_" in name and not name.startswith("_")}
    used = {name for name in methods if re.search(rf"\.{name}\(", code)}
    used |= {name.replace(".", "_") for name in re.findall(r'api_call\(\s*"([a-zA-Z.0-9]+)"', code)}
    assert used <= known.keys(), f"say which scope they need: {used - known.keys()}"
    return {method for name in used for method in known[name]}


def rows() -> dict[str, tuple[set[str], set[str]]]:
    """Scope -> methods and events, from the table in the docs."""
    found = {}
    for line in DOCS.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and (scope := re.fullmatch(r"`([a-z_:]+)`", cells[0])):
            assert len(cells[1]) > 20, f"{scope[1]}: say what it is for"
            found[scope[1]] = (set(re.findall(r"`([^`]+)`", cells[2])), set(re.findall(r"`([^`]+)`", cells[3])))
    return found


def test_the_file_is_what_the_code_says() -> None:
    text = (SLACK / "manifest.yaml").read_text(encoding="utf-8")
    assert text == manifest.as_yaml()
    assert YAML(typ="safe").load(text) == manifest.manifest()


def test_scopes_are_those_that_methods_and_events_need_and_no_others() -> None:
    methods = {SCOPE_OF_METHOD[name] for name in SCOPE_OF_METHOD}
    events = {SCOPE_OF_EVENT[name] for name in (*manifest.EVENTS, *manifest.ASSISTANT_EVENTS)}
    assert set(manifest.SCOPES) == (methods | events | {"commands"}) - {""}
    assert list(manifest.SCOPES) == sorted(manifest.SCOPES)


def test_every_method_called_has_its_scope_and_every_scope_is_used() -> None:
    methods = called()
    assert {"chat.postMessage", "conversations.open"} <= methods
    needed = {SCOPE_OF_METHOD[name] for name in methods} - {""}
    assert needed <= set(manifest.SCOPES)


def test_every_event_that_is_handled_is_subscribed_to_and_the_other_way_round() -> None:
    code = source()
    for event in (*manifest.EVENTS, *manifest.ASSISTANT_EVENTS):
        name = event.partition(".")[0]
        assert re.search(rf'"{name}"', code), f"{event} is subscribed to, and nothing handles it"
    handled = set(re.findall(r'case "([a-z_]+)"|\.event\("([a-z_]+)"\)', code))
    names = {one or other for one, other in handled}
    assert names & _all_events() <= {event.partition(".")[0] for event in _all_subscribed()} | NOT_ASKED_FOR


def _all_subscribed() -> tuple[str, ...]:
    return (*manifest.EVENTS, *manifest.ASSISTANT_EVENTS)


def _all_events() -> set[str]:
    """Events that an app like this could be told of."""
    return {
        *SCOPE_OF_EVENT,
        "app_context_changed",
        "channel_left",
        "channel_rename",
        "file_shared",
        "link_shared",
        "member_joined_channel",
        "member_left_channel",
        "message",
        "reaction_added",
        "team_join",
        "user_change",
    }


def test_commands_and_shortcuts_are_those_of_the_code() -> None:
    found = manifest.manifest()["features"]
    assert [command["command"] for command in found["slash_commands"]] == [manifest.COMMAND]
    assert [shortcut["callback_id"] for shortcut in found["shortcuts"]] == [manifest.SHORTCUT]
    code = source()
    assert f'"{manifest.SHORTCUT}"' in code or "SHORTCUT" in code


def test_the_docs_explain_each_scope_with_what_needs_it() -> None:
    table = rows()
    assert list(table) == list(manifest.SCOPES)
    for scope, (methods, events) in table.items():
        assert methods == {name for name, needed in SCOPE_OF_METHOD.items() if needed == scope}, scope
        assert events == {name for name, needed in SCOPE_OF_EVENT.items() if needed == scope}, scope
    free = [name for name, needed in (*SCOPE_OF_METHOD.items(), *SCOPE_OF_EVENT.items()) if not needed]
    assert all(f"`{name}`" in DOCS for name in free)


@pytest.mark.parametrize("pane", ["agent", "assistant"])
@pytest.mark.parametrize("url", [None, "https://tutor.example.org/"])
def test_slack_takes_it(url: str | None, pane: Any) -> None:
    """The rules of https://docs.slack.dev/reference/app-manifest, as far as they concern what is used here."""
    made = manifest.manifest(url, pane)
    about = made["display_information"]
    assert 1 <= len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    assert 175 <= len(about["long_description"]) <= 4000
    assert re.fullmatch(r"#[0-9a-f]{6}", about["background_color"])
    features = made["features"]
    views = {name for name in features if name.endswith("_view")}
    assert views == {f"{pane}_view"}
    view = features[f"{pane}_view"]
    assert len(view[f"{pane}_description"]) <= 300
    assert 1 <= len(view["suggested_prompts"]) <= 4
    assert all(set(prompt) == {"title", "message"} for prompt in view["suggested_prompts"])
    assert len(features["bot_user"]["display_name"]) <= 80
    for shortcut in features["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
        assert len(shortcut["callback_id"]) <= 255
    for command in features["slash_commands"]:
        assert re.fullmatch(r"/[a-z]{1,31}", command["command"])
        assert len(command["usage_hint"]) <= 1000
    settings = made["settings"]
    assert len(settings["event_subscriptions"]["bot_events"]) == len(set(settings["event_subscriptions"]["bot_events"]))


def test_socket_mode_names_no_address_and_http_names_one_everywhere() -> None:
    socket, http = str(manifest.manifest()), manifest.manifest("https://tutor.example.org/")
    assert "http" not in socket
    settings = http["settings"]
    events = "https://tutor.example.org/slack/events"
    assert settings["socket_mode_enabled"] is False
    assert settings["event_subscriptions"]["request_url"] == events
    assert settings["interactivity"] == {"is_enabled": True, "request_url": events}
    assert http["features"]["slash_commands"][0]["url"] == events
    assert http["oauth_config"]["redirect_urls"] == ["https://tutor.example.org/slack/oauth_redirect"]
    assert manifest.manifest()["settings"]["socket_mode_enabled"] is True


def test_the_assistant_pane_has_its_own_events_and_the_agent_view_has_not() -> None:
    def events(pane: Any) -> list[str]:
        found: list[str] = manifest.manifest(None, pane)["settings"]["event_subscriptions"]["bot_events"]
        return found

    assert set(events("assistant")) - set(events("agent")) == set(manifest.ASSISTANT_EVENTS)


def test_home_and_messages_tabs_are_on_and_organisations_are_not() -> None:
    made = manifest.manifest()
    assert made["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    assert made["settings"]["org_deploy_enabled"] is False
    assert made["oauth_config"]["scopes"].keys() == {"bot"}


def test_the_http_manifest_is_yaml_too(tmp_path: Path) -> None:
    text = manifest.as_yaml("https://tutor.example.org")
    assert YAML(typ="safe").load(text) == manifest.manifest("https://tutor.example.org")
    assert "Socket Mode, which needs no public address" not in text
