"""The quiz for many learners in its short form; `make soak` runs it with 10,000."""

from __future__ import annotations

import pytest

from tests.soak.rates import soak


@pytest.mark.slow
async def test_many_due_learners_are_written_to_within_the_rates() -> None:
    assert await soak(300) == []
