"""The Bolt application: each payload becomes an event, and is acknowledged once that is committed.

A payload that could not be taken is not acknowledged (503, or an envelope left open): Slack delivers an event again,
and shows a person who pressed or submitted something that it did not work.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import faults
from adapters.slack.intake import Intake, Receive, Screens
from adapters.slack.people import People
from adapters.slack.workspaces import SLACK, Workspaces, library_log
from bot.messages import SendNever
from bot.wording import words
from knowledge.model import Library

_ANY = re.compile("")


def make(
    workspaces: Workspaces,
    signing_secret: str,
    receive: Receive,
    screens: Screens,
    library: Callable[[], Library],
    now: Callable[[], datetime],
    *,
    api_url: str = "",
    oauth: AsyncOAuthFlow | None = None,
    people: People | None = None,
) -> AsyncApp:
    """The application.

    Args:
        workspaces: whose events are taken, and the clients to answer them with.
        signing_secret: proves that a request is Slack's. With "" every request over HTTP is refused.
        receive: the inbox.
        screens: draws the settings modal.
        library: the current base, for the assistant pane's suggestions.
        now: gives the time, aware UTC.
        api_url: the Web API, "" for Slack's own.
        oauth: how further workspaces install the app; None where a token names the only one.
        people: what is known of people; shared with the sender, it saves calls.
    """
    say = words("en")  # to a workspace of which nothing is known
    app = AsyncApp(
        name="adapters.slack.bolt",  # Bolt sets the level of the logger with this name: it must be none of ours
        logger=library_log(),
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        # Never "": Bolt would take one from the environment, and anybody can sign with an empty one.
        signing_secret=signing_secret or secrets.token_hex(32),
        client=AsyncWebClient(base_url=api_url or SLACK, retry_handlers=[], logger=library_log()),
        authorize=cast(Any, _Authorize(workspaces)) if oauth is None else None,
        oauth_flow=oauth,
        user_facing_authorize_error_message=say.label(
            "Tutor is no longer installed in this workspace. Ask whoever looks after its apps to add it again."
        ),
        ignoring_self_events_enabled=False,  # the intake knows them, and nothing here answers at once
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    if oauth is None:
        app._async_oauth_flow = None  # Bolt makes one of plain SLACK_CLIENT_ID and SLACK_CLIENT_SECRET by itself
    intake = Intake(workspaces, people or People(workspaces), receive, screens, library, now)
    for listen in (app.event, app.command, app.shortcut, app.action, app.view):
        listen(_ANY)(intake.take)
    app.error(intake.failed)
    return app


class _Authorize(AsyncAuthorize):
    """Tells Bolt whose token goes with a payload, without asking Slack each time."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def __call__(
        self,
        *,
        context: Any,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        actor_enterprise_id: str | None = None,
        actor_team_id: str | None = None,
        actor_user_id: str | None = None,
    ) -> AuthorizeResult | None:
        try:
            client = await self._workspaces.client(team_id or enterprise_id or "")
        except SendNever:
            return None
        except SlackApiError as error:
            if faults.code_of(error) in faults.ENDED:
                return None
            raise faults.Unavailable from None  # Bolt would acknowledge a SlackApiError
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id, bot_token=client.token)
