"""Settings, from the environment or `.env`: every one is optional, so that a fresh machine runs without any."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from adapters import CONTENT, user_cache
from bot.admins import address
from knowledge.errors import SettingsError

__all__ = ["CONTENT", "Settings", "load_settings"]


def _also_plain(name: str) -> AliasChoices:
    """TUTOR_<name>, or <name> alone as hosting platforms set it."""
    return AliasChoices(f"TUTOR_{name}", name)


class Settings(BaseSettings):
    """Everything that can be set. Names are in the environment with the prefix TUTOR_, case is ignored."""

    model_config = SettingsConfigDict(
        env_prefix="TUTOR_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,  # `TUTOR_PORT=` in a deployment's template means: not set
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    database_url: str = Field(
        "sqlite:///data/tutor.db",
        validation_alias=_also_plain("DATABASE_URL"),
        repr=False,  # it may hold a password
    )
    database_key: SecretStr | None = None
    database_key_file: Path | None = None
    secret_key: SecretStr | None = None
    knowledge_dir: Path = CONTENT
    cache_dir: Path | None = Field(default_factory=user_cache)
    public_url: str = ""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, validation_alias=_also_plain("PORT"))] = 8080
    admins: Annotated[tuple[str, ...], NoDecode] = ()
    admin_token: SecretStr | None = None
    timezone: str = ""
    telegram_token: SecretStr | None = None
    telegram_api_url: str = ""
    telegram_file_url: str = ""
    telegram_webhook_secret: SecretStr | None = None
    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_client_id: str = ""
    slack_client_secret: SecretStr | None = None
    slack_api_url: str = ""
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value:
            try:
                ZoneInfo(value)
            except (ValueError, OSError, KeyError) as error:
                raise ValueError(f"{value!r} is not a time zone; use an IANA name such as Europe/Berlin") from error
        return value

    @field_validator("public_url", "telegram_api_url", "telegram_file_url", "slack_api_url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s/?#]+(?:/[^\s?#]*)?", value):
            raise ValueError("not a web address; write it in full, such as https://tutor.example.org")
        return value.rstrip("/")

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _webhook_secret(cls, value: SecretStr | None) -> SecretStr | None:
        # https://core.telegram.org/bots/api#setwebhook
        if value and not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", value.get_secret_value()):
            raise ValueError("must be 16 to 256 of A-Z, a-z, 0-9, _ and -; leave it out to have one made")
        return value

    @field_validator("slack_bot_token", "slack_app_token")
    @classmethod
    def _kind_of_token(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        begins = "xoxb-" if info.field_name == "slack_bot_token" else "xapp-"
        if value and not value.get_secret_value().startswith((begins, f"xoxe.{begins}")):
            raise ValueError(f"not a token of this kind: it begins with {begins}")
        return value

    @field_validator("admins", mode="before")
    @classmethod
    def _split_admins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        names = tuple(name.strip() for name in value.split(",") if name.strip())
        for name in names:
            address(name)
        return tuple(dict.fromkeys(names))

    @model_validator(mode="after")
    def _one_key(self) -> Settings:
        if self.database_key and self.database_key_file:
            raise ValueError("set DATABASE_KEY or DATABASE_KEY_FILE, not both")
        return self

    def key_of_database(self) -> str | None:
        """The database key, read from its file where one is set. Raises SettingsError."""
        if self.database_key:
            return self.database_key.get_secret_value()
        if not self.database_key_file:
            return None
        try:
            key = self.database_key_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise SettingsError(
                f"setting TUTOR_DATABASE_KEY_FILE: cannot read {self.database_key_file}: {reason}"
            ) from None
        if not key:
            raise SettingsError(f"setting TUTOR_DATABASE_KEY_FILE: {self.database_key_file} is empty")
        return key


def load_settings(**given: object) -> Settings:
    """Read the settings; `given` wins over the environment.

    Raises:
        SettingsError: one line for each setting that is wrong, never with the value of a secret.
    """
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError("\n".join(_line(problem) for problem in error.errors(include_url=False))) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(f"cannot read the file .env: {reason}") from None


def _line(problem: ErrorDetails) -> str:
    name = str(problem["loc"][0]) if problem["loc"] else ""
    bare = name.upper().removeprefix("TUTOR_")
    message = problem["msg"].removeprefix("Value error, ")
    return f"setting TUTOR_{bare}: {message}" if bare else f"settings: {message}"
