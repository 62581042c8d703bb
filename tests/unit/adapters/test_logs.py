"""No secret and nothing a learner wrote ever reaches a log line, whichever way it takes."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any, Literal

import httpx
import pytest
import structlog
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters import logs
from adapters.config import load_settings
from adapters.logs import HIDDEN, redact, secrets_of
from knowledge.errors import SettingsError

TELEGRAM = "8123456789:AAE4xyz_0123-456789abcdefghijklmnopq"
SLACK = ("xoxb-123456789012-abcdefABCDEF", "xapp-1-A0B1C2-123-abcdef0123", "xoxe.xoxp-1-Mi0yLTEy")
AWKWARD = "pä\"ss' w\\ord/ü%\t1"
WAYS = [
    f"https://api.telegram.org/bot{TELEGRAM}/getMe",
    f"https://api.telegram.org/bot{TELEGRAM.replace(':', '%3A')}/getMe",
    f"token={TELEGRAM}.",
    *(f'{{"token": "{token}"}}' for token in SLACK),
    "postgresql+psycopg://ann:hunter22@db.example/tutor",
    "redis://:hunter22@cache/0",
    "Authorization: Bearer hunter22hunter22",
    "{'authorization': 'Basic aHVudGVyMjI6eA=='}",
    "https://hooks.slack.com/services/T00/B00/hunter22hunter22",
]
ALL = (TELEGRAM, TELEGRAM.partition(":")[2], *SLACK, "hunter22", "aHVudGVyMjI6eA")


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    for name in logs._QUIET:
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()


@pytest.fixture(params=["text", "json"])
def written(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Written:
    return Written(request.param, capsys)


class Written:
    """Logging as the program sets it up, and what reached stderr."""

    def __init__(self, format: Literal["text", "json"], capsys: pytest.CaptureFixture[str]) -> None:
        self.format = format
        self._capsys = capsys

    def set_up(self, **settings: object) -> None:
        logs.set_up(load_settings(log_format=self.format, log_level="DEBUG", **settings))

    def read(self) -> str:
        captured = self._capsys.readouterr()
        assert captured.out == ""
        if self.format == "json":
            for line in captured.err.splitlines():
                json.loads(line)
        return captured.err


@pytest.mark.parametrize("text", WAYS)
def test_tokens_are_known_by_their_shape(text: str) -> None:
    found = redact(text)
    assert HIDDEN in found
    assert not [token for token in ALL if token in found]


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T20:27:25.404359Z info hi",
        "postgresql://user:password@host/name",
        "quiz:17:2026-11-23:0",
        "terminal:6f1d4b2a9c3e4f5a8b7c6d5e4f3a2b1c",
        "see https://example.org/a:b@c and mail ann@example.org",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_settings_name_their_secrets_in_every_form() -> None:
    settings = load_settings(
        slack_signing_secret=AWKWARD, database_url="postgresql://u:p%40ss+word@h/d", secret_key="abc"
    )
    found = secrets_of(settings)
    for form in (AWKWARD, json.dumps(AWKWARD)[1:-1], repr(AWKWARD)[1:-1], "p%40ss+word", "p@ss+word"):
        assert form in found
    assert "abc" not in found  # too short to be looked for
    assert list(found) == sorted(found, key=lambda form: (-len(form), form))


def test_the_key_in_a_file_is_a_secret(tmp_path: Any) -> None:
    (tmp_path / "key").write_text("correct horse\n")
    assert "correct horse" in secrets_of(load_settings(database_key_file=tmp_path / "key"))
    assert secrets_of(load_settings(database_key_file=tmp_path / "none")) == ()


@given(
    secret=st.text(st.characters(codec="utf-8"), min_size=4, max_size=30),
    before=st.text(max_size=10),
    after=st.text(max_size=10),
    format=st.sampled_from(["text", "json"]),
)
def test_a_secret_never_survives_whatever_it_is_made_of(secret: str, before: str, after: str, format: str) -> None:
    """In the message, an argument, an extra field, a nested value and an exception, as text and as JSON."""
    logs.set_up(load_settings(slack_client_secret=secret, log_format=format))
    handler = logging.getLogger().handlers[0]

    def line(text: str) -> str:
        try:
            raise SettingsError(text)
        except SettingsError:
            info = sys.exc_info()
        fields = {"field": text, "nested": {"in": [text]}}
        logger = logging.getLogger("some.library")
        return handler.format(logger.makeRecord("n", logging.ERROR, "/f", 1, "%s", (text,), info, "f", fields))

    harmless = line("")
    assume(not any(form in harmless or form in HIDDEN * 2 for form in secrets_of(load_settings(admin_token=secret))))
    found = line(f"{before}{secret}{after}")
    assert secret not in found
    assert json.dumps(secret)[1:-1] not in found


def test_every_way_into_a_line_is_redacted(written: Written) -> None:
    written.set_up(slack_signing_secret=AWKWARD)
    log = structlog.get_logger("tutor.test")
    for way in WAYS:
        log.info(way, field=way, nested={"in": [way]})
        logging.getLogger("some.library").warning("%s", way, extra={"field": way})
    log.info("event", awkward=AWKWARD, nested=[AWKWARD])
    found = written.read()
    assert found.count(HIDDEN) >= 4 * len(WAYS)
    assert not [token for token in (*ALL, AWKWARD, json.dumps(AWKWARD)[1:-1]) if token in found]


def test_tracebacks_name_places_but_not_what_was_said(written: Written) -> None:
    written.set_up()
    theirs = "my diagnosis"
    try:
        try:
            raise ValueError(theirs)
        except ValueError:
            raise ExceptionGroup(theirs, [KeyError(theirs), OSError(28, f"no space {TELEGRAM}")])  # noqa: B904
    except ExceptionGroup as error:
        error.add_note(theirs)
        try:
            raise RuntimeError(theirs) from error
        except RuntimeError:
            logging.getLogger("bot.inbox").exception("event failed")
            structlog.get_logger("tutor.test").exception("event failed")
    found = written.read()
    assert "diagnosis" not in found.replace('theirs = "my diagnosis"', "")
    assert TELEGRAM not in found
    for told in (
        "test_logs.py",
        "RuntimeError",
        "ValueError",
        "which led to",
        "ExceptionGroup",
        "KeyError",
        "no space",
    ):
        assert found.count(told) >= 2


def test_a_chained_exception_is_told_once_even_in_a_circle(written: Written) -> None:
    written.set_up()
    first, second = ValueError("a"), TypeError("b")
    first.__cause__, second.__cause__ = second, first
    logging.getLogger("x").error("failed", exc_info=first)
    assert written.read().count("TypeError") == 1


async def test_the_http_clients_own_lines_hold_no_token(written: Written) -> None:
    written.set_up()
    logging.getLogger("httpx").setLevel(logging.INFO)  # as somebody who debugs would
    transport = httpx.MockTransport(lambda request: httpx.Response(200))
    async with httpx.AsyncClient(transport=transport) as client:
        await client.get(f"https://api.telegram.org/bot{TELEGRAM}/getMe")
    found = written.read()
    assert "api.telegram.org" in found
    assert TELEGRAM not in found


def test_it_is_quiet_about_other_peoples_traffic(written: Written) -> None:
    written.set_up()
    logging.getLogger("httpx").info("GET something")
    assert written.read() == ""


def test_a_line_that_cannot_be_written_tells_where_and_no_more(written: Written) -> None:
    written.set_up()
    logging.getLogger("bot.inbox").info("%d", "my secret wish")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(written, "format", "text")
        found = written.read()
    assert "bot.inbox" in found
    assert "wish" not in found


def test_a_logged_text_cannot_pass_for_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(load_settings(log_format="text"))
    structlog.get_logger("x").info("one\n2026-01-01 error forged", field="\x1b[31mred\r\n")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_json_lines_carry_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(load_settings(log_format="json"))
    logging.getLogger("bot.inbox").warning("failed %d", 2, extra={"lane": "web"})
    found = json.loads(capsys.readouterr().err)
    assert found["event"] == "failed 2"
    assert (found["level"], found["logger"], found["lane"]) == ("warning", "bot.inbox", "web")
