"""The bases and questions that search is measured on.

A base is named by a word or a path: `shipped`; `clinc150` and `banking77`, which lie in sets/ with their licences; a
knowledge folder; or a JSON file {topic: [phrases]}.
`python -m benchmarks.search_sets BASE FOLDER` writes a base out as a knowledge folder.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from random import Random

from adapters.config import CONTENT
from benchmarks.search_peers import Phrases
from knowledge.loader import load
from knowledge.model import Base, Library, Topic
from knowledge.search.evaluate import Question
from knowledge.search.questions import SUFFIXES, TopicIds, read_questions

SETS = Path(__file__).parent / "sets"
GOLDEN = Path(__file__).parents[1] / "tests" / "golden"
SHIPPED = "shipped"
TYPO = "_typo"  # ends the name of a set whose questions are misspelt
# what `make bench` asks of each base
DEFAULT = {
    SHIPPED: ("article", "article_typo", "golden", "golden_typo"),
    "clinc150": ("clinc150", "clinc150_typo"),
    "banking77": ("banking77", "banking77_typo"),
}
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")  # neighbours on a keyboard, for misspelling


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions asked of one base."""

    name: str
    questions: tuple[Question, ...]


@lru_cache(maxsize=4)
def base(name: str) -> Phrases:
    """The base of this name or path."""
    if name == SHIPPED:
        return Phrases(name, load(CONTENT))
    path = SETS / f"{name}.json.gz" if name in DEFAULT else Path(name)
    if path.is_dir():
        return Phrases(path.name, load(path))
    return Phrases(path.name.split(".")[0], library_of(json.loads(_read(path))))


def questions(name: str, asked: Phrases) -> QuestionSet:
    """The question set of this name or path, for this base; a set NAME that exists answers to NAME_typo too.

    Raises:
        ValueError: a file holds something else than questions about this base.
    """
    ids = TopicIds(asked.library)
    if name == "golden":
        files = sorted(path for path in GOLDEN.iterdir() if path.suffix in SUFFIXES)
        return QuestionSet(name, tuple(question for path in files for question in _questions(path, ids)))
    vendored = (SETS / f"{name}.jsonl", SETS / f"{name}.jsonl.gz")
    path = next((path for path in vendored if path.is_file()), Path(name))
    if name.endswith(TYPO) and not path.is_file():
        return misspelt(questions(name.removesuffix(TYPO), asked))
    return QuestionSet(path.name.split(".")[0], tuple(_questions(path, ids)))


def _questions(path: Path, ids: TopicIds) -> Sequence[Question]:
    file = read_questions(path.name.removesuffix(".gz"), _read(path), ids)
    wrong = [problem for problem in file.problems if problem.severity == "error"]
    if wrong:
        raise ValueError(f"{path}, line {wrong[0].line}: {wrong[0].message}")
    return file.questions


def misspelt(given: QuestionSet) -> QuestionSet:
    """The same questions with one or two edits and a merged or split word each, the same ones every time."""
    changed = (replace(question, text=misspell(question.text, Random(question.text))) for question in given.questions)
    return QuestionSet(given.name + TYPO, tuple(changed))


def misspell(text: str, chance: Random) -> str:
    """One or two edits of words of three letters or more, and one word merged with the next or split."""
    words = text.split()
    for _ in range(chance.choice((1, 2))):
        at = chance.choice([at for at, word in enumerate(words) if len(word) > 2] or [0])
        if words:
            words[at] = _edited(words[at], chance)
    at = chance.randrange(len(words)) if words else 0
    if at + 1 < len(words) and chance.random() < 0.5:
        words[at : at + 2] = [words[at] + words[at + 1]]
    elif words and len(words[at]) > 3:
        cut = chance.randrange(2, len(words[at]) - 1)
        words[at : at + 1] = [words[at][:cut], words[at][cut:]]
    return " ".join(words)


def _edited(word: str, chance: Random) -> str:
    at = chance.randrange(len(word))
    match chance.choice(("insert", "delete", "replace", "swap")):
        case "insert":
            return word[:at] + _neighbour(word[at], chance) + word[at:]
        case "delete":
            return word[:at] + word[at + 1 :]
        case "replace":
            return word[:at] + _neighbour(word[at], chance) + word[at + 1 :]
        case _:
            return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :] if at else word[1:2] + word[0] + word[2:]


def _neighbour(letter: str, chance: Random) -> str:
    row = next((row for row in ROWS if letter.lower() in row), "etaoin")
    at = row.find(letter.lower())
    return chance.choice(row[max(0, at - 1) : at] + row[at + 1 : at + 2])


def slug(name: str) -> str:
    """A topic's own id from the name of an intent."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def library_of(phrases: Mapping[str, Sequence[str]]) -> Library:
    """A library that knows nothing but these phrases: the first is the title, the others are questions."""
    topics = [
        Topic(f"concept/{slug(name)}", "concept", title, "-", questions=tuple(others))
        for name, (title, *others) in phrases.items()
    ]
    topics.sort(key=lambda topic: (topic.title.casefold(), topic.id))  # the loader's order
    by_id = {topic.id: topic for topic in topics}
    version = hashlib.sha256(repr(topics).encode()).hexdigest()[:16]
    return Library(Base("Questions"), by_id, {}, {}, {}, {}, {}, version)


def write(library: Library, folder: Path) -> None:
    """Write the titles and questions of a library of concepts as a knowledge folder."""
    (folder / "concepts").mkdir(parents=True, exist_ok=True)
    (folder / "base.yaml").write_text(f"title: {library.base.title}\nlanguage: en\n", encoding="utf-8")
    for topic in library.topics.values():
        kind, own = topic.id.split("/")
        record = {"kind": kind, "id": own, "title": topic.title, "summary": topic.summary}
        text = json.dumps(record | {"questions": list(topic.questions)}, ensure_ascii=False, indent=1)  # JSON is YAML
        (folder / "concepts" / f"{own}.yaml").write_text(text + "\n", encoding="utf-8")


def _read(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


if __name__ == "__main__":
    write(base(sys.argv[1]).library, Path(sys.argv[2]))
