"""The collector rests while anyone wants it to, and works again afterwards."""

from __future__ import annotations

import gc

import pytest

from knowledge.uncollected import uncollected


def test_the_last_to_end_lets_it_work_again() -> None:
    first, second = uncollected(), uncollected()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()


def test_after_an_error_too() -> None:
    with pytest.raises(ValueError, match="broken"), uncollected():
        raise ValueError("broken")
    assert gc.isenabled()


def test_where_it_did_not_work_it_is_let_be() -> None:
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
