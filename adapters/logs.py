"""Logging: structlog for everything, the standard library's loggers included, with secrets and personal data kept out.

Redaction is the last step before a line is written, so that no library can slip a token past it: whole lines, with
tracebacks in them, are searched for the secrets that the settings hold and for the shapes that tokens have.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog

from adapters.config import Settings

# Telegram bot tokens, Slack tokens, passwords in URLs, bearer headers.
_TOKENS = re.compile(
    r"\b\d{6,12}:[A-Za-z0-9_-]{30,}\b"
    r"|\bx(?:ox[a-z]|app)-[A-Za-z0-9-]{8,}"
    r"|(?<=://)[^/\s:@]+:[^@\s/]+(?=@)"
    r"|(?i:(?<=bearer )\S+)"
)
_NOISY = ("httpx", "httpcore", "apscheduler", "telegram", "slack_sdk", "slack_bolt", "alembic", "asyncio")
HIDDEN = "[redacted]"


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without secrets: the given ones, and whatever looks like a token."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return _TOKENS.sub(HIDDEN, text)


class _Redacting(logging.Formatter):
    """Formats through structlog, then redacts the whole line."""

    def __init__(self, inner: logging.Formatter, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._inner = inner
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        return redact(self._inner.format(record), self._secrets)


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """The values that must never be logged, longest first so that one inside another goes too."""
    values = (getattr(settings, name) for name in type(settings).model_fields)
    found = {value.get_secret_value() for value in values if hasattr(value, "get_secret_value")}
    return tuple(sorted((secret for secret in found if len(secret) >= 4), key=len, reverse=True))


def set_up(settings: Settings) -> None:
    """Send every log line to stderr, as text or JSON, redacted."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last: Any = structlog.processors.JSONRenderer() if settings.log_format == "json" else _line
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting(formatter, secrets_of(settings)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for name in _NOISY:  # httpx logs URLs at INFO, and a bot's URL holds its token
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _line(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> str:
    """One line for people: time, level, what happened, and the rest as key=value."""
    stamp, level, text = event.pop("timestamp", ""), event.pop("level", ""), event.pop("event", "")
    event.pop("logger", None)
    trace = event.pop("exception", "")
    rest = " ".join(f"{key}={value}" for key, value in event.items())
    return f"{stamp} {level:<7} {text} {rest}".rstrip() + (f"\n{trace}" if trace else "")
