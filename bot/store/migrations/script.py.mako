"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.types import BigId, Json, Key, UtcDateTime

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema, and the rows that are there."""
    ${upgrades if upgrades else "pass"}
