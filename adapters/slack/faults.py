"""What Slack's refusals mean: come again later, never, or the workspace is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.messages import SendLater

ENDED = frozenset({"token_revoked", "account_inactive", "token_expired"})  # of the app's own token
# The token is wrong, or the call came from an address that the app may not be used from: no reason to delete anything.
REFUSED = "invalid_auth"
REFUSED_WAIT = 60.0  # seconds until the next try then: no message's fault
PERSON_GONE = frozenset({"user_disabled", "user_not_found", "users_not_found", "user_not_visible", "deleted_user"})
PLACE_GONE = frozenset({"channel_not_found", "is_archived", "not_in_channel", "user_not_in_channel"})
MESSAGE_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"})
_PASSING = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", "timeout"}
)
_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
UNSAID = 30.0  # seconds to wait where Slack does not say how long


class Unavailable(Exception):
    """Slack failed; the same call may work in a while."""


def code_of(error: SlackApiError) -> str:
    """Slack's word for what is wrong, "" where its answer was none of its own making."""
    data = getattr(error.response, "data", None)
    return str(data.get("error") or "") if isinstance(data, Mapping) else ""


def status_of(error: SlackApiError) -> int:
    """The HTTP status of the answer."""
    response: Any = error.response
    return int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)


def retry_after(error: BaseException) -> float | None:
    """The seconds that Slack asks to wait, where that is what the error says."""
    if isinstance(error, SendLater):
        return error.after
    if not isinstance(error, SlackApiError) or not (status_of(error) == 429 or code_of(error) in _LIMITED):
        return None
    return seconds(getattr(error.response, "headers", None))


def seconds(headers: Any) -> float:
    """The Retry-After of an answer's headers."""
    try:
        return max(0.0, float(headers["Retry-After"]))
    except (KeyError, TypeError, ValueError):
        return UNSAID


def passing(error: SlackApiError) -> bool:
    """Whether the same call may work in a while."""
    return status_of(error) >= 500 or code_of(error) in _PASSING or not code_of(error)
