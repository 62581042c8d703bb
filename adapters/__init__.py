"""Where learners are: terminal, Telegram, Slack, web, and the command line that runs them."""

import os
from pathlib import Path

CONTENT = Path(__file__).resolve().parent.parent / "knowledge" / "content"  # the base that ships with Tutor


def user_cache() -> Path | None:
    """Where this user's programs keep what they can make again, ours below it; None where there is no home.

    `XDG_CACHE_HOME` if it names a folder in full (https://specifications.freedesktop.org/basedir-spec/), else ~/.cache.
    """
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        return (named if named.is_absolute() else Path.home() / ".cache") / "tutor"
    except RuntimeError:
        return None
