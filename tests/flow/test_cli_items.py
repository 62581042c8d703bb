"""`tutor knowledge items` and `explain`: what a curator reads of quiz items that learners answered and flagged."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from bot.store.db import Database
from bot.store.tables import FLAG
from knowledge.loader import load
from tests.flow.talking import BASE, Person, World, world
from tests.flow.test_cli_questions import Ended, Run, run
from tests.simulation import START, Fault, choice, learners, store
from tests.stores import postgres_database
from tests.unit.adapters.program import BROKEN, tutor

__all__ = ["run"]

STANDBY = "practice/fault-tolerance#ft-standby"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A base that the commands use, and the database of `world`."""
    monkeypatch.setenv("TUTOR_DATABASE_URL", f"sqlite:///{tmp_path / 'tutor.db'}")
    monkeypatch.setenv("TUTOR_KNOWLEDGE_DIR", str(tmp_path / "base"))
    return Path(shutil.copytree(BASE, tmp_path / "base"))


async def command(run: Run, *arguments: str) -> Ended:
    done = await asyncio.to_thread(run, "knowledge", *arguments)
    assert done.code == 0, done.err
    return done


async def meets_the_standby(made: World, name: str, answer: str, *then: str) -> Person:
    """A learner who is asked about the standby server, presses an answer, and goes on."""
    learner = made.learner(name)
    await learner.command("start")
    assert "What takes over" in await learner.say("quiz me on fault tolerance")
    await learner.press(answer)
    for words in then:
        await learner.say(words)
    return learner


async def test_what_learners_did_is_read_settled_and_read_again(run: Run, folder: Path, tmp_path: Path) -> None:
    async with world(tmp_path, folder) as made:
        for name in ("ann", "bob", "cat", "dan"):
            await meets_the_standby(made, name, "the archive server")
        await meets_the_standby(made, "eve", "the standby server", "flag: the archive is meant")
        await meets_the_standby(made, "fay", "the standby server", "I guessed", "flag: unclear")
        await meets_the_standby(made, "gus", "the proxy server", "undo")
        hal = await meets_the_standby(made, "hal", "I don't know", "flag: unclear")

        listed = await command(run, "items")
        assert "quiz items: 1 needs an eye\n" in listed.out
        assert f"1. {STANDBY} 7 14 % too few" in [" ".join(line.split()) for line in listed.out.splitlines()]
        assert '    - flagged 3 times: "unclear" (2 times), "the archive is meant"\n' in listed.out
        explained = await command(run, "explain", "ft-standby")
        lines = explained.out.splitlines()
        assert lines[0] == "base/practices/fault-tolerance.yaml:17"
        assert "Figures, of 7 learners who met it first as it reads now\n  right at first sight    14 % (3 to 51)" in (
            explained.out
        )
        figures = [" ".join(line.split()) for line in lines]
        assert {"tells apart too few answers", "I don't know 14 %", "guessed 14 %", "with the hint 0 %"} <= set(figures)
        assert {"the archive server 57 %", "* the standby server 29 %", "the proxy server 0 %"} <= set(figures)
        assert "answers 7" in figures
        assert '  2026-11-23 "the archive is meant" (this version, open)' in lines
        for name in ("ann", "eve", "hal"):
            assert name not in explained.out.split()

        settled = await command(run, "explain", "--settle", STANDBY)
        assert settled.out.endswith("\n3 flags settled: they are kept.\n")
        assert "none needs an eye\n" in (await command(run, "items")).out
        assert "nothing to settle" in (await command(run, "explain", "--settle", STANDBY)).out
        await hal.say("flag: still unclear")
        assert 'flagged once: "still unclear"\n' in (await command(run, "items")).out
        told = (await command(run, "explain", STANDBY)).out
        assert '"the archive is meant" (this version, settled 20' in told
        assert '"still unclear" (this version, open)' in told


