"""Commands for those who run Tutor in Slack."""

from __future__ import annotations

import re
import sys
from typing import Annotated

import typer

from knowledge.errors import SettingsError

slack = typer.Typer(help="Set up and tidy up Slack.", no_args_is_help=True)


@slack.command("manifest")
def manifest(
    url: Annotated[
        str, typer.Option("--url", help="The public address of Tutor, to be called over HTTP; default: Socket Mode.")
    ] = "",
) -> None:
    """Print the app's manifest, to create the Slack app from."""
    from adapters.slack.manifest import as_yaml

    if url and not url.startswith("https://"):
        raise SettingsError("slack manifest: --url must begin with https://, or Slack will not call it")
    sys.stdout.write(as_yaml(url.rstrip("/") or None))


@slack.command("forget")
def forget(team: Annotated[str, typer.Argument(metavar="TEAM", help="A workspace's id, such as T0123456789.")]) -> None:
    """Remove a workspace with everything about its members, at once. This cannot be undone."""
    from adapters.config import load_settings
    from adapters.slack.installations import forget_everything
    from bot.store.db import Database

    if not re.fullmatch(r"[TE][A-Z0-9]{2,20}", team):
        raise SettingsError(f"slack forget: {team!r} is not a workspace's id; it looks like T0123456789")
    settings = load_settings()
    db = Database(settings.database_url, settings.key_of_database() or "")
    try:
        db.check()
        removed = forget_everything(db, team)
    finally:
        db.close()
    sys.stdout.write(f"{team}: {removed} learner{'' if removed == 1 else 's'} removed, and the workspace's tokens\n")
