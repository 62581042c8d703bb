"""Proposals of admins for questions asked in vain, flags that were dealt with, an index of messages set aside."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.types import Json, Key, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DEAD = "status = 'dead'"


def upgrade() -> None:
    """Make the table and the index."""
    op.create_table(
        "proposal",
        sa.Column("gap", Key, nullable=False),
        sa.Column("gaps", Json(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("gap", name="pk_proposal"),
    )
    op.add_column("flag", sa.Column("settled_at", UtcDateTime(), nullable=True))
    op.create_index(
        "ix_outbox_platform", "outbox", ["platform"], sqlite_where=sa.text(DEAD), postgresql_where=sa.text(DEAD)
    )
