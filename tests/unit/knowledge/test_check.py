"""Every warning has a sample that brings it up, and the good base brings up none."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from knowledge import check as checking
from knowledge import rules
from knowledge.check import check
from knowledge.errors import Problem
from knowledge.model import Item, Option
from knowledge.rules import CODES, RULES
from tests.unit.knowledge.bases import CONTENT, GOOD, ROOT, TODAY, base_with

OPTIONS = (
    Option("a", "the standby server", True, "It ran alongside."),
    Option("b", "the backup server", False, "It keeps copies."),
    Option("c", "the proxy server", False, "It passes requests on."),
)
CHOICE = Item(
    "t#i", "i", "t", "choice", 1, "What takes over when a machine fails?", "It ran alongside.", options=OPTIONS
)
TEXT = Item("t#i", "i", "t", "text", 1, "What is a spare part called?", "It is kept for later.", answer="redundancy")
RECALL = Item(
    "t#i", "i", "t", "recall", 2, "Why keep a spare part?", "Parts fail.", answer="Because the first one fails."
)


def options(*texts: str, right: int = 0) -> Item:
    return replace(CHOICE, options=tuple(Option(str(n), text, n == right, "So.") for n, text in enumerate(texts)))


BAD: Mapping[str, tuple[Item, ...]] = {
    "option-count": (options("one part", "two parts"),),
    "all-of-the-above": (
        options("a spare", "a copy", "all of the above"),
        options("a spare", "a copy", "None of these."),
        options("a spare", "a copy", "A and B"),
        options("a spare", "a copy", "both"),
    ),
    "right-length": (options("a spare that runs alongside", "a copy", "a proxy"),),
    "absolute-word": (options("a spare", "it always fails", "a proxy"), options("a spare", "Rarely a proxy", "a copy")),
    "negative-stem": (
        replace(CHOICE, ask="Which server does not answer?"),
        replace(CHOICE, ask="Which server does NOT answer?"),
        replace(CHOICE, ask="All of them answer, except which?"),
        replace(TEXT, ask="Which server does not answer?", negative=True),
        replace(CHOICE, negative=True),
    ),
    "word-clue": (replace(CHOICE, ask="Which standby machine takes over?"),),
    "option-style": (
        options("the spare", "The copy", "the proxy"),
        options("the spare", "the copy.", "the proxy"),
        options("10", "20 ms", "30 ms"),
    ),
    "option-order": (options("10 ms", "30 ms", "20 ms"), options("1,000", "200", "3,000")),
    "stem-form": (replace(CHOICE, ask="Name the server."),),
    "stem-alone": (
        replace(CHOICE, ask="Which of the following takes over?"),
        replace(CHOICE, ask="Which of these takes over?"),
    ),
    "stem-length": (replace(TEXT, ask=f"{'Why ' * 80}?"),),
    "option-length": (options("a" * 76, "b" * 75, "c" * 75),),
    "explain-length": (replace(RECALL, explain="a" * 201), replace(RECALL, explain="a\nb\nc\nd")),
    "answer-form": (
        replace(TEXT, answer="one two three four five six"),
        replace(TEXT, answer="spare, copy"),
        replace(TEXT, accept=("spare or copy",)),
    ),
    "no-explain": (replace(TEXT, explain=""),),
    "no-why": (replace(CHOICE, options=(OPTIONS[0], OPTIONS[1], replace(OPTIONS[2], why=""))),),
}
FINE = (
    CHOICE,
    TEXT,
    RECALL,
    options("10 ms", "20 ms", "30 ms"),
    options("30", "20", "10", right=1),
    options("AWS", "the cloud", "a server of one's own"),
    options("GPU memory", "disk space", "patience"),
    options("one", "two", "three", "four"),
    replace(CHOICE, ask="Which server does NOT answer?", negative=True),
    replace(CHOICE, ask="A ____ takes over."),
    replace(CHOICE, ask="Which machine with a nothing-special name takes over?"),
    replace(RECALL, ask="What does a cache not help with?"),
    replace(RECALL, explain="a\nb\nc"),
    replace(TEXT, answer="one two three four five"),
)


def fired(item: Item) -> set[str]:
    return {code for code, rule in RULES.items() if list(rule(item))}


@pytest.mark.parametrize("code", RULES)
def test_every_rule_has_samples(code: str) -> None:
    for item in BAD[code]:
        findings = list(RULES[code](item))
        assert findings, item
        assert all(finding.message and finding.help for finding in findings)


def test_no_sample_is_left_over() -> None:
    assert set(BAD) == set(RULES)
    assert set(CODES) - set(RULES) == {"answer-clash", "stem-twin"}
    assert all(rule.__doc__ for rule in RULES.values())


@pytest.mark.parametrize("item", FINE, ids=lambda item: item.ask)
def test_good_items_pass(item: Item) -> None:
    assert fired(item) == set()


@pytest.mark.parametrize("code", sorted(set(BAD) - {"option-count"}))
def test_samples_are_about_one_thing(code: str) -> None:
    assert fired(BAD[code][0]) == {code}


def warn(folder: Path) -> list[Problem]:
    survey = check(folder, TODAY)
    assert survey.library is not None, survey.problems
    return list(survey.problems)


def changed(tmp_path: Path, path: str, *changes: tuple[str, str]) -> Path:
    """The good base with texts of one file replaced."""
    folder = tmp_path / "base"
    shutil.copytree(GOOD, folder)
    text = (folder / path).read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / path).write_text(text)
    return folder


FT = "practices/fault-tolerance.yaml"
DE = "skills/data-engineering.yaml"
SAMPLES: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "no-aliases": (FT, (("aliases: [fault-tolerant systems]\n", ""),)),
    "few-questions": (FT, (("  - can a service heal itself?\n", ""),)),
    "no-details": (FT, (("details: Keep a spare, switch to it, and treat errors as normal.\n", ""),)),
    "no-sources": (FT, (("sources: [{title: A book, url: https://example.org/book}]\n", ""),)),
    "no-review": (FT, (("reviewed: 2026-10-01\n", ""),)),
    "stale-review": (FT, (("reviewed: 2026-10-01\n", "reviewed: 2025-11-21\n"),)),
    "future-review": (FT, (("reviewed: 2026-10-01\n", "reviewed: 2026-11-23\n"),)),
    "few-items": (FT, (("quiz:\n", "quiz: []\nignored:\n"),)),
    "no-part-of": ("concepts/redundancy.yaml", (("part_of: practice/fault-tolerance\n", ""),)),
    "no-needs": (
        "careers/data-engineer.yaml",
        (("needs: [{topic: skill/data-engineering, level: 3}, {topic: concept/redundancy, level: 1}]\n", ""),),
    ),
    "title-length": (FT, (("title: Fault Tolerance", f"title: Fault Tolerance {'and so on ' * 5}"),)),
    "placeholder": (FT, (("details: Keep a spare, switch to it,", "details: TODO Keep a spare, switch to it,"),)),
    "test-known": (FT, (("tests: [our service", "tests: [Why do we need spares, our service"),)),
    "markup": (DE, (("  Three steps, in this order:\n", "  # Three steps, in this order:\n"),)),
    "question-claimed": (FT, (("  - why do we need spares?", "  - what is data plumbing?\n  - Data Plumbing?"),)),
    "stem-twin": (DE, (("ask: How would you find out why a table is late?", "ask: Why retry with growing pauses?"),)),
    "answer-clash": (FT, (("accept: [redundant components]", "accept: [redundant components, data plumbing]"),)),
    "waive-unused": (
        "concepts/redundancy.yaml",
        (("  - id: rd-cost\n", "  - id: rd-cost\n    waive: {no-why: recall}\n"),),
    ),
    "spelling": (FT, (("details: Keep a spare,", "details: Keep a spaire,"),)),
    "link-form": (FT, (("url: https://example.org/book", "url: http://example.org/book"),)),
    "stem-form": (FT, (("ask: Why retry with a growing pause?", "ask: Tell why."),)),
}


@pytest.mark.parametrize("code", SAMPLES)
def test_every_warning_has_a_sample(code: str, tmp_path: Path) -> None:
    path, changes = SAMPLES[code]
    folder = changed(tmp_path, path, *changes)
    if code == "few-items":  # all of the quiz goes
        text = (folder / path).read_text()
        (folder / path).write_text(text[: text.index("ignored:")])
    found = warn(folder)
    assert [(problem.path, problem.code) for problem in found] == [(path, code)]
    assert (found[0].severity, found[0].line > 0) == ("warning", True)
    assert found[0].suggestion


def test_every_code_of_the_check_has_a_sample() -> None:
    source = (ROOT / "knowledge" / "check.py").read_text()
    codes = set(re.findall(r'\(draft, "([a-z-]+)"', source)) | set(re.findall(r'^ +\("([a-z-]+)", ', source, re.M))
    codes |= {"stem-twin", "answer-clash", "waive-unused", "spelling"}
    assert codes == set(SAMPLES) - {"stem-form"} | {"orphan"}


def test_a_skill_that_nothing_leads_to(tmp_path: Path) -> None:
    folder = changed(tmp_path, FT, ("requires: [skill/data-engineering]\n", ""))
    assert [p.code for p in warn(folder)] == []  # a career needs it, a path steps on it
    career = folder / "careers" / "data-engineer.yaml"
    career.write_text(career.read_text().replace("{topic: skill/data-engineering, level: 3}, ", ""))
    (folder / "paths" / "first-steps.yaml").unlink()
    found = warn(folder)
    assert ("orphan", "skills/data-engineering.yaml") in [(p.code, p.path) for p in found]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.org/book", "is not encrypted"),
        ("https://example.org/book?utm_source=x", "tells the site"),
        ("https://example.org/book?a=1&fbclid=2", "tells the site"),
        ("https://localhost/book", "leads to nobody but you"),
        ("https://intranet/book", "leads to nobody but you"),
        ("https://example.org/b}, {title: B, url: https://example.org/b/", "stands here twice"),
    ],
)
def test_addresses_that_will_not_do(url: str, said: str, tmp_path: Path) -> None:
    (problem,) = warn(changed(tmp_path, FT, ("https://example.org/book", url)))
    assert problem.code == "link-form"
    assert said in problem.message


def test_a_misspelled_word_is_placed_in_its_line(tmp_path: Path) -> None:
    folder = changed(tmp_path, DE, ("  - **ingestion** brings data in,", "  - **ingestion** brigns data in, `brigns`,"))
    (problem,) = warn(folder)
    assert (problem.code, problem.text[problem.column - 1 :][:6]) == ("spelling", "brigns")
    assert 'did you mean "brings"' in problem.suggestion
    (folder / "terms.txt").write_text("failover\nbrigns\n")
    assert warn(folder) == []
    base = folder / "base.yaml"
    base.write_text(base.read_text().replace("language: en", "language: ja"))
    (folder / "terms.txt").unlink()
    assert warn(folder) == []  # there is no dictionary


def test_the_good_base_has_no_problems() -> None:
    assert warn(GOOD) == []


def test_markup_is_placed_in_its_line(tmp_path: Path) -> None:
    folder = changed(tmp_path, DE, ("  - **ingestion** brings data in,", "  - **ingestion** brings\n\n  > data in,"))
    (problem,) = warn(folder)
    assert (problem.text, problem.column) == ("  > data in,", 3)


def test_a_waiver_silences_one_rule(tmp_path: Path) -> None:
    bad = ("ask: Why retry with a growing pause?", "ask: Tell why.")
    assert [problem.code for problem in warn(changed(tmp_path / "a", FT, bad))] == ["stem-form"]
    waived = (bad[0], f"{bad[1]}\n    waive: {{stem-form: it reads better}}")
    assert warn(changed(tmp_path / "b", FT, waived)) == []
    waiver = "\n    waive: {stem-twin: asked from the other side}"
    twin = ("ask: Why retry with a growing pause?", "ask: How would you find out why a table is late?")
    assert [problem.code for problem in warn(changed(tmp_path / "c", FT, twin))] == ["stem-twin"]
    assert warn(changed(tmp_path / "d", FT, (twin[0], twin[1] + waiver))) == []
    other = ("ask: How would you find out why a table is late?", f"ask: Why retry with growing pauses?{waiver}")
    assert warn(changed(tmp_path / "e", DE, other)) == []


def test_the_help_names_the_waiver(tmp_path: Path) -> None:
    (problem,) = warn(changed(tmp_path, FT, ("ask: Why retry with a growing pause?", "ask: Tell why.")))
    assert "(or waive: {stem-form: the reason})" in problem.suggestion


def test_the_day_counts(tmp_path: Path) -> None:
    assert check(GOOD, date(2026, 10, 31)).problems[0].code == "future-review"
    assert check(GOOD, date(2026, 10, 1) + timedelta(days=365)).problems == ()
    stale = check(GOOD, date(2026, 10, 1) + timedelta(days=366)).problems
    assert {problem.code for problem in stale} == {"stale-review"}


def test_an_answer_may_be_a_name_of_another_topic_and_so_may_its_spellings(tmp_path: Path) -> None:
    folder = changed(tmp_path, FT, ("accept: [redundant components]", "accept: [redundant components, spare parts]"))
    assert warn(folder) == []


def test_errors_come_without_warnings(tmp_path: Path) -> None:
    survey = check(base_with(tmp_path, {"skills/second.yaml": "kind: skill\n"}), TODAY)
    assert survey.library is None
    assert {problem.severity for problem in survey.problems} == {"error"}


def test_a_path_needs_no_quiz() -> None:
    assert not [problem for problem in warn(GOOD) if problem.path.startswith("paths/")]


def test_a_large_base_is_checked_in_time(tmp_path: Path) -> None:
    """A guard against quadratic work; the benchmark measures the time itself."""
    text = (
        (GOOD / FT).read_text().replace("formerly: [practice/resilience]\n", "").replace("[concept/redundancy]", "[]")
    )
    files: dict[str, str | bytes] = {}
    for n in range(60):
        topic = text.replace("fault-tolerance", f"topic-{n}").replace("Fault Tolerance", f"Topic {n}")
        files[f"practices/topic-{n}.yaml"] = topic.replace("fault-tolerant systems", f"topics {n}").replace(
            "requires: [skill/data-engineering]\n", ""
        )
    folder = base_with(tmp_path, files)
    begun = time.process_time()
    assert {"stem-twin", "question-claimed"} <= {problem.code for problem in warn(folder)}
    assert time.process_time() - begun < 5


def test_the_shipped_base_is_checked() -> None:
    survey = check(CONTENT, TODAY)
    assert survey.library is not None
    assert [problem for problem in survey.problems if problem.severity == "error"] == []


def test_limits_are_those_of_the_platforms() -> None:
    assert (rules.STEM_MAX, rules.OPTION_MAX, rules.EXPLAIN_MAX) == (300, 75, 200)
    assert (checking.QUESTIONS_MIN, checking.ITEMS_MIN, checking.REVIEW_DAYS) == (6, 3, 365)
