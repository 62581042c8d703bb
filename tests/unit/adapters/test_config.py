"""Settings: where they come from, and one clear line for each that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.cli.library import cache_dir, knowledge_dir
from adapters.config import CONTENT, Settings, load_settings
from knowledge.errors import SettingsError

SECRET = "s3cret-value-of-mine"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    names = [name.upper() for name in Settings.model_fields]
    for name in (*names, *(f"TUTOR_{name}" for name in names)):
        monkeypatch.delenv(name, raising=False)


def problems(**given: object) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        load_settings(**given)
    return str(raised.value).splitlines()


def test_a_fresh_machine_needs_none() -> None:
    settings = load_settings()
    assert settings.database_url == "sqlite:///data/tutor.db"
    assert (settings.knowledge_dir / "base.yaml").is_file()
    assert settings.key_of_database() is None


def test_hosting_platforms_set_some_without_the_prefix_and_the_prefix_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://host/one")
    monkeypatch.setenv("PORT", "9001")
    assert (load_settings().database_url, load_settings().port) == ("postgres://host/one", 9001)
    monkeypatch.setenv("TUTOR_DATABASE_URL", "sqlite:///two.db")
    monkeypatch.setenv("TUTOR_PORT", "9002")
    assert (load_settings().database_url, load_settings().port) == ("sqlite:///two.db", 9002)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("TUTOR_TIMEZONE=Europe/Berlin\nTUTOR_LOG_LEVEL=debug\nSOMETHING=else\n")
    monkeypatch.setenv("TUTOR_TIMEZONE", "Asia/Tokyo")
    settings = load_settings()
    assert (settings.timezone, settings.log_level) == ("Asia/Tokyo", "DEBUG")


def test_an_empty_setting_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "KNOWLEDGE_DIR", "DATABASE_KEY", "TIMEZONE", "ADMINS", "LOG_FORMAT"):
        monkeypatch.setenv(f"TUTOR_{name}", "")
    settings = load_settings()
    assert (settings.port, settings.knowledge_dir, settings.database_key) == (8080, CONTENT, None)


def test_every_wrong_setting_gets_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUTOR_PORT", "many")
    monkeypatch.setenv("TUTOR_LOG_FORMAT", "xml")
    found = problems(timezone="Mars/Olympus", admins="bob")
    assert len(found) == 4
    assert {line.split(":")[0] for line in found} == {
        "setting TUTOR_PORT",
        "setting TUTOR_LOG_FORMAT",
        "setting TUTOR_TIMEZONE",
        "setting TUTOR_ADMINS",
    }


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "/etc/passwd", "Europe", "a\x00b", " "])
def test_what_is_no_zone_is_refused(zone: str) -> None:
    assert "IANA" in problems(timezone=zone)[0]


def test_admins_are_accounts() -> None:
    assert load_settings(admins="telegram:42, slack:T01:U02,").admins == ("telegram:42", "slack:T01:U02")
    assert "telegram:<user id>" in problems(admins="telegram:@ann")[0]


def test_no_problem_quotes_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUTOR_DATABASE_KEY", SECRET)
    monkeypatch.setenv("TUTOR_DATABASE_KEY_FILE", "somewhere")
    monkeypatch.setenv("TUTOR_TELEGRAM_TOKEN", SECRET)
    found = problems()
    assert found == ["settings: set DATABASE_KEY or DATABASE_KEY_FILE, not both"]
    assert SECRET not in "".join(problems(port="x"))


def test_printing_the_settings_shows_no_secret() -> None:
    settings = load_settings(
        database_key=SECRET, slack_client_secret=SECRET, database_url=f"postgresql://u:{SECRET}@h/d"
    )
    assert SECRET not in f"{settings} {settings!r}"


def test_the_database_key_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    settings = load_settings(database_key_file=file)
    with pytest.raises(SettingsError, match="No such file"):
        settings.key_of_database()
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="UTF-8"):
        settings.key_of_database()
    file.write_text("\n")
    with pytest.raises(SettingsError, match="empty"):
        settings.key_of_database()
    file.write_text("horse battery\n")
    assert settings.key_of_database() == "horse battery"


def test_a_settings_file_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"TUTOR_TIMEZONE=\xff\n")
    assert problems() == ["cannot read the file .env: it is not UTF-8 text"]


@pytest.mark.parametrize("name", ["TUTOR_KNOWLEDGE_DIR", "tutor_knowledge_dir"])
def test_the_quick_look_for_the_base_sees_what_the_settings_see(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert knowledge_dir() == load_settings().knowledge_dir == CONTENT
    monkeypatch.setenv(name, "")
    assert knowledge_dir() == load_settings().knowledge_dir == CONTENT
    (tmp_path / ".env").write_text("TUTOR_KNOWLEDGE_DIR=from-file\n")
    assert knowledge_dir() == load_settings().knowledge_dir == Path("from-file")
    monkeypatch.setenv(name, "from-environment")
    assert knowledge_dir() == load_settings().knowledge_dir == Path("from-environment")
    (tmp_path / ".env").unlink()
    assert knowledge_dir() == load_settings().knowledge_dir == Path("from-environment")


def test_what_is_kept_lies_with_what_other_programs_keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for named, expected in ((str(tmp_path / "x"), tmp_path / "x"), ("not/in/full", tmp_path / ".cache"), ("", None)):
        monkeypatch.setenv("XDG_CACHE_HOME", named)
        assert load_settings().cache_dir == (expected or tmp_path / ".cache") / "tutor" == cache_dir()
    monkeypatch.setenv("TUTOR_CACHE_DIR", "elsewhere")
    assert load_settings().cache_dir == Path("elsewhere") == cache_dir()
    monkeypatch.delenv("TUTOR_CACHE_DIR")
    (tmp_path / ".env").write_text("TUTOR_CACHE_DIR=here\n")
    assert load_settings().cache_dir == Path("here") == cache_dir()
