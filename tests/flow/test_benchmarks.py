"""The benchmarks of the store still run; what they measure is not judged here."""

from __future__ import annotations

import pytest

from benchmarks import due, inbox


@pytest.mark.slow
def test_the_inbox_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    inbox.main(["--store", "sqlite", "--learners", "80", "--rounds", "1"])
    printed = capsys.readouterr().out
    for row in ("answers, 64 in flight", "answers, one in flight", "questions, 64 in flight", "peer: Session an event"):
        assert row in printed


@pytest.mark.slow
def test_the_due_scan_is_measured(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "JOBS", 1_200)
    due.main(["--store", "sqlite", "--learners", "2000"])
    assert "peer: APScheduler job store, 1,200 jobs" in capsys.readouterr().out
