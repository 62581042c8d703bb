from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge import report
from knowledge.draft import option_ids
from knowledge.errors import KnowledgeError
from knowledge.format import BASE, ITEM, NEED, OPTION, SOURCE, TOPIC
from knowledge.loader import examine, load, look
from knowledge.model import FULL_ID_MAX, ID_MAX, KINDS, Base, Need, Source
from knowledge.reading import FILE_MAX, read
from tests.unit.knowledge.bases import CONTENT, FIRST, GOOD, base_with


def problems(folder: Path) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in examine(folder)[1]]


def test_a_good_base() -> None:
    library = load(GOOD)
    assert library.base == Base(
        "A small base", "en", "Ask me about storing data.", ("what happens when a server dies?",)
    )
    assert list(library.topics) == [
        "skill/data-engineering",
        "practice/fault-tolerance",
        "career/data-engineer",
        "concept/redundancy",
        "path/first-steps",
    ]
    topic = library.topics["skill/data-engineering"]
    assert topic.kind == "skill"
    assert topic.aliases == ("data plumbing",)
    assert len(topic.questions) == 6
    assert topic.sources == (Source("A guide", "https://example.org/guide"),)
    assert topic.reviewed == date(2026, 11, 1)
    assert topic.details.endswith("See the [guide](https://example.org/guide) for more of it.")
    assert library.children == {"practice/fault-tolerance": ("concept/redundancy",)}
    assert library.topics["career/data-engineer"].needs == (
        Need("skill/data-engineering", 3),
        Need("concept/redundancy", 1),
    )
    assert library.topics["path/first-steps"].steps[0] == "skill/data-engineering"
    assert library.names["fault tolerant systems"] == "practice/fault-tolerance"
    assert library.names["redundancy"] == "concept/redundancy"
    assert library.of_kind("skill") == [topic]


def test_items() -> None:
    library = load(GOOD)
    choice = library.items["skill/data-engineering#de-order"]
    assert (choice.kind, choice.level, choice.topic, choice.hint) == (
        "choice", 1, "skill/data-engineering", "It comes first.",
    )  # fmt: skip
    assert choice.right_option.text == "ingestion"
    assert [option.right for option in choice.options] == [True, False, False]
    text = library.items["skill/data-engineering#de-raw"]
    assert (text.answer, text.accept) == ("data lake", ("lake",))
    assert library.items["skill/data-engineering#de-late"].answer.startswith("Walk back")


def test_former_ids_still_lead_somewhere() -> None:
    library = load(GOOD)
    assert library.topic("practice/resilience") is library.topics["practice/fault-tolerance"]
    assert library.item("skill/data-engineering#de-lake") is library.items["skill/data-engineering#de-raw"]
    assert library.item("practice/resilience#ft-name") is library.items["practice/fault-tolerance#ft-name"]
    assert library.topic("practice/nothing") is None
    assert library.item("practice/nothing#x") is None


def test_only_the_required_keys(tmp_path: Path) -> None:
    folder = base_with(
        tmp_path,
        {
            "concepts/how-do-i.yaml": '{"kind": "concept", "id": "how-do-i", "title": "how do i say fly in italian?",\n'
            ' "summary": "-", "questions": ["what is fly in italian", "how do italians say \\u20ac 5"]}'
        },
    )
    library = load(folder)
    assert library.topics["concept/how-do-i"].title == "how do i say fly in italian?"
    assert library.topics["concept/how-do-i"].part_of is None
    assert library.base.language == "en"


@pytest.mark.parametrize("kind", KINDS)
def test_ids_fit_their_buttons(kind: str, tmp_path: Path) -> None:
    most = min(ID_MAX, FULL_ID_MAX - len(kind) - 1)
    assert most >= 47
    steps = "steps: [skill/first]\n" if kind == "path" else ""
    folder = {"skill": "skills", "practice": "practices", "career": "careers", "concept": "concepts", "path": "paths"}
    for length, codes in ((most, []), (most + 1, ["too-long"])):
        id = "x" * length
        text = f"kind: {kind}\nid: {id}\ntitle: Long\nsummary: About it.\n{steps}"
        found = problems(base_with(tmp_path / str(length), {f"{folder[kind]}/{id}.yaml": text}))
        assert [code for _, code in found] == codes


