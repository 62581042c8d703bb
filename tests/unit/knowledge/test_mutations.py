"""The short form of `python -m tests.soak.mutate`: damaged files are told, never raised, and everything agrees."""

from __future__ import annotations

import pytest

from tests.soak.mutate import run


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_files(seed: int) -> None:
    seen = run(200, seed)
    assert not seen.failures
    assert 5 <= seen.loaded <= 195  # both kinds are there: bases that hold, and bases that do not
    assert len(seen.codes) > 12


def test_the_same_seed_damages_the_same_way() -> None:
    assert run(20, 7).codes == run(20, 7).codes
