"""Mutated topic files: `python -m tests.soak.mutate [--files 10000] [--seed 1]`.

Shipped files are damaged as editors, merges and attackers do it: bytes flipped, lines swapped, doubled or moved by a
blank, marks of YAML put anywhere, tags that would run code elsewhere. Reading one must not raise, take a second, use
much memory or run anything; the two parsers must read alike what both read; and check, start and reload must agree on
whether a base holds.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from adapters import CONTENT
from knowledge import quick, thorough
from knowledge.cache import load_cached
from knowledge.check import check
from knowledge.errors import KnowledgeError
from knowledge.files import File, Files
from knowledge.loader import load, survey
from knowledge.nodes import CONTROL

SLOWEST = 1.0  # seconds for one file
LARGEST = 200  # MB of a process that reads them all
ON_DISK = 50  # every so many bases are written to disk and read there in three ways
GOOD = Path(__file__).parents[1] / "fixtures" / "knowledge" / "good"
TODAY = date(2026, 11, 23)
BASE = File("base.yaml", b"title: Mutated\n")
MARKS = (
    b": ", b"- ", b"#", b"|\n", b">-\n", b"{", b"}", b"[", b"]", b"&a ", b"*a ", b"!!python/object/apply:os.system ",
    b"!x ", b"? ", b"%YAML 9.9\n", b"---\n", b"...\n", b"\t", b"\0", b"\xff", b"\xe2\x80\xa8", b"'", b'"', b"\\",
    b"<<: ",
    b"~", b"yes", b"0x1f", b"1e999", b"@", b"`", b"\r", b"  ", b"\xf0\x9f\x92\xa9", b"[" * 50, b"- " * 50, b"a: " * 30,
)  # fmt: skip


@dataclass(slots=True)
class Seen:
    """What came of the files."""

    files: int = 0
    loaded: int = 0
    slowest: float = 0.0
    codes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The file with one to four faults."""
    for _ in range(chance.randint(1, 4)):
        data = chance.choice(FAULTS)(data, chance)
    return data


def _flip(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) or 1)
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _insert(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(MARKS) + data[at:]


def _cut(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at + chance.choice((1, 2, 8, 64, 512)) :]


def _end(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _lines(change: Callable[[list[bytes], int, random.Random], None]) -> Callable[[bytes, random.Random], bytes]:
    def fault(data: bytes, chance: random.Random) -> bytes:
        lines = data.split(b"\n")
        change(lines, chance.randrange(len(lines)), chance)
        return b"\n".join(lines)

    return fault


def _double(lines: list[bytes], at: int, chance: random.Random) -> None:
    lines.insert(at, lines[at])


def _swap(lines: list[bytes], at: int, chance: random.Random) -> None:
    other = chance.randrange(len(lines))
    lines[at], lines[other] = lines[other], lines[at]


def _shift(lines: list[bytes], at: int, chance: random.Random) -> None:
    lines[at] = lines[at][1:] if lines[at][:1] == b" " and chance.random() < 0.5 else b" " + lines[at]


def _repeat(lines: list[bytes], at: int, chance: random.Random) -> None:
    lines[at:at] = [lines[at]] * chance.choice((10, 1000))


FAULTS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip, _insert, _insert, _cut, _end, _lines(_double), _lines(_swap), _lines(_shift), _lines(_repeat),
)  # fmt: skip


def run(count: int, seed: int) -> Seen:
    """Read so many mutated files, each in a base of its own; the same seed gives the same files."""
    chance = random.Random(seed)
    shipped, small = _files(CONTENT), _files(GOOD)
    seen = Seen()
    with tempfile.TemporaryDirectory(prefix="tutor-mutate-") as folder:
        for number in range(count):
            others = small if number % 2 else ()  # with them references lead somewhere, and many a fault is none
            path, data = (one := chance.choice(others or shipped)).path, one.data
            file = File(path, mutated(data, chance)[: 256 * 1024 + 1])
            files = (BASE, *(file if other.path == path else other for other in others or (file,)))
            began = time.perf_counter()
            try:
                found = survey(Files(files, ()))
            except Exception as error:
                seen.failures.append(f"file {number} ({path}): {type(error).__name__}")
                continue
            took = time.perf_counter() - began
            seen.files += 1
            seen.loaded += found.library is not None
            seen.slowest = max(seen.slowest, took)
            seen.codes.update(problem.code for problem in found.problems)
            if took > SLOWEST:
                seen.failures.append(f"file {number} ({path}): {took:.1f} s")
            if any(not problem.message or not problem.path for problem in found.problems):
                seen.failures.append(f"file {number} ({path}): a problem without place or message")
            if not _read_alike(file.data):
                seen.failures.append(f"file {number} ({path}): libyaml and ruamel.yaml do not agree")
            if number % ON_DISK < 2 and not _agree(Path(folder) / str(number), files, found.library is not None):
                seen.failures.append(f"file {number} ({path}): check, start and reload do not agree")
    return seen


def _files(folder: Path) -> tuple[File, ...]:
    return tuple(File(f"{path.parent.name}/{path.name}", path.read_bytes()) for path in sorted(folder.glob("*/*.yaml")))


def _read_alike(data: bytes) -> bool:
    """Whether what `knowledge.quick` reads, if it does, is what `knowledge.thorough` reads, without a complaint."""
    try:
        text = data.decode().replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        return True
    found = None if CONTROL.search(text) else quick.compose(text)
    return found is None or thorough.compose(text) == (found, [])


def _agree(base: Path, files: Sequence[File], holds: bool) -> bool:
    """Whether `check`, a start without a cache, one that fills it and one that finds it filled agree with `holds`."""
    for file in files:
        (base / file.path).parent.mkdir(parents=True, exist_ok=True)
        (base / file.path).write_bytes(file.data)
    verdicts = [check(base, TODAY).library is not None]
    for cache in (None, base / ".cache", base / ".cache"):
        try:
            load_cached(base, cache) if cache else load(base)
        except KnowledgeError:
            verdicts.append(False)
        else:
            verdicts.append(True)
    return verdicts == [holds] * 4


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    seen = run(given.files, given.seed)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000  # kB on Linux
    if most > LARGEST:
        seen.failures.append(f"{most:.0f} MB, {LARGEST} at most")
    kinds = ", ".join(f"{code} {count}" for code, count in seen.codes.most_common(8))
    print(
        f"{seen.files} mutated files in {time.monotonic() - began:.0f} s: {seen.loaded} still hold, slowest "
        f"{seen.slowest:.2f} s, {most:.0f} MB; {kinds}; {len(seen.failures)} failures"
    )
    for failure in seen.failures[:20]:
        print(f"  {failure}")
    return 1 if seen.failures else 0


if __name__ == "__main__":
    sys.exit(main())
