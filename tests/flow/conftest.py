"""A world and a learner in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.flow.talking import Person, World, world


@pytest.fixture
async def tutor_world(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


@pytest.fixture
async def ann(tutor_world: World) -> Person:
    """A learner who has met Tutor."""
    person = tutor_world.learner()
    await person.command("start")
    return person
