"""Turns are short while anyone wants them so, and as they were afterwards."""

from __future__ import annotations

import sys

import pytest

from adapters.turns import short_turns


def test_the_last_to_end_restores_what_the_first_found() -> None:
    usual = sys.getswitchinterval()
    first, second = short_turns(), short_turns()
    first.__enter__()
    assert sys.getswitchinterval() == pytest.approx(0.001)
    second.__enter__()
    first.__exit__(None, None, None)
    assert sys.getswitchinterval() == pytest.approx(0.001)
    second.__exit__(None, None, None)
    assert sys.getswitchinterval() == pytest.approx(usual)


def test_an_error_restores_it_too() -> None:
    usual = sys.getswitchinterval()
    with pytest.raises(ValueError, match="broken"), short_turns():
        raise ValueError("broken")
    assert sys.getswitchinterval() == pytest.approx(usual)
