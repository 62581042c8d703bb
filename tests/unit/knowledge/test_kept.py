"""What is kept comes back as it was, or not at all."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import kept

# /proc is there and nobody may write to it, not even root.
UNUSABLE = ["file", "file/below", "nul\0", *(["/proc/self"] if sys.platform == "linux" else [])]


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    cache = tmp_path / "not" / "yet"
    assert kept.fetch(cache, "thing", "a") is None
    for data in (b"", b"\x00\n" * 10, bytes(range(256)) * 4000):
        kept.keep(cache, "thing", "a", data)
        assert kept.fetch(cache, "thing", "a") == data
    assert names(cache) == {"thing-a"}
    assert stat.S_IMODE((cache / "thing-a").stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


def test_no_folder_keeps_nothing() -> None:
    kept.keep(None, "thing", "a", b"data")
    assert kept.fetch(None, "thing", "a") is None


@given(st.lists(st.binary(max_size=4), max_size=5), st.lists(st.binary(max_size=4), max_size=5))
def test_keys_differ_where_any_part_does(one: list[bytes], other: list[bytes]) -> None:
    assert (kept.key(*one) == kept.key(*other)) == (one == other)
    assert len(kept.key(*one)) == 32


def test_whatever_is_not_what_was_written_is_not_there(tmp_path: Path) -> None:
    kept.keep(tmp_path, "thing", "a", b"some data")
    file = tmp_path / "thing-a"
    good = file.read_bytes()
    for length in range(len(good)):
        file.write_bytes(good[:length])
        assert kept.fetch(tmp_path, "thing", "a") is None, length
    for place in range(len(good)):
        file.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert kept.fetch(tmp_path, "thing", "a") is None, place
    file.write_bytes(good + b"\n")
    assert kept.fetch(tmp_path, "thing", "a") is None
    file.write_bytes(good)
    assert kept.fetch(tmp_path, "thing", "a") == b"some data"
    file.rename(tmp_path / "thing-b")
    assert kept.fetch(tmp_path, "thing", "b") is None, "it is what its name says, or nothing"


def test_what_was_used_last_stays(tmp_path: Path) -> None:
    (tmp_path / "thing-left.x.part").write_bytes(b"begun by a process that crashed")
    (tmp_path / "thing-new.x.part").write_bytes(b"being written")
    (tmp_path / "another").write_bytes(b"somebody else's")
    ago = time.time() - 100_000
    os.utime(tmp_path / "thing-left.x.part", (ago, ago))
    for number in range(kept.MOST):
        kept.keep(tmp_path, "thing", str(number), b"")
        os.utime(tmp_path / f"thing-{number}", (ago + number, ago + number))
    kept.keep(tmp_path, "other-kind", "0", b"")
    assert kept.fetch(tmp_path, "thing", "0") == b""  # the oldest, and used now
    kept.keep(tmp_path, "thing", "new", b"")
    stay = {f"thing-{number}" for number in range(kept.MOST) if number != 1}
    assert names(tmp_path) == stay | {"thing-new", "thing-new.x.part", "another", "other-kind-0"}


@pytest.mark.parametrize("place", UNUSABLE)
def test_a_folder_that_cannot_be_used_is_told_once_and_is_no_error(
    place: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            kept.keep(tmp_path / place, "thing", "a", b"data")
            assert kept.fetch(tmp_path / place, "thing", "a") is None
    assert len(caplog.records) == 1
    assert caplog.records[0].levelno == logging.INFO


def test_many_processes_write_and_read_the_same_names(tmp_path: Path) -> None:
    """Whoever reads sees one whole version of what somebody wrote, while others write and remove."""
    script = """
import random, sys
from pathlib import Path
from knowledge import kept
cache, seed = Path(sys.argv[1]), int(sys.argv[2])
draw, seen = random.Random(seed), 0
for _ in range(150):
    key = str(draw.randrange(kept.MOST + 4))
    data = kept.fetch(cache, "thing", key)
    if data is not None:
        seen += 1
        assert data == data[:4] * 20_000, "a mixture"
    kept.keep(cache, "thing", key, b"%04d" % draw.randrange(10_000) * 20_000)
print(seen)
"""
    command = [sys.executable, "-W", "error", "-c", script, str(tmp_path)]
    running = [subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) for n in range(4)]
    done = [(process.communicate(timeout=60), process.returncode) for process in running]
    assert [(err, code) for (_, err), code in done] == [(b"", 0)] * 4
    assert sum(int(out) for (out, _), _ in done) > 100
    assert len(names(tmp_path)) <= kept.MOST + 4
    assert not [name for name in names(tmp_path) if name.endswith(".part")]
