"""The commands that try a base with questions: `knowledge eval`, `knowledge check --golden`, `ask --explain`."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import pytest

from adapters import CONTENT
from adapters.cli import main
from adapters.cli.questions import golden_files
from knowledge.search.finder import ANSWER
from tests.unit.adapters.program import BASE, BROKEN, tutor

DECISIONS = [
    {"q": "what is failover", "expect": ["failover"], "kind": "exact"},
    {"q": "wat is failovr", "expect": ["concept/failover"], "kind": "typo"},
    {"q": "what is scalability", "expect": ["fault-tolerance"], "kind": "exact"},  # it is found, and not expected
    {"q": "zxcvbnm", "expect": [], "kind": "oos"},
    {"q": "what is failover?", "expect": [], "kind": "oos"},  # it is answered, and must not be
]


class Ended(NamedTuple):
    """How a command ended."""

    code: object
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs commands within this process, in an empty folder, on the small base."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("TUTOR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TUTOR_KNOWLEDGE_DIR", str(BASE))
    monkeypatch.setenv("TUTOR_CACHE_DIR", str(tmp_path / "cache"))

    def once(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["tutor", *arguments])
        with pytest.raises(SystemExit) as raised:
            main()
        return Ended(raised.value.code or 0, *capsys.readouterr())

    return once


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


# --- eval ---------------------------------------------------------------------------------------------------------


def test_eval_prints_figures_and_misses_by_kind(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "mine.jsonl", DECISIONS)
    done = run("knowledge", "eval", "mine.jsonl")
    assert (done.code, done.err) == (0, "")
    lines = re.sub(r"\d+\.\d\d ms", "9.99 ms", re.sub(r"\d\.\d{4}", "0.9999", done.out)).splitlines()
    shown = "\n".join(lines)
    assert lines[:2] == ["mine.jsonl", "  5 questions: 3 in scope, 2 out of scope"]
    aligned = re.sub(r"(?<=\S) {2,}", "  ", shown)  # how wide the columns are depends on the times below
    assert "\n  top-1  66.7 %  2 of 3\n" in aligned
    assert "\n  in scope, answered wrongly  33.3 %  1 of 3\n" in aligned
    assert "\n  out of scope, answered  50.0 %  1 of 2\n" in aligned
    assert "  kind     top-1\n  exact   50.0 %  1 of 2\n  typo   100.0 %  1 of 1\n" in shown
    assert shown[shown.index("  2 misses") :].rstrip() == (
        """\
  2 misses

  exact: 1
    line 3: what is scalability
      expected practice/fault-tolerance
      found    practice/scalability (0.9999, answer)

  oos: 1
    line 5: what is failover?
      expected no answer: it is out of scope
      found    concept/failover (0.9999, answer)"""
    )
    assert "misses" not in run("knowledge", "eval", "mine.jsonl", "--no-misses").out


def test_eval_as_json_is_an_object_a_file(run: Run, tmp_path: Path) -> None:
    mine, empty = write(tmp_path / "a" / "mine.jsonl", DECISIONS), write(tmp_path / "empty.jsonl", [])
    done = run("knowledge", "eval", mine, empty, "--json")
    first, second = map(json.loads, done.out.splitlines())
    assert (first["set"], first["file"], first["n"], first["out_of_scope"]) == ("mine", "a/mine.jsonl", 3, 2)
    assert (first["top1"], first["answered_wrongly"], first["out_of_scope_answered"]) == (66.7, 33.3, 50.0)
    assert first["decisions"]["in:answer:wrong"] == first["decisions"]["oos:answer"] == 1
    assert first["kinds"]["exact"] == {"n": 2, "right": 1, "top1": 50.0}
    assert [(miss["line"], miss["found"][0]) for miss in first["misses"]] == [
        (3, "practice/scalability"),
        (5, "concept/failover"),
    ]
    assert (second["n"], second["top1"], second["auroc"], second["in@90"], second["misses"]) == (
        0,
        None,
        None,
        None,
        [],
    )
    assert "misses" not in json.loads(run("knowledge", "eval", mine, "--json", "--no-misses").out)


def test_eval_counts_what_match_says(run: Run, tmp_path: Path) -> None:
    """The same questions through `match`, counted by hand."""
    found = json.loads(run("knowledge", "eval", write(tmp_path / "mine.jsonl", DECISIONS), "--json").out)
    said = "".join(f"{row['q']}\n" for row in DECISIONS)
    matched = [json.loads(line) for line in tutor(tmp_path, "knowledge", "match", said=said).out.splitlines()]
    inside = [m["confidence"] for m, row in zip(matched, DECISIONS, strict=True) if row["expect"]]
    outside = [m["confidence"] for m, row in zip(matched, DECISIONS, strict=True) if not row["expect"]]
    pairs = [(a > b) + (a == b) / 2 for a in inside for b in outside]
    assert found["auroc"] == round(100 * sum(pairs) / len(pairs), 1)
    assert found["threshold"] == max(outside)


def test_eval_of_several_files_ends_with_a_comparison(run: Run, tmp_path: Path) -> None:
    files = [write(tmp_path / name, DECISIONS[:n]) for name, n in (("a.jsonl", 2), ("bb.jsonl", 5), ("none.jsonl", 0))]
    files.append(write(tmp_path / "out.jsonl", DECISIONS[3:4]))
    done = run("knowledge", "eval", *files)
    assert done.code == 0
    *_, head, a, b, none, out = done.out.splitlines()
    assert head.split() == ["n", "top-1", "top-3", "AUROC", "in@90", "p50", "ms", "p99", "ms"]
    assert a.split()[:6] == ["a.jsonl", "2", "100.0", "100.0", "–", "–"]
    assert b.split()[:3] == ["bb.jsonl", "3", "66.7"]
    assert none.split() == ["none.jsonl", "0", *"–––––– "[:-1]]
    assert out.split()[:6] == ["out.jsonl", "0", "–", "–", "–", "–"]
    assert len({len(line) for line in (head, a, b, none, out)}) == 1, "they line up"


def test_eval_tells_all_that_is_wrong_and_asks_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text('{"q": "x" "expect": []}\n{"q": "x", "expect": ["failovr"]}\nnonsense\n')
    write(tmp_path / "good.jsonl", DECISIONS)
    done = run("knowledge", "eval", "good.jsonl", "mine.jsonl", "nowhere.jsonl", str(tmp_path))
    assert (done.code, done.out) == (2, "")
    told = [line for line in done.err.splitlines() if "error[" in line]
    assert [line.split(" ")[0] for line in told[:3]] == ["mine.jsonl:1:11", "mine.jsonl:2:23", "mine.jsonl:3:1"]
    assert 'help: did you mean "concept/failover"?' in done.err
    assert "nowhere.jsonl error[unreadable] cannot read this file: No such file" in told[3]
    assert len(told) == 5
    assert done.err.rstrip().endswith("5 errors in 4 files")


def test_eval_warns_of_duplicates_and_goes_on(run: Run, tmp_path: Path) -> None:
    done = run("knowledge", "eval", write(tmp_path / "mine.jsonl", [*DECISIONS, *DECISIONS]))
    assert done.code == 0
    assert "mine.jsonl:6:7 warning[repeated] line 1 asks the same, and 4 more questions stand here twice" in done.err
    assert "10 questions" in done.out


def test_eval_of_a_broken_base_is_a_report(run: Run, tmp_path: Path) -> None:
    done = run("knowledge", "eval", write(tmp_path / "mine.jsonl", DECISIONS), "--knowledge", str(BROKEN))
    assert (done.code, done.out) == (2, "")
    assert "error[" in done.err


def test_eval_shows_hostile_questions_without_obeying_them(run: Run, tmp_path: Path) -> None:
    rows = [{"q": q, "expect": ["failover"], "kind": "\x1b[1m"} for q in ("\x1b[31mpizza\u202e", "\ud800", "x" * 9999)]
    done = run("knowledge", "eval", write(tmp_path / "mine.jsonl", rows))
    assert done.code == 0
    assert not {"\x1b", "\u202e"} & set(done.out)
    assert max(map(len, done.out.splitlines())) < 400
    assert json.loads(run("knowledge", "eval", "mine.jsonl", "--json").out)["n"] == 3


@pytest.mark.slow
def test_eval_of_ten_thousand_questions_costs_little_more_than_asking_them(run: Run, tmp_path: Path) -> None:
    rows = [DECISIONS[n % 5] | {"q": f"{DECISIONS[n % 5]['q']} {n}"} for n in range(10_000)]
    path = write(tmp_path / "many.jsonl", rows)
    began = perf_counter()
    done = run("knowledge", "eval", path, "--json", "--no-misses")
    seconds = perf_counter() - began
    found = json.loads(done.out)
    assert found["n"] + found["out_of_scope"] == 10_000
    assert seconds < 3 * 10_000 * found["p50_ms"] / 1000 + 10


# --- check --golden -----------------------------------------------------------------------------------------------


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """The small base, with a test in a topic that is found and one that is not."""
    copy = Path(shutil.copytree(BASE, tmp_path / "base"))
    topic = copy / "concepts" / "failover.yaml"
    topic.write_text(topic.read_text(encoding="utf-8") + "tests:\n  - failovers\n  - scalability\n", encoding="utf-8")
    return copy


def golden(base: Path, **files: str) -> None:
    (base / "golden").mkdir(exist_ok=True)
    for name, text in files.items():
        (base / "golden" / name.replace("_", ".")).write_text(text, encoding="utf-8")


def test_golden_questions_that_miss_are_warnings_at_their_place(run: Run, base: Path) -> None:
    golden(base, no_yaml="- zxcvbnm\n- what is failover?\n", yes_jsonl='{"q": "failover", "expect": ["scalability"]}\n')
    before = run("knowledge", "check", "--knowledge", "base")
    done = run("knowledge", "check", "--golden", "--knowledge", "base")
    assert (before.code, done.code) == (0, 0)
    told = [line for line in done.out.splitlines() if "golden-" in line]
    assert [line.split('"')[0] for line in told] == [
        "base/concepts/failover.yaml:20:5 warning[golden-missed] ",
        "base/golden/no.yaml:2:3 warning[golden-answered] ",
        "base/golden/yes.jsonl:1:7 warning[golden-missed] ",
    ]
    assert '"scalability" leads to practice/scalability (answer, 0.99), not to concept/failover' in told[0]
    assert "golden" not in before.out, "its folder is no stray one"
    warnings = before.out.count(" warning[")
    assert f"{warnings + 3} warnings in 9 files\n5 golden questions asked, 3 missed\n" in done.out
    assert run("knowledge", "check", "--golden", "--strict", "--knowledge", "base").code == 1


def test_golden_as_json_counts_them(run: Run, base: Path) -> None:
    found = json.loads(run("knowledge", "check", "--golden", "--json", "--knowledge", "base").out)
    assert found["golden"] == {"asked": 2, "missed": 1}
    [missed] = [problem for problem in found["problems"] if problem["code"].startswith("golden")]
    assert (missed["path"], missed["line"]) == ("base/concepts/failover.yaml", 20)


def test_golden_files_can_be_named(run: Run, base: Path, tmp_path: Path) -> None:
    golden(base, no_yaml="- what is failover?\n")
    named = write(tmp_path / "mine.jsonl", DECISIONS)
    done = run("knowledge", "check", "--golden", "--knowledge", "base", named)
    assert "7 golden questions asked, 3 missed\n" in done.out
    assert "no.yaml" not in done.out
    assert "mine.jsonl:3:7 warning[golden-missed]" in done.out
    refused = run("knowledge", "check", named)
    assert (refused.code, refused.out) == (2, "")
    assert "--golden" in refused.err


def test_a_golden_file_that_is_wrong_is_an_error(run: Run, base: Path) -> None:
    golden(base, no_yaml="who won: [cup]\n", yes_jsonl="\n{\n")
    done = run("knowledge", "check", "--golden", "--knowledge", "base")
    assert done.code == 1
    assert "base/golden/no.yaml:1:11 error[unknown-topic] there is no topic cup" in done.out
    assert "base/golden/yes.jsonl:2:1 error[json]" in done.out
    assert "2 golden questions asked, 1 missed" in done.out, "a question whose topic is unknown is not asked"


def test_golden_questions_are_not_asked_of_a_base_that_does_not_load(run: Run) -> None:
    done = run("knowledge", "check", "--golden", "--knowledge", str(BROKEN))
    assert done.code == 1
    assert done.out.endswith("no golden question was asked: the base does not load\n")
    assert json.loads(run("knowledge", "check", "--golden", "--json", "--knowledge", str(BROKEN)).out)["golden"] is None
    lost = run("knowledge", "check", "--golden", "--knowledge", "nowhere")
    assert lost.code == 1
    assert "nowhere" in lost.out


def test_without_golden_files_the_topics_own_tests_are_asked(run: Run) -> None:
    done = run("knowledge", "check", "--golden", "--knowledge", str(BASE))
    tests = sum(path.read_text(encoding="utf-8").count("tests:") for path in BASE.rglob("*.yaml"))
    asked = re.search(r"(\d+) golden questions? asked", done.out)
    assert asked is not None
    assert (int(asked[1]) > 0) == (tests > 0)


def test_the_shipped_base_keeps_its_golden_questions_with_the_tests() -> None:
    found = golden_files(CONTENT)
    assert "out_of_scope.yaml" in [file.name for file in found]
    assert {file.parent for file in found} == {Path(__file__).parents[1] / "golden"}


# --- ask --explain ------------------------------------------------------------------------------------------------


def test_explain_ends_with_the_decision_instead_of_the_reply(run: Run) -> None:
    done = run("ask", "wat is failovr", "--explain")
    assert (done.code, done.err) == (0, "")
    assert "Repaired   failovr → failover\n" in done.out
    decision = " ".join(done.out[done.out.index("Answered:") :].split())
    assert decision.endswith(f"; 0.95 is above {ANSWER:g}, from which Tutor answers.")
    assert "[1 More]" not in done.out


def test_explain_as_json_comes_beside_what_ask_says(run: Run) -> None:
    plain = json.loads(run("ask", "wat is failovr", "--json").out)
    found = json.loads(run("ask", "wat is failovr", "--json", "--explain").out)
    explained = found.pop("explain")
    assert found | {"ms": 0} == plain | {"ms": 0}
    assert explained["repairs"] == [["failovr", "failover"]]
    assert (explained["why"], explained["named"]) == ("named after repair", ["concept/failover"])
    assert [seen["id"] for seen in explained["seen"]] == [match["id"] for match in plain["matches"][:3]]


def test_explain_takes_any_bytes_through_a_pipe(tmp_path: Path) -> None:
    done = tutor(tmp_path, "ask", b"what is \xff failover\x1b[31m", "--explain")
    assert (done.code, done.err) == (0, "")
    assert "\x1b" not in done.out
    assert max(map(len, done.out.splitlines())) <= 96
