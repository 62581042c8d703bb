"""What search is compared with: engines that a user could pick, each in the setting that served it best.

Every peer reads the same phrases and questions (`plain`), ranks a topic by its best phrase, and is as sure as its top
score. Scores that grow with the question's length are divided by its root, which told in-scope from out-of-scope
questions best. Settings were tried on the very questions that are reported, in the peers' favour.

Importing this loads none of them: what an engine's libraries weigh counts as its own.
"""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.model import Found, Library, Match

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEW = 3  # topics that an engine must name, if it finds so many
Ask = Callable[[str], Found]


@dataclass(frozen=True, eq=False)
class Phrases:
    """A base as every engine gets it: the library, and its phrases (titles, aliases, questions) with their topics.

    `cache` is a folder where Tutor may keep what is costly to make; peers have none.
    """

    name: str
    library: Library
    cache: Path | None = None

    @cached_property
    def texts(self) -> tuple[str, ...]:
        return tuple(text for text, _ in self._pairs)

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """The topic of each of `texts`, by its full id."""
        return tuple(topic for _, topic in self._pairs)

    @cached_property
    def most(self) -> int:
        """How many phrases the topic with the most of them has."""
        return max(Counter(self.topics).values())

    @cached_property
    def _pairs(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            (text, topic.id)
            for topic in self.library.topics.values()
            for text in dict.fromkeys(map(plain, (topic.title, *topic.aliases, *topic.questions)))
            if text
        )


def plain(text: str) -> str:
    """What every peer reads: lower case, letters and digits, single blanks."""
    return " ".join(re.findall(r"[^\W_]+", text.lower().replace("'", "").replace("’", "")))


class Missing(Exception):
    """An engine that cannot be measured here; the message says why."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A way to search. `make` builds it for a base; `needs` are modules; `setting` is what a reader should know."""

    name: str
    make: Callable[[Phrases], Ask]
    setting: str
    needs: tuple[str, ...] = ()

    def build(self, base: Phrases) -> Ask:
        """The engine over this base.

        Raises:
            Missing: it is not installed.
        """
        for module in self.needs:
            if importlib.util.find_spec(module) is None:
                raise Missing(f"{module} is not installed")
        return self.make(base)


def by_best_phrase(base: Phrases, question: str, found: Iterable[tuple[int, float]], most: float = 1.0) -> Found:
    """What an engine makes of a question, from phrases (by number) with their scores, best first.

    The confidence is the top score over `most`; peers know no threshold, so that what they find is a suggestion.
    """
    scores: dict[str, float] = {}
    for phrase, score in found:
        scores.setdefault(base.topics[phrase], score / most)
    matches = tuple(Match(id, score, base.library.topics[id].part_of) for id, score in scores.items())
    return Found(question, "suggest", matches[0].score, matches) if matches else Found(question, "unknown", 0.0)


def enough(base: Phrases) -> int:
    """How many phrases surely belong to `FEW` topics."""
    return min(len(base.texts), (FEW - 1) * base.most + 1)


def wratio(base: Phrases) -> Ask:
    return _rapidfuzz(base, "WRatio")


def token_set_ratio(base: Phrases) -> Ask:
    return _rapidfuzz(base, "token_set_ratio")


def _rapidfuzz(base: Phrases, scorer: str) -> Ask:
    from rapidfuzz import fuzz, process

    score, texts, count = getattr(fuzz, scorer), base.texts, enough(base)

    def ask(question: str) -> Found:
        found = process.extract(plain(question), texts, scorer=score, limit=count)
        return by_best_phrase(base, question, ((number, value) for _, value, number in found), 100.0)

    return ask


