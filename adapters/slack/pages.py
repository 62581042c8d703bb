"""The two pages that an installer sees: it worked, or it did not and what to do."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from bot.wording import Words

WHOLE_ORGANISATION = "whole organisation"  # a reason of our own, beside those of Slack and Bolt
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address of this page holds a code
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}"
)


def installed(say: Words, team: str, app_id: str | None, team_id: str | None) -> str:
    """It worked: where to go on."""
    title = say.label("Tutor is installed in {team}.", team=team) if team else say.label("Tutor is installed.")
    link = "https://slack.com/app_redirect?" + urlencode({"app": app_id or "", "team": team_id or ""})
    lines = [
        say.label("I sent you a message in Slack that says how to begin. Nobody else was written to."),
        say.label("Everybody finds me under Apps, or with “/tutor help”."),
    ]
    return _page(say, title, lines, link, say.label("Open Tutor in Slack"))


def failed(say: Words, reason: str, again: str) -> str:
    """It did not work: why, in plain words, and what to do. What Slack sent is not repeated."""
    reasons = {
        "access_denied": say.label("You cancelled, so nothing was installed."),
        "invalid_browser": say.label("This page was not reached from the link below, or in another browser."),
        "invalid_state": say.label("The link was used already, or is older than ten minutes."),
        "invalid_code": say.label("Slack did not confirm the installation."),
        "storage_error": say.label("Something went wrong on my side, and the installation was not kept."),
        WHOLE_ORGANISATION: say.label("I can be installed in single workspaces, not in a whole organisation at once."),
    }
    lines = [reasons.get(reason) or say.label("Slack did not say why."), say.label("You can try again any time.")]
    return _page(say, say.label("Tutor was not installed."), lines, again, say.label("Try again"))


def _page(say: Words, title: str, lines: list[str], link: str, label: str) -> str:
    language = escape(say.language.replace("_", "-"), quote=True)
    body = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f'<body><main><h1>{escape(title)}</h1>{body}<p><a href="{escape(link, quote=True)}">{escape(label)}</a></p>'
        "</main></body></html>"
    )