async def test_answers_and_flags_follow_a_new_id_and_stay_with_their_text(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    async with world(tmp_path, folder) as made:
        for n in range(6):
            await meets_the_standby(made, f"u{n}", "the standby server", *(["flag: unclear"] if n == 0 else []))
    await command(run, "rename", STANDBY, "ft-spare")
    told = (await command(run, "explain", STANDBY)).out
    assert "\npractice/fault-tolerance#ft-spare · Fault Tolerance · choice, level 1\n" in told
    assert "Figures, of 6 learners" in told
    file = folder / "practices" / "fault-tolerance.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("the proxy server", "the relay server"), encoding="utf-8")
    told = (await command(run, "explain", "ft-spare")).out
    assert "Figures: too few. Fewer than 5 learners have met it first as it reads now." in told
    assert "6 met an older text of it first" in told
    assert '"unclear" (version ' in told
    file.write_text(text.replace("the proxy server", "The  proxy SERVER"), encoding="utf-8")
    assert "Figures, of 6 learners" in (await command(run, "explain", "ft-spare")).out


async def test_a_flagged_topic_and_what_is_gone(run: Run, folder: Path, tmp_path: Path) -> None:
    async with world(tmp_path, folder) as made:
        ann = made.learner()
        await ann.command("start")
        await ann.say("what is scalability?")
        await ann.say("flag: out of date")
        await meets_the_standby(made, "bob", "I don't know", "flag: \x1b[31mred")
    file = folder / "practices" / "fault-tolerance.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("id: ft-standby", "id: ft-other"), encoding="utf-8")
    listed = (await command(run, "items")).out
    assert '\nTopics flagged\n  practice/scalability: once: "out of date"\n' in listed
    assert f"\nFlagged, and no longer in the base\n  {STANDBY}: once: " in listed
    assert "\x1b" not in listed
    assert "Topics flagged" not in (await command(run, "items", "--topic", "fault-tolerance")).out
    rows = [json.loads(line) for line in (await command(run, "items", "--json")).out.splitlines()]
    assert [row.get("topic") or row.get("gone") for row in rows] == [STANDBY, "practice/scalability"]
    assert "1 flag settled: it is kept." in (await command(run, "explain", "scalability", "--settle")).out
    assert "is no longer in the base" in (await command(run, "explain", STANDBY, "--settle")).out
    assert (await command(run, "items")).out.endswith("too few to say anything\n")


def test_an_item_in_full_before_anybody_answered(run: Run, folder: Path, tmp_path: Path) -> None:
    """A typed one that waives a rule, has a twin, and lies where the first line says."""
    assert run("db", "upgrade").code == 0
    file = folder / "practices" / "fault-tolerance.yaml"
    more = [
        "  - id: ft-twin",
        "    kind: text",
        "    level: 3",
        "    waive: {stem-twin: both spellings are asked for}",
        "    ask: What is it called when a component exists more than twice so that two may fail?",
        "    answer: redundancy",
        "    explain: The same.",
    ]
    file.write_text(file.read_text(encoding="utf-8") + "\n".join([*more, ""]), encoding="utf-8")
    place, *lines = run("knowledge", "explain", "ft-redundancy").out.splitlines()
    assert place.startswith("base/practices/fault-tolerance.yaml:")
    number = int(place.rpartition(":")[2])
    assert "id: ft-redundancy" in file.read_text(encoding="utf-8").splitlines()[number - 1]
    assert lines == [
        "practice/fault-tolerance#ft-redundancy · Fault Tolerance · text, level 1",
        "",
        "asks     What is it called when a component exists more than once so that one may fail?",
        "answer   redundancy",
        "accepts  redundant components",
        "hint     It begins with r.",
        "explains The spare does nothing until it is everything.",
        "",
        "Not on the list: too few answers, and no open flag",
        "",
        "Figures: too few. Fewer than 5 learners have met it first as it reads now.",
        "",
        "Asks nearly the same",
        "  - practice/fault-tolerance#ft-twin: What is it called when a component exists more than twice",
        "    so that two may fail?",
    ]
    assert "waives   stem-twin: both spellings are asked for\n" in run("knowledge", "explain", "ft-twin").out
    assert "base/practices/fault-tolerance.yaml\n" in run("knowledge", "explain", "fault-tolerance").out


# --- simulated learners, on a base of 30 items


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a base, of a topic with 30 choice items, three of them bad, and the database of 600 learners."""
    folder = tmp_path_factory.mktemp("prepared")
    write_base(folder / "simulated")
    fill(f"sqlite:///{folder / 'simulated.db'}", folder / "simulated")
    return folder


@pytest.fixture
def simulated(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The base that the commands use, with a database beside it."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("TUTOR_DATABASE_URL", f"sqlite:///{tmp_path / 'simulated.db'}")
    monkeypatch.setenv("TUTOR_KNOWLEDGE_DIR", str(tmp_path / "simulated"))
    return tmp_path / "simulated"


def write_base(folder: Path) -> None:
    (folder / "skills").mkdir(parents=True)
    (folder / "base.yaml").write_text("title: Simulated\n", encoding="utf-8")
    lines = ["kind: skill", "id: subject", "title: Subject", "summary: A subject.", "quiz:"]
    for n in range(30):
        item = choice(f"item{n:02}")
        lines += [f"  - id: {item.id}", "    kind: choice", f"    ask: What is {item.id}, of all {n} things?"]
        lines += ["    options:", f"      - {{text: {item.options[0].text}, right: true}}"]
        lines += [f"      - {{text: {option.text}}}" for option in item.options[1:]]
    (folder / "skills" / "subject.yaml").write_text("\n".join([*lines, ""]), encoding="utf-8")


def fill(url: str, folder: Path) -> None:
    library = load(folder)
    faults: dict[str, Fault] = dict(zip(library.items, ("miskeyed", "dead", "blunt"), strict=False))
    db = Database(url)
    db.upgrade()
    with db.begin() as conn:
        for me, log in enumerate(learners(library, 600, 20, faults, seed=4), 1):
            store(conn, library, me, log)
        conn.execute(insert(FLAG).values(item="skill/subject#item07", note="unclear", version="x", at=START))
    db.close()


def test_a_list_worst_first(run: Run, simulated: Path) -> None:
    listed = run("knowledge", "items").out.splitlines()
    assert listed[0].startswith("30 quiz items: ")
    heads = [line.split()[1] for line in listed if line[:1].isdigit() and line.split()[0].endswith(".")]
    assert heads[:2] == ["skill/subject#item00", "skill/subject#item07"]
    assert {"skill/subject#item01", "skill/subject#item02"} <= set(heads)
    first = " ".join(" ".join(listed).split()).partition(" 2. ")[0]
    assert " - key suspect: " in first
    assert "the key; those who know more choose the former" in first
    assert '    - nobody picks "other item01"' in listed
    assert any("does not tell the knowing from the guessing" in line for line in listed)

    rows = [json.loads(line) for line in run("knowledge", "items", "--json").out.splitlines()]
    assert [row["item"] for row in rows] == heads
    assert rows[0]["reasons"][0]["code"] == "key-suspect"
    assert rows[0]["figures"]["discrimination"]["high"] < 0
    assert rows[1]["flags"] == [{"note": "unclear", "version": "x", "at": START.isoformat(), "settled": None}]
    short = run("knowledge", "items", "--worst", "1").out
    assert f"30 quiz items: {len(heads)} need an eye, the worst 1 is shown\n" in short
    assert "item07" not in short

    told = run("knowledge", "explain", "item00").out
    assert "Those who know more get it wrong more often. Check the key first" in " ".join(told.split())
    assert "Lean: do those who choose it know more" in told


def test_ids_that_are_not_there(run: Run, simulated: Path) -> None:
    wrong = run("knowledge", "explain", "skill/subject#itm00")
    assert wrong.code == 2
    assert wrong.err.startswith("tutor: there is no item skill/subject#itm00: did you mean skill/subject#item00")
    assert "did you mean skill/subject#item07" in run("knowledge", "explain", "itm07").err
    assert "tutor knowledge explain TOPIC lists" in run("knowledge", "explain", "zzz\x1b[31m").err
    topic = run("knowledge", "items", "--topic", "subjct")
    assert (topic.code, topic.err) == (2, 'tutor: there is no one topic subjct: did you mean "skill/subject"?\n')
    listed = run("knowledge", "explain", "subject").out.splitlines()
    assert listed[1] == "skill/subject · Subject · a topic"
    assert len([line for line in listed if line.startswith("skill/subject#")]) == 30


def test_a_real_process_and_what_it_cannot_do(simulated: Path, tmp_path: Path) -> None:
    settings = {"TUTOR_KNOWLEDGE_DIR": str(simulated), "TUTOR_CACHE_DIR": str(tmp_path / "cache")}
    settings["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")
    database = {"TUTOR_DATABASE_URL": f"sqlite:///{tmp_path / 'simulated.db'}"}
    done = tutor(tmp_path, "knowledge", "items", "--json", **settings, **database)
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out.splitlines()[0])["item"] == "skill/subject#item00"
    none = tutor(tmp_path, "knowledge", "items", **settings, TUTOR_DATABASE_URL="sqlite:///none.db")
    assert (none.code, none.out) == (2, "")
    assert "none.db: there is no database yet. Run `tutor db upgrade`." in none.err
    broken = tutor(tmp_path, "knowledge", "explain", "item00", "--knowledge", str(BROKEN), **settings, **database)
    assert (broken.code, broken.out) == (2, "")
    assert "error[" in broken.err
    (tmp_path / "torn.db").write_bytes((tmp_path / "simulated.db").read_bytes()[:200_000])
    torn = tutor(tmp_path, "knowledge", "items", **settings, TUTOR_DATABASE_URL="sqlite:///torn.db")
    assert torn.code == 2
    assert torn.err.startswith("tutor: torn.db")
    assert "Traceback" not in torn.err


@pytest.fixture
def postgres(server: Callable[[], str]) -> Iterator[str]:
    with postgres_database(server()) as url:
        yield url


def test_the_same_on_postgresql(run: Run, simulated: Path, postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(postgres, simulated)
    lite = run("knowledge", "items").out, run("knowledge", "explain", "item00").out
    monkeypatch.setenv("TUTOR_DATABASE_URL", postgres)
    assert (run("knowledge", "items").out, run("knowledge", "explain", "item00").out) == lite
    assert "1 flag settled" in run("knowledge", "explain", "item07", "--settle").out
    assert "flagged" not in run("knowledge", "items").out