def fts5(base: Phrases) -> Ask:
    import sqlite3

    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE phrase USING fts5(text, tokenize='trigram')")
    database.executemany("INSERT INTO phrase(rowid, text) VALUES (?, ?)", enumerate(base.texts))
    database.execute("INSERT INTO phrase(phrase) VALUES ('optimize')")
    count = enough(base)

    def ask(question: str) -> Found:
        trigrams = _trigrams(question)
        if not trigrams:
            return Found(question, "unknown", 0.0)
        any_of = " OR ".join(f'"{trigram}"' for trigram in trigrams)
        rows = database.execute("SELECT rowid, -rank FROM phrase(?) ORDER BY rank LIMIT ?", (any_of, count))
        return by_best_phrase(base, question, rows.fetchall(), len(trigrams) ** 0.5)

    return ask


def _trigrams(question: str) -> Sequence[str]:
    text = plain(question)
    return list(dict.fromkeys(text[at : at + 3] for at in range(len(text) - 2)))


def tantivy(base: Phrases) -> Ask:
    import tantivy as engine

    schema = engine.SchemaBuilder().add_text_field("text").add_unsigned_field("number", stored=True).build()
    index = engine.Index(schema)
    writer = index.writer(num_threads=1)
    for number, text in enumerate(base.texts):
        writer.add_document(engine.Document(text=text, number=number))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher, count = index.searcher(), enough(base)

    def ask(question: str) -> Found:
        any_of = []
        for word in plain(question).split():
            any_of.append((engine.Occur.Should, engine.Query.term_query(schema, "text", word)))
            if len(word) > 3:  # a fuzzy term scores 1 whatever its rarity
                near = engine.Query.fuzzy_term_query(schema, "text", word, distance=1 if len(word) < 8 else 2)
                any_of.append((engine.Occur.Should, near))
        hits = searcher.search(engine.Query.boolean_query(any_of), count, count=False).hits
        found = [(searcher.doc(address)["number"][0], score) for score, address in hits]
        return by_best_phrase(base, question, found, len(any_of) ** 0.5)

    return ask


def bm25s(base: Phrases) -> Ask:
    import bm25s as engine
    import numpy as np

    vocabulary: dict[str, int] = {}
    corpus = [[vocabulary.setdefault(word, len(vocabulary)) for word in text.split()] for text in base.texts]
    index = engine.BM25(method="lucene")
    index.index((corpus, vocabulary), show_progress=False)
    count = enough(base)

    def ask(question: str) -> Found:
        words = plain(question).split()
        known = [vocabulary[word] for word in dict.fromkeys(words) if word in vocabulary]
        if not known:
            return Found(question, "unknown", 0.0)
        scores = index.get_scores_from_ids(np.array(known, dtype=np.int32))
        return by_best_phrase(base, question, top(scores, count), len(words) ** 0.5)

    return ask


def tfidf(base: Phrases) -> Ask:
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, dtype=np.float32)
    rows = vectorizer.fit_transform(base.texts)
    by_gram, count = rows.T.tocsr(), enough(base)

    def ask(question: str) -> Found:
        asked = vectorizer.transform([plain(question)])
        return by_best_phrase(base, question, top((asked @ by_gram).toarray()[0], count))

    return ask


def top(scores: NDArray[np.float32], count: int) -> list[tuple[int, float]]:
    """The `count` best by number and score, best first, those at nought left out."""
    import numpy as np

    best = np.argpartition(-scores, count - 1)[:count] if count < len(scores) else np.arange(len(scores))
    best = best[np.argsort(-scores[best], kind="stable")]
    return [(int(at), float(scores[at])) for at in best if scores[at] > 0]


PEERS = (
    Engine("rapidfuzz WRatio", wratio, "process.extract over all phrases", ("rapidfuzz",)),
    Engine("rapidfuzz token_set_ratio", token_set_ratio, "process.extract over all phrases", ("rapidfuzz",)),
    Engine("SQLite FTS5 trigram", fts5, "in memory, any of the question's trigrams, bm25"),
    Engine("tantivy", tantivy, "BM25, any word or, from 4 letters, a word 1 edit off (from 8: 2)", ("tantivy",)),
    Engine("bm25s", bm25s, "method lucene, no stop words", ("bm25s",)),
    Engine("TF-IDF, characters", tfidf, "scikit-learn, 2- to 5-grams within words, sublinear", ("sklearn",)),
)
