"""Where learners are: terminal, Telegram, Slack, web, and the command line that runs them."""

from pathlib import Path

CONTENT = Path(__file__).resolve().parent.parent / "knowledge" / "content"  # the base that ships with Tutor
