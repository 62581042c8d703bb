"""How engines grow with the base: `python -m benchmarks.search_growth [--sizes 150 1500 …]`.

The bases are made: a topic is a pair of words, its five phrases are questions of the vendored sets whose two rarest
words are replaced by the pair. A third of the topics have a coined word, the front of one and the back of another, so
that the vocabulary grows as real ones do. Topics are always the same: a smaller base is part of a larger one.
From 10,000 phrases the model is replaced by random directions while the base is built (4 ms a phrase otherwise); a
question then still costs a true embedding, but what is found says nothing, and is not shown.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from random import Random

from benchmarks.measure import Table, markdown, percentile, table
from benchmarks.search_alone import Alone, alone
from benchmarks.search_ours import ENGINES, MEANING, SYNTHETIC_FROM
from benchmarks.search_peers import Missing, Phrases
from benchmarks.search_sets import base, library_of, misspell, questions
from knowledge.search.evaluate import Outcome, Question, figures

SIZES = (150, 1_500, 15_000, 150_000)
EACH = 5  # phrases a topic
ASKED = 200  # questions, half of them about topics of the smallest base, half about nothing in it
LIMIT = 900.0  # seconds for one engine on one base
Frame = tuple[str, ...]  # a question's words, "" where the pair goes


@lru_cache(maxsize=1)
def _material() -> tuple[Sequence[Frame], Sequence[str]]:
    """Frames, and the words to fill them with, most frequent first."""
    texts = [
        question.text.lower().split()
        for name in ("clinc150", "banking77")
        for question in questions(name, base(name)).questions
    ]
    count = Counter(word for text in texts for word in text)
    frames = dict.fromkeys(_frame(text, count) for text in texts if 4 <= len(text) <= 14)
    words = [word for word, n in count.most_common() if n <= 40 and len(word) > 3 and word.isalpha()]
    return tuple(frames), words


def _frame(text: Sequence[str], count: Mapping[str, int]) -> Frame:
    rarest = sorted(range(len(text)), key=lambda at: (count[text[at]], at))[:2]
    return tuple("" if at in rarest else word for at, word in enumerate(text))


def _topic(number: int) -> tuple[list[str], Iterator[str]]:
    """The pair of words that a topic is about, and ways to ask for it, without end."""
    frames, words = _material()
    chance = Random(number)
    pair = [words[int(len(words) * chance.random() ** 1.5)] for _ in range(2)]
    if chance.random() < 1 / 3:
        front, back = chance.choice(words), chance.choice(words)
        pair[1] = front[: len(front) // 2 + 1] + back[len(back) // 2 :]

    def ways() -> Iterator[str]:
        while True:
            filling = iter(pair)
            yield " ".join(word or next(filling) for word in chance.choice(frames))

    return pair, ways()


def grown(size: int) -> Phrases:
    """A base of `size` phrases, five a topic."""
    phrases = {}
    for number in range(size // EACH):
        _, ways = _topic(number)
        phrases[f"topic {number}"] = [next(ways) for _ in range(EACH)]
    return Phrases(f"{size:,}", library_of(phrases))


def asked() -> list[Question]:
    """Questions that every size knows: new ways to ask for the first topics, every other misspelt, and foreign ones."""
    inside = []
    for number in range(SIZES[0] // EACH):
        _, ways = _topic(number)
        new = [next(ways) for _ in range(EACH + 4)][EACH:]
        texts = [misspell(text, Random(text)) if at % 2 else text for at, text in enumerate(new)]
        inside += [Question(text, frozenset({f"concept/topic-{number}"})) for text in texts]
    outside = [question for question in questions("article", base("shipped")).questions if question.expect]
    outside += questions("golden", base("shipped")).questions
    half = ASKED // 2
    return inside[:half] + [Question(question.text) for question in outside[:half]]


def growth(sizes: Sequence[int], names: Sequence[str]) -> Iterator[tuple[int, str, Alone | Missing]]:
    """Every engine on a base of every size, each in a process of its own."""
    texts = [question.text for question in asked()]
    for size in sizes:
        made = grown(size)
        for name in names:
            print(f"{size:,} phrases: {name}", file=sys.stderr, flush=True)
            try:
                yield size, name, alone(name, made, texts, LIMIT)
            except Missing as missing:
                yield size, name, missing


def show(sizes: Sequence[int] = SIZES, names: Sequence[str] = (), out: Table = table) -> None:
    """Print the tables of growth."""
    names = names or [engine.name for engine in ENGINES]
    measured = {(size, name): found for size, name, found in growth(sizes, names)}
    titles = {
        "time": f"growth: p50 / p99 in ms of {ASKED} questions, by phrases in the base (goal at 15,000: p50 5 ms)",
        "spent": "growth: the same, of the processor",
        "cost": "growth: seconds of the processor to build / MB of memory",
        "found": "growth: top-1 of the questions that the base covers, in percent",
    }
    for kind, title in titles.items():
        cells = [(name, *(_cell(kind, size, name, measured[size, name]) for size in sizes)) for name in names]
        out(title, ("engine", *(f"{size:,}" for size in sizes)), cells)
    stubbed = [name for name in names if name in MEANING]
    if stubbed and max(sizes) >= SYNTHETIC_FROM:
        print(f"\nFrom {SYNTHETIC_FROM:,} phrases on, phrases have random vectors, questions true ones:")
        print(", ".join(stubbed))


def _cell(kind: str, size: int, name: str, got: Alone | Missing) -> str:
    if isinstance(got, Missing):
        return str(got)
    if kind in ("time", "spent"):
        times = got.times if kind == "time" else got.spent
        return f"{percentile(times, 0.5):.2f} / {percentile(times, 0.99):.1f}"
    if kind == "cost":
        return f"{got.build:.1f} / {got.memory:.0f}"
    if size >= SYNTHETIC_FROM and name in MEANING:
        return "-"
    outcomes = [Outcome(q, f, ms) for q, f, ms in zip(asked(), got.found, got.times, strict=True)]
    return f"{figures(outcomes).top_1.percent}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="phrases")
    parser.add_argument("--engines", nargs="+", default=[], help="names of engines, all by default")
    parser.add_argument("--markdown", action="store_true", help="tables as the documents have them")
    given = parser.parse_args(arguments)
    show(given.sizes, given.engines, markdown if given.markdown else table)


if __name__ == "__main__":
    main()