def test_the_version_is_of_the_content_alone(tmp_path: Path) -> None:
    first = base_with(tmp_path / "a", {"skills/second.yaml": "kind: skill\nid: second\ntitle: Second\nsummary: Two.\n"})
    other = base_with(
        tmp_path / "b", {"skills/second.yaml": "# the same\nsummary: 'Two.'\nid: second\nkind: skill\ntitle: Second"}
    )
    changed = base_with(
        tmp_path / "c", {"skills/second.yaml": "kind: skill\nid: second\ntitle: Second\nsummary: Three.\n"}
    )
    assert load(first).version == load(other).version
    assert load(first).version != load(changed).version
    assert len(load(first).version) == 16
    assert int(load(first).version, 16)


def test_load_raises_with_every_problem(tmp_path: Path) -> None:
    folder = base_with(tmp_path, {"skills/a.yaml": "kind: [", "skills/b.yaml": "kind: skill\n", "skills/c.yml": ""})
    with pytest.raises(KnowledgeError, match="4 problems in the knowledge base") as caught:
        load(folder)
    assert {problem.path for problem in caught.value.problems} == {"skills/a.yaml", "skills/b.yaml", "skills/c.yml"}
    assert caught.value.problems == examine(folder)[1]


def test_warnings_do_not_keep_a_base_from_loading(tmp_path: Path) -> None:
    folder = base_with(tmp_path, {"skills/other-name.yaml": "kind: skill\nid: second\ntitle: Two\nsummary: Two.\n"})
    library, found = examine(folder)
    assert library is not None
    assert [problem.severity for problem in found] == ["warning"]


def test_no_folder_at_all(tmp_path: Path) -> None:
    library, found = examine(tmp_path / "nothing")
    assert library is None
    assert [problem.code for problem in found] == ["no-base"]
    assert "there is no such folder" in found[0].message
    assert "KNOWLEDGE_DIR" in found[0].suggestion
    (tmp_path / "file").write_text("x")
    assert [problem.code for problem in examine(tmp_path / "file")[1]] == ["no-base"]
    assert [problem.code for problem in examine(Path("a\0b"))[1]] == ["no-base"]


def test_what_is_no_file(tmp_path: Path) -> None:
    folder = base_with(tmp_path, {"practices/x.yaml/inside.txt": "x"})
    (folder / "skills" / "link.yaml").symlink_to("nowhere")
    (folder / "skills" / "loop.yaml").symlink_to("loop.yaml")
    os.mkfifo(folder / "skills" / "pipe.yaml")
    (folder / "careers").write_text("not a folder")
    assert problems(folder) == [
        ("careers", "unreadable"),
        ("practices/x.yaml", "unreadable"),
        ("skills/link.yaml", "unreadable"),
        ("skills/loop.yaml", "unreadable"),
        ("skills/pipe.yaml", "unreadable"),
    ]


