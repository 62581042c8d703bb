"""What a program mends by itself: everything else, and every comment, stays."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from knowledge.check import check
from knowledge.loader import look
from knowledge.workshop import edit
from knowledge.workshop.edit import EditError
from knowledge.workshop.fixing import fixed

GOOD = Path(__file__).parents[2] / "fixtures" / "knowledge" / "good"
FT = "practices/fault-tolerance.yaml"
TODAY = date(2026, 11, 22)


def mended(folder: Path) -> tuple[str, str, list[str]]:
    """A file before and after, and what was said about it."""
    survey = look(folder)
    assert survey.library is not None, survey.problems
    draft = next(draft for draft in survey.drafts if draft.sheet.path == FT)
    text = (folder / FT).read_text(encoding="utf-8")
    after, done = fixed(draft, survey.library.topics[draft.id].items, text)
    return text, after, done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOOD, tmp_path / "base"))


def test_a_good_file_stays_as_it_is(folder: Path) -> None:
    before, after, done = mended(folder)
    assert edit.values(after) == edit.values(before)
    assert done in ([], ["laid out"])
    (folder / FT).write_text(after, encoding="utf-8")
    assert mended(folder) == (after, after, [])


def test_what_takes_no_judgement(folder: Path) -> None:
    file = folder / FT
    text = file.read_text(encoding="utf-8")
    data = edit.values(text)
    question = data["questions"][1]
    text = text.replace(f"  - {question}\n", f"  - {question}  # often asked\n  - {question.upper()}!\n", 1)
    text = text.replace(
        "sources: [{title: A book, url: https://example.org/book}]",
        "sources: [{title: A book, url: 'https://example.org/book?utm_source=x&page=2'}, "
        "{title: Again, url: https://example.org/book?page=2}]",
    )
    text += """\
  - id: ft-count
    kind: choice
    level: 1
    ask: How many copies survive one failure without a pause?
    hint: Count what is left.
    options:
      - {text: "3 copies", why: Two suffice.}  # the largest
      - {text: "1 copy", why: Nothing is left.}
      - {text: "2 copies", right: true, why: One is left.}
    explain: One may fail, one goes on.
"""
    text = text.replace('"1 copy"', '"1 copies"')
    file.write_text(text, encoding="utf-8")
    codes = {problem.code for problem in check(folder, TODAY).problems}
    assert {"repeated", "link-form", "option-order"} <= codes

    _, after, done = mended(folder)
    file.write_text(after, encoding="utf-8")
    assert not {problem.code for problem in check(folder, TODAY).problems} & {"repeated", "link-form", "option-order"}
    assert len(done) >= 4
    found = edit.values(after)
    assert found["questions"] == data["questions"]
    assert found["sources"] == [{"title": "A book", "url": "https://example.org/book?page=2"}]
    assert [option["text"] for option in found["quiz"][-1]["options"]] == ["1 copies", "2 copies", "3 copies"]
    assert "# often asked" in after
    assert mended(folder)[2] == []  # nothing is left to mend


def test_an_order_that_is_none_is_refused() -> None:
    text = "options:\n  - one\n  - two\n"
    assert edit.reorder(text, ("options",), [1, 0]) == "options:\n  - two\n  - one\n"
    for order in ([0], [0, 0], [0, 2]):
        with pytest.raises(EditError):
            edit.reorder(text, ("options",), order)
