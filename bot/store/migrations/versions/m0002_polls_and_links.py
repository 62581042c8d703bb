"""Polls in groups and who answered them; codes that join two learners, and the wish to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.types import BigId, Json, Key, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "poll",
        sa.Column("key", Key, nullable=False),
        sa.Column("lane", Key, nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_poll"),
    )
    op.create_index("ix_poll_lane_at", "poll", ["lane", "at"])
    op.create_index("ix_poll_at", "poll", ["at"])
    op.create_table(
        "vote",
        sa.Column("learner_id", BigId, nullable=False),
        sa.Column("poll", Key, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("learner_id", "poll", name="pk_vote"),
    )
    op.create_index("ix_vote_at", "vote", ["at"])
    op.create_table(
        "link_code",
        sa.Column("code", Key, nullable=False),
        sa.Column("learner_id", BigId, nullable=False),
        sa.Column("address", Json(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_link_code"),
    )
    op.create_index("ix_link_code_learner_id", "link_code", ["learner_id"])
    op.create_index("ix_link_code_at", "link_code", ["at"])
    op.create_table(
        "link_wish",
        sa.Column("learner_id", BigId, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("address", Json(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("learner_id", name="pk_link_wish"),
    )
