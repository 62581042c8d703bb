"""The base is reloaded while questions come in, in its short form; `make soak` has more rounds."""

from __future__ import annotations

import pytest

from tests.soak.reload import soak


@pytest.mark.slow
async def test_a_reload_drops_no_question_and_holds_nobody_up() -> None:
    assert await soak(3) == []
