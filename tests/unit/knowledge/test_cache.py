"""A base from the cache is the base from its files, and never anything else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge import cache, kept, loader
from knowledge.cache import load_cached
from knowledge.check import check
from knowledge.errors import KnowledgeError
from knowledge.loader import load
from knowledge.model import Library
from tests.unit.knowledge.bases import CONTENT, FIRST, FIXTURES, GOOD, ROOT, TODAY, base_with

BASES = [CONTENT, GOOD, ROOT / "tests" / "fixtures" / "base"]
BROKEN = sorted(path / "base" for path in (FIXTURES / "broken_bases").iterdir() if (path / "base").is_dir())
SECOND = "kind: skill\nid: second\ntitle: Second\nsummary: The second.\n"


def state(library: Library) -> dict[str, Any]:
    """Everything that a library holds, with the types, and the order of what has one."""
    held = {field.name: getattr(library, field.name) for field in fields(library) if field.compare}
    return {name: list(value.items()) if hasattr(value, "items") else value for name, value in held.items()}


def same(one: Library, other: Library) -> bool:
    return one == other and state(one) == state(other) and repr(state(one)) == repr(state(other))


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of files of each base that was read through the parser, in order."""
    counts: list[int] = []
    genuine = loader.load_files

    def counted(found: Any, progress: Any = None) -> Library:
        counts.append(len(found.files))
        return genuine(found, progress)

    monkeypatch.setattr(loader, "load_files", counted)
    return counts


@pytest.mark.parametrize("base", BASES, ids=lambda path: path.parent.name)
def test_the_second_time_nothing_is_parsed_and_the_library_is_the_same(
    base: Path, tmp_path: Path, unread: list[int]
) -> None:
    expected = load(base)
    unread.clear()
    assert same(load_cached(base, tmp_path), expected)
    assert len(unread) == 1
    assert same(load_cached(base, tmp_path), expected)
    assert len(unread) == 1
    assert [file.name.split("-")[0] for file in files(tmp_path)] == ["library"]


def test_frozen_all_the_way_down(tmp_path: Path) -> None:
    load_cached(GOOD, tmp_path)
    library = load_cached(GOOD, tmp_path)
    assert hash(tuple(library.topics.values())) == hash(tuple(load(GOOD).topics.values()))
    with pytest.raises(TypeError):
        library.topics["x"] = None  # type: ignore[index]


def test_without_a_cache_it_is_the_loader(unread: list[int]) -> None:
    assert same(load_cached(GOOD, None), load(GOOD))
    assert same(load_cached(GOOD, None), load(GOOD))
    assert len(unread) == 4


def test_where_a_base_lies_makes_no_difference_and_what_it_holds_does(tmp_path: Path, unread: list[int]) -> None:
    store = tmp_path / "cache"
    base = base_with(tmp_path / "a", {"skills/second.yaml": SECOND})
    first = load_cached(base, store)
    (tmp_path / "link").symlink_to(base)
    shutil.copytree(base, tmp_path / "copy")
    for place in ("link", "copy"):
        assert same(load_cached(tmp_path / place, store), first)
    assert len(unread) == 1

    (base / "skills" / "second.yaml").write_text(f"# the same\n{SECOND}")
    again = load_cached(base, store)
    assert len(unread) == 2
    assert same(again, first), "a remark is no content"

    (base / "skills" / "second.yaml").write_text(SECOND.replace("The second", "Another"))
    assert load_cached(base, store).topics["skill/second"].summary == "Another."
    (base / "skills" / "second.yaml").rename(base / "skills" / "other.yaml")
    assert load_cached(base, store).topics["skill/second"].summary == "Another."
    assert len(unread) == 4, "a file's name decides which warnings there are, and whether it counts"
    (base / "skills" / "other.yaml").rename(base / "skills" / "other.yml")
    assert list(load_cached(base, store).topics) == ["skill/first"]
    (base / "skills" / "other.yml").unlink()
    assert list(load_cached(base, store).topics) == ["skill/first"]
    assert len(unread) == 5, "a file that does not count is not looked at"


