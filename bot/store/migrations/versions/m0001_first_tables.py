"""The first tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.store.types import BigId, Json, Key, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}
ROOMY: dict[str, Any] = {"postgresql_with": {"fillfactor": 80}}


def _column(name: str, kind: Any, *, null: bool = False, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null, **options)


def _columns(kind: Any, *names: str, null: bool = False) -> list[sa.Column[Any]]:
    return [_column(name, kind, null=null) for name in names]


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _of_learner(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["learner_id"], ["learner.id"], name=f"fk_{table}_learner_id")


def _numbered(name: str = "id") -> sa.Column[Any]:
    return _column(name, BigId, autoincrement=True)


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def upgrade() -> None:
    """Make every table."""
    _learners()
    _memory()
    _questions()
    _messages()
    op.create_table(
        "lease", _column("name", Key), _column("holder", sa.String()), _column("until", UtcDateTime()),
        _key("lease", "name"),
    )  # fmt: skip
    op.create_table("meta", _column("key", Key), _column("value", Json()), _key("meta", "key"))


def _learners() -> None:
    op.create_table(
        "learner",
        _numbered(),
        _column("created_at", UtcDateTime()),
        *_columns(sa.String(), "language", "zone"),
        *_columns(sa.Integer(), "quiz_at", "days", "quiet_from", "quiet_to", "cap"),
        _column("retention", sa.Float()),
        *_columns(sa.String(), "consent", "paused"),
        _column("home", Json(), null=True),
        _column("next_due_at", UtcDateTime(), null=True),
        _column("silent", sa.Integer()),
        _column("silent_since", UtcDateTime(), null=True),
        *_columns(sa.Integer(), "last_seq", "last_ask", "open_ask"),
        _column("goal", sa.String()),
        _column("streak", sa.Integer()),
        _column("streak_day", sa.Date(), null=True),
        _column("freezes", sa.Integer()),
        _column("state", Json()),
        _key("learner", "id"),
        sqlite_autoincrement=True,
        **ROOMY,
    )
    _partial("ix_learner_next_due_at", "learner", ["next_due_at"], "next_due_at IS NOT NULL")
    op.create_table(
        "account", _column("key", Key), _column("learner_id", BigId), _key("account", "key"), _of_learner("account")
    )
    op.create_index("ix_account_learner_id", "account", ["learner_id"])
    op.create_table(
        "event", _column("id", Key), _column("at", UtcDateTime()), _column("outcome", sa.String()), _key("event", "id")
    )
    op.create_index("ix_event_at", "event", ["at"])


def _memory() -> None:
    op.create_table(
        "ask",
        _column("learner_id", BigId),
        _column("n", sa.Integer(), autoincrement=False),
        *_columns(sa.String(), "item", "topic", "status"),
        _column("outcome", sa.String(), null=True),
        _column("asked_at", UtcDateTime()),
        _column("answered_at", UtcDateTime(), null=True),
        _column("seq", sa.Integer()),
        _column("body", Json()),
        _key("ask", "learner_id", "n"),
    )
    op.create_table(
        "card",
        _column("learner_id", BigId),
        *_columns(sa.String(), "item", "topic"),
        *_columns(sa.Float(), "stability", "difficulty", null=True),
        *_columns(sa.Date(), "due", "last", null=True),
        *_columns(sa.Integer(), "reps", "lapses"),
        _column("leech", sa.Boolean()),
        _key("card", "learner_id", "item"),
        **CLUSTERED,
        **ROOMY,
    )
    op.create_index("ix_card_learner_id_due", "card", ["learner_id", "due"])
    op.create_table(
        "review_log",
        _column("learner_id", BigId),
        _column("seq", sa.Integer(), autoincrement=False),
        _column("at", UtcDateTime()),
        _column("day", sa.Date()),
        *_columns(sa.String(), "item", "topic"),
        _column("rating", sa.Integer()),
        _column("outcome", sa.String()),
        *_columns(sa.Boolean(), "guessed", "hinted", "easy", "scheduled"),
        _column("ask", sa.Integer()),
        *_columns(sa.Float(), "seconds", "retention"),
        _column("chosen", sa.String()),
        _column("cancels", sa.Integer()),
        _key("review_log", "learner_id", "seq"),
        **CLUSTERED,
    )


def _questions() -> None:
    op.create_table(
        "heard", _column("learner_id", BigId), _column("text", sa.Text()), _column("at", UtcDateTime()),
        _key("heard", "learner_id"), _of_learner("heard"),
    )  # fmt: skip
    op.create_table(
        "gap",
        _column("id", Key),
        _column("text", sa.Text()),
        _column("decision", sa.String()),
        _column("nearest", Json()),
        _column("language", sa.String()),
        _column("count", sa.Integer()),
        *_columns(UtcDateTime(), "first_at", "last_at"),
        _column("taught_at", UtcDateTime(), null=True),
        _key("gap", "id"),
    )
    op.create_table(
        "wish",
        _column("learner_id", BigId),
        _column("gap", Key),
        _column("question", sa.Text()),
        _column("address", Json()),
        _column("at", UtcDateTime()),
        _key("wish", "learner_id", "gap"),
        _of_learner("wish"),
    )
    op.create_index("ix_wish_gap", "wish", ["gap"])
    op.create_table(
        "flag",
        _numbered(),
        _column("item", sa.String()),
        _column("note", sa.Text()),
        _column("version", sa.String()),
        _column("at", UtcDateTime()),
        _key("flag", "id"),
        sqlite_autoincrement=True,
    )


def _messages() -> None:
    op.create_table(
        "lane",
        _column("key", Key),
        *_columns(sa.String(), "platform", "workspace", "chat"),
        _column("next_at", UtcDateTime(), null=True),
        _column("token", sa.String()),
        _key("lane", "key"),
        **ROOMY,
    )
    _partial("ix_lane_platform_next_at", "lane", ["platform", "next_at"], "next_at IS NOT NULL")
    op.create_table(
        "outbox",
        _numbered(),
        _column("lane", Key),
        *_columns(sa.String(), "platform", "workspace", "chat", "thread"),
        _column("learner_id", BigId, null=True),
        *_columns(sa.String(), "kind", "surface"),
        _column("body", Json(), null=True),
        _column("key", sa.String()),
        _column("replaces", Json(), null=True),
        _column("audience", sa.String(), null=True),
        _column("created_at", UtcDateTime()),
        _column("status", sa.String()),
        _column("tries", sa.Integer()),
        _column("sent_at", UtcDateTime(), null=True),
        _column("message", Json(), null=True),
        _column("error", sa.String()),
        _key("outbox", "id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_lane_status_id", "outbox", ["lane", "status", "id"])
    _partial("ix_outbox_lane_key_id", "outbox", ["lane", "key", "id"], "\"key\" != ''")
    _partial("ix_outbox_learner_id", "outbox", ["learner_id"], "learner_id IS NOT NULL")
    _partial("ix_outbox_created_at", "outbox", ["created_at"], "body IS NOT NULL")
