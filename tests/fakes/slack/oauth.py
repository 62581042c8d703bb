"""OAuth: the page where somebody allows the app, and the exchange of the code that comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.fakes.slack.api import Context, Refused, method
from tests.fakes.slack.state import Grant, Json, new_id

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack
    from tests.fakes.slack.people import Person

CODE_SECONDS = 600.0


def approve(fake: FakeSlack, url: str, person: Person) -> str:
    """What the browser is sent to once `person` allowed what the authorize page at `url` asks for.

    Raises:
        ValueError: Slack shows an error page instead; says why.
    """
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()}
    if asked.get("client_id") != fake.client_id:
        raise ValueError("invalid_client_id")
    scopes = {scope for scope in asked.get("scope", "").split(",") if scope}
    if not scopes:
        raise ValueError("invalid_scope: no scope requested")
    if unknown := scopes - fake.scopes:
        raise ValueError(f"invalid_scope: {', '.join(sorted(unknown))}")
    back = asked.get("redirect_uri") or fake.redirect_url
    if not back:
        raise ValueError("bad_redirect_uri: none was given and none is configured")
    code = new_id("code-")
    fake.grants[code] = Grant(person.workspace, person.id, scopes, asked.get("redirect_uri", ""), fake.now())
    return f"{back}{'&' if '?' in back else '?'}{urlencode({'code': code, 'state': asked.get('state', '')})}"


def deny(fake: FakeSlack, url: str) -> str:
    """What the browser is sent to after Cancel."""
    asked = parse_qs(urlsplit(url).query)
    back = asked.get("redirect_uri", [fake.redirect_url])[0]
    return f"{back}?{urlencode({'error': 'access_denied', 'state': asked.get('state', [''])[0]})}"


@method("oauth.v2.access", token="none", json=False)
def access(c: Context) -> Json:
    if c.text("client_id") != c.fake.client_id:
        raise Refused("invalid_client_id", "wrong client_id")
    if c.text("client_secret") != c.fake.client_secret:
        raise Refused("bad_client_secret", "wrong client_secret")
    grant = c.fake.grants.get(c.text("code"))
    if grant is None or c.fake.now() - grant.at > CODE_SECONDS:
        raise Refused("invalid_code")
    if grant.used:
        raise Refused("code_already_used")
    if c.text("redirect_uri", required=False) != grant.redirect_uri:
        raise Refused("bad_redirect_uri", "not the redirect_uri of the authorize page")
    grant.used = True
    workspace = grant.workspace
    workspace.installed, workspace.token_state = True, ""
    workspace.token = f"xoxb-{new_id('').lower()}-{workspace.id.lower()}"
    workspace.scopes, workspace.installer = set(grant.scopes), grant.user
    return {
        "access_token": workspace.token, "token_type": "bot", "scope": ",".join(sorted(grant.scopes)),
        "bot_user_id": workspace.bot_user, "app_id": c.fake.app_id,
        "team": {"id": workspace.id, "name": workspace.name}, "enterprise": None,
        "authed_user": {"id": grant.user}, "is_enterprise_install": False,
    }  # fmt: skip