def test_what_is_moved_between_two_files_is_not_the_same(tmp_path: Path) -> None:
    """The border between two files counts, although their bytes one after the other are equal."""
    store, part = tmp_path / "cache", "aliases: [a]\n"
    one = base_with(tmp_path / "1", {"skills/first.yaml": FIRST + part, "skills/second.yaml": SECOND})
    other = base_with(tmp_path / "2", {"skills/first.yaml": FIRST, "skills/second.yaml": part + SECOND})
    for base in (one, other):
        assert same(load_cached(base, store), load(base))
    assert len(files(store)) == 2


@pytest.mark.parametrize("base", BROKEN, ids=lambda path: path.parent.name)
def test_a_broken_base_is_never_kept(base: Path, tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(KnowledgeError) as expected:
            load(base)
        with pytest.raises(KnowledgeError) as caught:
            load_cached(base, tmp_path)
        assert caught.value.problems == expected.value.problems
    assert not files(tmp_path)


def test_a_base_that_breaks_beside_its_files_is_refused_although_it_is_known(tmp_path: Path) -> None:
    base, store = base_with(tmp_path / "base", {}), tmp_path / "cache"
    load_cached(base, store)
    base_with(base, {"skils/second.yaml": SECOND})
    with pytest.raises(KnowledgeError, match="this folder is not read"):
        load_cached(base, store)
    shutil.rmtree(base / "skils")
    (base / "skills" / "link.yaml").symlink_to("nowhere")
    with pytest.raises(KnowledgeError, match="the link leads nowhere"):
        load_cached(base, store)
    shutil.rmtree(base)
    with pytest.raises(KnowledgeError, match="there is no such folder"):
        load_cached(base, store)


def test_warnings_are_told_by_check_as_often_as_it_is_asked(tmp_path: Path) -> None:
    base, store = base_with(tmp_path / "base", {"skills/other.yaml": SECOND}), tmp_path / "cache"
    before = check(base, TODAY).problems
    assert "file-name" in {problem.code for problem in before}
    for _ in range(2):
        load_cached(base, store)
        assert check(base, TODAY).problems == before


def test_what_was_harmed_is_read_anew_and_kept_again(tmp_path: Path, unread: list[int]) -> None:
    expected = load_cached(GOOD, tmp_path)
    [file] = files(tmp_path)
    good = file.read_bytes()
    harmed = [good[:-1], good[: len(good) // 2], b"", good.replace(b"Data", b"data", 1), good + b"x", b"\x80\x04."]
    for number, data in enumerate(harmed, 2):
        file.write_bytes(data)
        assert same(load_cached(GOOD, tmp_path), expected)
        assert len(unread) == number
        assert file.read_bytes() == good


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"{", b"null", b"[]", b"{}", b'{"version": "x", "base": {"title": "x"}}\n{}', b"\xff",
        b'{"version": "x", "base": {"titel": "x"}}', b'{"version": "x", "base": []}', b"[" * 100_000,
        b'{"version": "x", "base": {"title": "x"}}\n{"id": "skill/a", "kind": "skill", "items": 7}',
    ],
)  # fmt: skip
def test_what_is_whole_but_no_library_is_read_anew(payload: bytes, tmp_path: Path, unread: list[int]) -> None:
    load_cached(GOOD, tmp_path)
    [file] = files(tmp_path)
    kind, key = file.name.split("-")
    kept.keep(tmp_path, kind, key, payload)
    assert same(load_cached(GOOD, tmp_path), load(GOOD))
    assert len(unread) == 3


def test_what_other_code_has_read_is_not_believed(
    tmp_path: Path, unread: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an upgrade: the same base through a package with one line more."""
    load_cached(GOOD, tmp_path)
    package = Path(shutil.copytree(ROOT / "knowledge", tmp_path / "knowledge", ignore=shutil.ignore_patterns("*.pyc")))
    with (package / "draft.py").open("a") as source:
        source.write("\n")
    cache._our_code.cache_clear()
    monkeypatch.setattr(cache, "_HERE", package)
    load_cached(GOOD, tmp_path)
    assert len(unread) == 2
    shutil.rmtree(package)  # the code cannot be seen, as in an archive: nothing is believed, nothing kept
    before = files(tmp_path)
    for number in (3, 4):
        cache._our_code.cache_clear()
        load_cached(GOOD, tmp_path)
        assert len(unread) == number
    assert files(tmp_path) == before
    cache._our_code.cache_clear()


def test_a_cache_folder_that_cannot_be_used_costs_time_only(tmp_path: Path, unread: list[int]) -> None:
    (tmp_path / "file").write_bytes(b"")
    for number in (1, 2):
        assert load_cached(GOOD, tmp_path / "file").version == load(GOOD).version
        assert len(unread) == 2 * number


def test_no_more_than_a_few_are_kept(tmp_path: Path) -> None:
    base, store = tmp_path / "base", tmp_path / "cache"
    for number in range(kept.MOST + 3):
        load_cached(base_with(base, {"skills/second.yaml": f"{SECOND}aliases: [Number {number}]\n"}), store)
    assert len(files(store)) == kept.MOST


def test_reading_from_the_cache_imports_neither_parser_nor_checks(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from knowledge.cache import load_cached;"
        "load_cached(Path(sys.argv[1]), Path(sys.argv[2]));"
        "print(sorted(name for name in sys.modules if name.startswith(('ruamel.', 'yaml', 'knowledge'))))"
    )
    found = []
    for _ in range(2):
        command = [sys.executable, "-c", script, str(GOOD), str(tmp_path)]
        done = subprocess.run(command, capture_output=True, check=True, text=True, cwd=ROOT)
        found.append(done.stdout)
    assert "'yaml'" in found[0]
    assert "knowledge.loader" in found[0]
    assert "yaml" not in found[1]
    assert "knowledge.loader" not in found[1]


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from knowledge.cache import load_cached;"
        "print(load_cached(Path(sys.argv[1]), Path(sys.argv[2])).version)"
    )
    command = [sys.executable, "-W", "error", "-c", script, str(GOOD), str(tmp_path)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, text=True) for _ in range(4)
    ]
    done = [process.communicate(timeout=60) for process in running]
    assert done == [(f"{load(GOOD).version}\n", "")] * 4
    assert len(files(tmp_path)) == 1


# --- any base that loads -------------------------------------------------------------------------------------------

# What YAML can hold, and never blank: no control characters, no half of a surrogate pair.
TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Cn", "Co"]), max_size=20).map("x{}".format)
NAME = st.from_regex(r"[a-z]{3,8}", fullmatch=True)


@st.composite
def topics(draw: st.DrawFn) -> dict[str, str | bytes]:
    """Files of a base with topics that use every field."""
    found: dict[str, str | bytes] = {
        "base.yaml": json.dumps({"title": draw(TEXT), "welcome": draw(TEXT)}, ensure_ascii=False)
    }
    names = draw(st.lists(NAME, unique=True, min_size=1, max_size=3))
    for number, name in enumerate(names):
        topic: dict[str, Any] = {
            "kind": "skill",
            "id": name,
            "title": f"Title {number}",
            "summary": draw(TEXT),
            "aliases": [f"alias {number} {draw(NAME)}"],
            "questions": draw(st.lists(TEXT, max_size=2)),
            "details": draw(TEXT),
            "related": [f"skill/{other}" for other in names[:number]],
            "sources": [{"title": draw(TEXT), "url": "https://example.org/"}],
            "reviewed": draw(st.dates(date(2000, 1, 1), date(2030, 1, 1))).isoformat(),
            "formerly": [f"skill/old-{name}"],
            "quiz": [
                {
                    "id": f"q-{name}",
                    "kind": "choice",
                    "ask": draw(TEXT),
                    "explain": draw(TEXT),
                    "options": [{"text": f"yes {draw(NAME)}", "right": True}, {"text": "no", "why": draw(TEXT)}],
                },
                {"id": f"t-{name}", "kind": "text", "ask": draw(TEXT), "answer": draw(NAME), "formerly": ["was"]},
            ],
        }
        found[f"skills/{name}.yaml"] = json.dumps(topic, ensure_ascii=False)
    return found


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(files=topics())
def test_any_base_that_loads_is_the_same_from_the_cache(files: dict[str, str | bytes], tmp_path: Path) -> None:
    base = tmp_path / kept.key(*[part if isinstance(part, bytes) else part.encode() for part in files.values()])
    base_with(base, files)
    (base / "skills" / "first.yaml").unlink()
    found, problems = loader.examine(base)
    assert found is not None, problems
    load_cached(base, tmp_path / "cache")
    assert same(load_cached(base, tmp_path / "cache"), found)
