"""The benchmark of search, in short: every engine finds what it was given, and the figures are those of its answers."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest

from benchmarks import search, search_ablate, search_growth
from benchmarks.search_alone import alone
from benchmarks.search_docs import DOCUMENT, PARTS, replaced
from benchmarks.search_ours import ENGINES, Synthetic, model
from benchmarks.search_peers import PEERS, Ask, Engine, Missing, Phrases, plain
from benchmarks.search_sets import (
    DEFAULT,
    QuestionSet,
    base,
    library_of,
    misspell,
    misspelt,
    questions,
    write,
)
from knowledge.loader import load
from knowledge.search import Meaning
from knowledge.search.evaluate import Question

TINY = {
    "lost_luggage": ["my suitcase never arrived", "the airline lost my luggage", "where is my bag"],
    "book_table": ["reserve a table for two", "can you book a restaurant tonight", "dinner reservation please"],
    "oil_change": ["when does my car need new oil", "schedule an oil change", "the engine oil is old"],
    "translate": ["how do you say hello in japanese", "translate this into french", "what is dog in spanish"],
}


@pytest.fixture(scope="module")
def tiny() -> Phrases:
    return Phrases("tiny", library_of(TINY))


def built(engine: Engine, given: Phrases) -> Ask:
    """The engine, where it is installed: not every machine has wheels for all of them."""
    try:
        return engine.build(given)
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def meaning() -> Meaning:
    try:
        return model()
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_every_engine_finds_each_phrase_of_the_base_first(engine: Engine, tiny: Phrases) -> None:
    ask = built(engine, tiny)
    for text, topic in zip(tiny.texts, tiny.topics, strict=True):
        found = ask(text)
        assert found.matches[0].id == topic, text
        assert len({match.id for match in found.matches}) == len(found.matches)
    assert ask("").confidence <= ask("my suitcase never arrived").confidence


def test_an_engine_that_is_not_installed_is_told_and_the_others_are_measured(
    tiny: Phrases, capsys: pytest.CaptureFixture[str]
) -> None:
    def never(base: Phrases) -> Ask:
        raise AssertionError("made without its module")

    absent = Engine("absent", never, "", needs=("no_such_module",))
    asked = QuestionSet("few", (Question("the airline lost my luggage", frozenset({"concept/lost-luggage"})),))
    search.show_compared(asked, list(search.compared(search.build(tiny, (absent, PEERS[1])), asked)))
    rows = capsys.readouterr().out.splitlines()
    assert [row.split("   ")[0].strip() for row in rows[2:]] == ["engine", "absent", PEERS[1].name]
    assert "no_such_module is not installed" in rows[3]
    assert "100.0" in rows[4]


def test_bases_and_questions_are_taken_by_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kb, asked = tmp_path / "kb.json", tmp_path / "asked.jsonl"
    kb.write_text(json.dumps(TINY), encoding="utf-8")
    lines = [{"q": phrases[0], "expect": [name], "kind": "in"} for name, phrases in TINY.items()]
    lines += [{"q": phrases[1], "expect": ["translate"], "kind": "wrong"} for phrases in list(TINY.values())[:3]]
    lines += [{"q": "zzz", "expect": [], "kind": "oos"}]
    asked.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    name = "rapidfuzz token_set_ratio"
    search.main(["--base", str(kb), "--questions", str(asked), "--engines", name, "--json"])
    compared, costs = map(json.loads, capsys.readouterr().out.splitlines())
    assert (compared["engine"], compared["set"]) == (name, "asked")
    assert compared["top_1"] == 57.1  # 4 of 7
    assert (compared["auroc"], compared["in_90"]) == (100.0, 57.1)
    assert 0 < compared["p50_ms"] <= compared["p99_ms"]
    assert costs["memory_mb"] > 0
    assert costs["build_s"] > 0


def test_a_question_about_no_topic_of_the_base_is_an_error(tmp_path: Path, tiny: Phrases) -> None:
    path = tmp_path / "asked.jsonl"
    path.write_text('{"q": "where am i", "expect": ["nowhere"]}\n', encoding="utf-8")
    with pytest.raises(ValueError, match="line 1: there is no topic nowhere"):
        questions(str(path), tiny)


def test_a_process_of_its_own_finds_the_same(tiny: Phrases) -> None:
    peer = PEERS[1]
    texts = ["luggage lost", "oil for the engine"]
    measured = alone(peer.name, tiny, texts)
    ask = peer.build(tiny)
    assert list(measured.found) == [ask(text) for text in texts]
    assert len(measured.times) == len(measured.spent) == 2
    with pytest.raises(Missing, match="over 0 s"):
        alone(peer.name, tiny, texts, limit=0.01)


def test_the_sets_that_come_along_name_topics_that_exist() -> None:
    for name, sets in DEFAULT.items():
        given = base(name)
        for asked in (questions(one, given) for one in sets):
            assert len(asked.questions) >= 80
            assert all(question.expect <= given.library.topics.keys() for question in asked.questions)
            inside = sum(bool(question.expect) for question in asked.questions)
            assert 0.5 <= inside / len(asked.questions) <= 0.95


def test_a_base_in_memory_is_the_one_that_its_folder_loads(tmp_path: Path, tiny: Phrases) -> None:
    write(tiny.library, tmp_path)
    loaded = load(tmp_path)
    assert list(loaded.topics.items()) == list(tiny.library.topics.items())


def test_misspelling_is_small_and_always_the_same() -> None:
    asked = questions("article", base("shipped"))
    once, again = misspelt(asked), misspelt(asked)
    assert once == again
    assert once.name == "article_typo"
    changed = [a.text != b.text for a, b in zip(asked.questions, once.questions, strict=True)]
    assert sum(changed) >= 0.95 * len(changed)
    for text in ("", "a", "of it", "how do i center a div"):
        assert abs(len(misspell(text, Random(1))) - len(text)) <= 3
    assert plain("What's  a DIV, then?") == "whats a div then"


def test_a_smaller_grown_base_is_part_of_a_larger_one() -> None:
    small, large = search_growth.grown(150), search_growth.grown(1_500)
    assert len(small.library.topics) == 30
    assert small.library.topics.items() <= large.library.topics.items()
    assert len(set(large.texts)) >= 0.98 * 1_500
    asked = search_growth.asked()
    assert len(asked) == search_growth.ASKED
    assert all(question.expect <= small.library.topics.keys() for question in asked)
    assert not {plain(question.text) for question in asked} & set(small.texts)


def test_synthetic_vectors_are_directions_of_their_own(meaning: Meaning) -> None:
    stub = Synthetic(meaning)
    one, same, other = (stub.embed(text) for text in ("data", "data", "date"))
    assert one.shape == (stub.dimensions,)
    assert np.array_equal(one, same)
    assert np.linalg.norm(one) == pytest.approx(1.0, abs=1e-5)
    assert abs(float(one @ other)) < 0.3
    stub.asking = True
    assert float(stub.embed("how to buy a car") @ stub.embed("purchasing an automobile")) > 0.5


@pytest.mark.usefixtures("meaning")
def test_leaving_stages_out_is_measured(tiny: Phrases, capsys: pytest.CaptureFixture[str]) -> None:
    typed = Question("teh arline lsot my lugage", frozenset({"concept/lost-luggage"}))
    search_ablate.show({tiny: [QuestionSet("few", (typed, Question("who won the match")))]}, ("repair",))
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split("   ")[0].strip() for row in rows] == ["", "everything", "- the model", "- repair"]
    assert "100.0 / " in rows[1]


def test_measured_tables_go_where_the_document_has_them() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    for part in PARTS:
        once = replaced(document, part, "| a |\n| - |\n")
        assert f"<!-- {part} -->\n| a |\n| - |\n\n<!-- end of {part} -->" in once
        assert replaced(once, part, "| a |\n| - |\n") == once
    with pytest.raises(ValueError, match="no part speed"):
        replaced(document, "speed", "")
