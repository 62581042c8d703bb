"""Logging: structlog for everything, the standard library's loggers included, with secrets and personal data kept out.

Redaction is the last step before a line is written, so that no library can slip a token past it: whole lines, with
tracebacks in them, are searched for the secrets that the settings hold and for the shapes that tokens have. Tracebacks
name places and types; what an exception says is left out unless it is one of ours or the system's, since any other
may quote what a learner wrote.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import suppress
from typing import Any, TextIO
from urllib.parse import quote, quote_plus, unquote, urlsplit

import structlog

from adapters.config import Settings
from knowledge.errors import SettingsError, TutorError

HIDDEN = "[redacted]"
SHORTEST = 4  # characters of a secret that is looked for: cutting out a shorter one would cut up everything else

# No alternative matches a quote or a backslash, so that a redacted JSON line is still JSON.
_TOKENS = re.compile(
    r"(?<![0-9])[0-9]{6,12}(?::|%3[Aa])[A-Za-z0-9_-]{30,}"  # Telegram's, also inside "/bot<token>/"
    r"|x(?:ox[a-z]|app)-[A-Za-z0-9.%-]{8,}"  # Slack's
    r"|(?<=hooks\.slack\.com/)[A-Za-z0-9/_-]+"  # webhooks and response_urls: whoever has one can write
    r"|(?<=://)(?!user:password@)[^/\s\"'\\<>]+(?=@)"  # user and password in a URL, but for our own examples
    r"|(?i:(?<=bearer )|(?<=basic ))[A-Za-z0-9._~+/=-]{8,}"
)
_QUIET = (
    *("httpx", "httpcore", "aiohttp", "telegram", "slack_sdk", "slack_bolt"),
    *("apscheduler", "alembic", "asyncio", "uvicorn", "watchfiles"),
)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without secrets: the given ones, and whatever looks like a token."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return _TOKENS.sub(HIDDEN, text)


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """What must never be logged, in every form that a line may hold it; longest first, so that one in another goes too.

    The forms: as it is, in JSON, escaped, in a Python literal, in a URL, and in base64 as a header carries it.
    """
    values = (getattr(settings, name) for name in type(settings).model_fields)
    found = {value.get_secret_value() for value in values if hasattr(value, "get_secret_value")}
    with suppress(SettingsError):
        found.add(settings.key_of_database() or "")
    with suppress(ValueError):
        password = urlsplit(settings.database_url).password or ""
        found |= {password, unquote(password)}
    forms = {form for secret in found if len(secret) >= SHORTEST for form in _forms(secret)}
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def _forms(secret: str) -> Iterator[str]:
    data = secret.encode("utf-8", "surrogateescape")
    yield secret
    yield _printable(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield repr(data)[2:-1]
    yield quote(data, safe="")
    yield quote(data)
    yield quote_plus(data)
    yield base64.b64encode(data).decode()
    yield json.dumps(repr(secret)[1:-1])[1:-1]


def set_up(settings: Settings) -> None:
    """Send every log line to stderr, as text or JSON, redacted."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(lambda exc_info: trace(exc_info[1])),
    ]
    last: Any = structlog.processors.JSONRenderer() if settings.log_format == "json" else _line
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
    )
    handler = _Stderr()
    handler.setFormatter(_Redacting(formatter, secrets_of(settings)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for name in _QUIET:  # httpx logs URLs at INFO, and a bot's URL holds its token
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # "Still running, skipped" is what the ticker is built on, not worth a warning every few seconds.
    logging.getLogger("apscheduler.scheduler").setLevel(max(logging.ERROR, root.level))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


class _Redacting(logging.Formatter):
    """Formats through structlog, then redacts the whole line."""

    def __init__(self, inner: logging.Formatter, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._inner = inner
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        return redact(self._inner.format(record), self._secrets)


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to whatever stderr is now: the terminal puts something of its own there while a prompt is open."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr

    def handleError(self, record: logging.LogRecord) -> None:
        """Tell where a line was lost, no more: the standard library's report would show what it held, unredacted."""
        with suppress(Exception):
            self.stream.write(f"a log line could not be written: {record.name}, line {record.lineno}\n")


def trace(error: BaseException) -> str:
    """A traceback, causes first, as Python prints it but for what exceptions say."""
    return "\n".join(_told(error, set()))


def _told(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _told(before, seen)
        yield "which led to:"
    for frame in traceback.format_tb(error.__traceback__):
        yield frame.rstrip()
    said = str(error) if isinstance(error, (TutorError, OSError)) else ""
    yield f"{type(error).__module__}.{type(error).__qualname__}{f': {said}' if said else ''}".removeprefix("builtins.")
    for inner in getattr(error, "exceptions", ()):  # of a group
        if id(inner) not in seen:
            yield "which holds:"
            yield from _told(inner, seen)


def _line(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> str:
    """One line for people: time, level, what happened, and the rest as key=value; a traceback below it."""
    stamp, level, text = event.pop("timestamp", ""), event.pop("level", ""), event.pop("event", "")
    event.pop("logger", None)
    trace = event.pop("exception", "")
    rest = " ".join(f"{key}={value}" for key, value in event.items())
    return f"{stamp} {level:<7} {_printable(f'{text} {rest}'.rstrip())}" + (f"\n{trace}" if trace else "")


def _printable(text: str) -> str:
    """The text with line ends and control characters escaped: nothing that is logged passes for a line of its own."""
    return "".join(ch if ch.isprintable() else ch.encode("unicode_escape").decode() for ch in text)
