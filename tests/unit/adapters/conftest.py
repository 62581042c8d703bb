"""What tests of adapters share."""

from __future__ import annotations

import pytest
import structlog

from adapters import shelf, watching


@pytest.fixture(autouse=True)
def fresh_loggers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loggers keep the configuration of the test that used them first: what a later one captures would pass them by."""
    for module in (shelf, watching):
        monkeypatch.setattr(module, "log", structlog.get_logger("tutor.knowledge"))