def test_file_names_that_are_no_text(tmp_path: Path) -> None:
    folder = base_with(tmp_path, {})
    (folder / "skills" / os.fsdecode(b"caf\xe9.yaml")).write_text("kind: [")
    survey = look(folder)
    assert [problem.code for problem in survey.problems] == ["yaml-syntax"]
    for text in (report.text(survey.problems, survey.files), report.as_json(survey.problems, survey.files)):
        assert text.encode()


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.yaml").write_text(FIRST.replace("first", "second").replace("First", "Second"))
    folder = base_with(tmp_path / "base", {})
    (folder / "skills" / "second.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    (tmp_path / "linked").symlink_to(folder)
    assert list(load(tmp_path / "linked").topics) == ["skill/first", "skill/second"]


def test_a_big_file(tmp_path: Path) -> None:
    assert problems(base_with(tmp_path, {"skills/big.yaml": b"#" * (FILE_MAX + 1)})) == [
        ("skills/big.yaml", "file-too-big")
    ]


def test_references_to_a_broken_file_are_no_second_problem(tmp_path: Path) -> None:
    more = {
        "skills/a.yaml": "kind: skill\nid: a\ntitle: A\nsummary: A.\nrequires: [skill/b]\n",
        "skills/b.yaml": "a: [",
    }
    assert problems(base_with(tmp_path, dict(more))) == [("skills/b.yaml", "yaml-syntax")]


def test_option_ids_are_stable_and_unique() -> None:
    ids = option_ids(["the standby server", "the backup server", "the proxy server"])
    assert ids == option_ids(["The Standby Server", "the backup server", "the proxy server"])
    assert option_ids(["the proxy server", "the standby server"]) == (ids[2], ids[0])
    assert all(4 <= len(id) <= 6 and id.isalnum() and id.islower() | id.isdigit() for id in ids)
    same = option_ids(["a", "A", "a", "A"])
    assert len(set(same)) == 4


@given(st.lists(st.text(), max_size=4, unique_by=str.casefold))
def test_option_ids_for_any_texts(texts: list[str]) -> None:
    texts = [text.encode(errors="replace").decode() for text in texts]
    assert len(set(option_ids(texts))) == len(texts)


def test_a_chain_of_requirements_may_be_long(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        f"skills/t{n}.yaml": f"kind: skill\nid: t{n}\ntitle: T{n}\nsummary: T.\nrequires: [skill/t{n + 1}]\n"
        for n in range(1_200)
    }
    files["skills/t1200.yaml"] = "kind: skill\nid: t1200\ntitle: T1200\nsummary: T.\n"
    assert problems(base_with(tmp_path, files)) == []


def test_every_key_is_explained() -> None:
    for table in (TOPIC, ITEM, OPTION, SOURCE, NEED, BASE):
        assert all(key.help.endswith((".", "?")) or ":" in key.help for key in table.keys.values())


SEEDS = [path.read_bytes() for path in sorted(GOOD.glob("*/*.yaml"))] + [(GOOD / "base.yaml").read_bytes()]
WORDS = [
    b"- ",
    b": ",
    b"&a ",
    b"*a",
    b"!!str ",
    b"{",
    b"}",
    b"[",
    b"]",
    b"|\n",
    b"'",
    b'"',
    b"\n",
    b"\t",
    b"#",
    b"\xff",
]
WORDS += [
    b"\x00",
    b"null",
    b"true",
    b"7",
    b"2026-13-45",
    b"kind",
    b"\n---\n",
    b"%",
    b"\r",
    b"\\",
    b"~",
    b"quiz:",
    b"? ",
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = start + draw(st.integers(0, 40))
        data[start:end] = draw(st.one_of(st.sampled_from(WORDS), st.binary(max_size=6), st.just(b"")))
    return bytes(data)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=mutated())
def test_mutated_files_never_crash(data: bytes, tmp_path: Path) -> None:
    read("x.yaml", data)
    folder = base_with(tmp_path, {"practices/fault-tolerance.yaml": data})
    survey = look(folder)
    assert (survey.library is None) == any(problem.severity == "error" for problem in survey.problems)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(mutated(), st.binary(), st.text().map(str.encode)))
def test_any_base_file_never_crashes(data: bytes, tmp_path: Path) -> None:
    examine(base_with(tmp_path, {"base.yaml": data}))


def test_a_reload_sees_a_file_go(tmp_path: Path) -> None:
    folder = tmp_path / "base"
    shutil.copytree(GOOD, folder)
    before = load(folder)
    (folder / "paths" / "first-steps.yaml").unlink()
    assert "path/first-steps" in before.topics
    assert "path/first-steps" not in load(folder).topics


def test_the_shipped_base_loads() -> None:
    library, found = examine(CONTENT)
    assert library is not None, [f"{p.path}:{p.line} {p.message}" for p in found]
    assert library.base.title == "System design for AI and ML workflows"
    assert len(library.base.examples) == 3
