"""How to write a good quiz item: rules that a program can hold, each a small function with a code.

After the item-writing flaws of the NBME, Haladyna 2002, Rodriguez 2005 and SuperMemo's rules; the thresholds are ours.
An item may waive a rule with a reason: `waive: {word-clue: the term is what is taught}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from knowledge.model import Item

STEM_MAX = 300
OPTION_MAX = 75
EXPLAIN_MAX = 200
EXPLAIN_LINES_MAX = 3
ANSWER_WORDS_MAX = 5
RIGHT_LENGTH_MAX = 1.3  # times the longest wrong option
BLANK = "____"
PLACEHOLDER = "TODO"  # what a new topic's file has where a text belongs

Step = str | int


class Finding(NamedTuple):
    """What a rule objects to: the steps from the item to the place, what is wrong, how to mend it."""

    at: tuple[Step, ...]
    message: str
    help: str


Rule = Callable[[Item], Iterator[Finding]]

_ALL_OF_THEM = re.compile(
    r"\b(all|none|both|any|neither) of (the above|these|them|the (other )?options)\b|^(all|none|both|neither)$"
    r"|^(options? )?\(?[a-d1-4]\)? (and|or) \(?[a-d1-4]\)?$",
    re.IGNORECASE,
)
_ABSOLUTE = re.compile(r"\b(always|never|usually|rarely)\b", re.IGNORECASE)
_NEGATIVE = re.compile(r"\b(not|except)\b", re.IGNORECASE)
_LEANING = re.compile(
    r"\b(which|what|one|any|all|none) of (the following|these|those|the below)\b|\bthe following\b", re.IGNORECASE
)
_LIST = re.compile(r"[,;]|\s(and/or|or)\s", re.IGNORECASE)
_NUMBER = re.compile(r"(?:about |some )?[<>~≈±]?\s*([-+]?[0-9][0-9,]*(?:\.[0-9]+)?)\s*(.*)")
_WORD = re.compile(r"[^\W\d_]{4,}")
_COMMON = frozenset(
    [
        "about",
        "above",
        "after",
        "again",
        "against",
        "also",
        "another",
        "because",
        "been",
        "before",
        "being",
        "below",
        "between",
        "both",
        "cannot",
        "could",
        "does",
        "doing",
        "done",
        "down",
        "during",
        "each",
        "either",
        "else",
        "even",
        "ever",
        "every",
        "from",
        "further",
        "gets",
        "give",
        "given",
        "goes",
        "have",
        "having",
        "here",
        "into",
        "itself",
        "just",
        "keep",
        "kept",
        "less",
        "like",
        "made",
        "make",
        "makes",
        "many",
        "mean",
        "means",
        "more",
        "most",
        "much",
        "must",
        "need",
        "needs",
        "once",
        "only",
        "other",
        "over",
        "part",
        "same",
        "should",
        "since",
        "some",
        "still",
        "such",
        "take",
        "takes",
        "than",
        "that",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "thing",
        "things",
        "this",
        "those",
        "through",
        "under",
        "until",
        "used",
        "uses",
        "using",
        "very",
        "want",
        "well",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "will",
        "with",
        "within",
        "without",
        "would",
        "your",
        "happens",
        "called",
        "name",
        "system",
        "systems",
    ]
)


def option_count(item: Item) -> Iterator[Finding]:
    """Three options, or four."""
    if item.kind == "choice" and len(item.options) < 3:
        yield Finding(
            ("options",), "only two options: every second guess is right", "add a third that learners might believe"
        )


def all_of_the_above(item: Item) -> Iterator[Finding]:
    """No option that speaks of other options; they are shuffled, too."""
    for n, option in enumerate(item.options):
        if _ALL_OF_THEM.search(option.text.rstrip(".")):
            help = "give it a content of its own: whoever knows two options knows this one"
            yield Finding(("options", n, "text"), f'"{option.text}" speaks of the other options', help)


def right_length(item: Item) -> Iterator[Finding]:
    """The right option does not stick out by its length."""
    if item.kind == "choice":
        right, longest = len(item.right_option.text), max(len(o.text) for o in item.options if not o.right)
        if right > RIGHT_LENGTH_MAX * longest:
            n = item.options.index(item.right_option)
            message = f"the right option has {right} characters, the longest wrong one {longest}"
            yield Finding(("options", n, "text"), message, "shorten it, or make a wrong one as detailed")


def absolute_word(item: Item) -> Iterator[Finding]:
    """No always, never, usually or rarely: test-wise learners know what these mean."""
    for n, option in enumerate(item.options):
        if found := _ABSOLUTE.search(option.text):
            message = f'"{found[0]}" in an option gives it away'
            yield Finding(("options", n, "text"), message, "say when, how often or how much instead")


def negative_stem(item: Item) -> Iterator[Finding]:
    """A question for what is not so is marked, and shows it in capitals."""
    if item.kind == "recall":
        return
    found = _NEGATIVE.search(item.ask)
    if found and not item.negative:
        help = f"ask what is so; or add negative: true and write {found[0].upper()}"
        yield Finding(("ask",), f'"{found[0]}" is easily overlooked', help)
    elif item.negative and not re.search(r"\b(NOT|EXCEPT)\b", item.ask):
        yield Finding(("ask",), "a negative question shows its NOT or EXCEPT in capitals", "write it in capitals")


def word_clue(item: Item) -> Iterator[Finding]:
    """The right option does not echo the question."""
    if item.kind == "choice":
        wrong = set().union(*(_content_words(o.text) for o in item.options if not o.right))
        clues = sorted((_content_words(item.ask) & _content_words(item.right_option.text)) - wrong)
        if clues:
            n = item.options.index(item.right_option)
            message = f'"{clues[0]}" stands in the question and in the right option only'
            yield Finding(("options", n, "text"), message, "use another word, or use it in a wrong option as well")


def _content_words(text: str) -> set[str]:
    words = (word.casefold() for word in _WORD.findall(text))
    return {word.removesuffix("s") for word in words if word not in _COMMON}


def option_style(item: Item) -> Iterator[Finding]:
    """Options look alike: first letters, end marks, units."""
    texts = [option.text for option in item.options]
    starts = {text[0].isupper() for text in texts if text[0].isalpha() and not text.split()[0][1:].isupper()}
    if len(starts) > 1:
        yield Finding(("options",), "some options begin with a capital, others do not", "write them alike")
    if len({text.endswith((".", "!", "?")) for text in texts}) > 1:
        yield Finding(("options",), "some options end with a full stop, others do not", "write them alike")
    numbers = [_NUMBER.fullmatch(text) for text in texts]
    if texts and all(numbers) and len({bool(number and number[2]) for number in numbers}) > 1:
        yield Finding(("options",), "some options have a unit, others do not", "give all of them a unit, or none")


def option_order(item: Item) -> Iterator[Finding]:
    """Options that are numbers stand in order."""
    numbers = numbers_of(item)
    if numbers not in (sorted(numbers), sorted(numbers)[::-1]):
        yield Finding(("options",), "these numbers are not in order", "sort them")


def numbers_of(item: Item) -> list[float]:
    """The options as numbers, in their order, where all of them are numbers with one unit; else nothing."""
    found = [_NUMBER.fullmatch(option.text) for option in item.options]
    units = {number[2] for number in found if number}
    return [float(n[1].replace(",", "")) for n in found if n] if all(found) and len(units) == 1 else []


def stem_form(item: Item) -> Iterator[Finding]:
    """The question is one, or holds a blank."""
    if not item.ask.endswith("?") and BLANK not in item.ask:
        yield Finding(("ask",), "this is not a question", f'end it in "?", or put {BLANK} where the answer belongs')


def stem_alone(item: Item) -> Iterator[Finding]:
    """The question can be answered without seeing the options."""
    if found := _LEANING.search(item.ask):
        help = "ask so that somebody who knows could answer without options"
        yield Finding(("ask",), f'"{found[0]}" leans on the options', help)


def stem_length(item: Item) -> Iterator[Finding]:
    """The question fits a poll."""
    if len(item.ask) > STEM_MAX:
        yield Finding(("ask",), f"the question has {len(item.ask)} characters, {STEM_MAX} at most", "shorten it")


def option_length(item: Item) -> Iterator[Finding]:
    """Options fit a button."""
    for n, option in enumerate(item.options):
        if len(option.text) > OPTION_MAX:
            message = f"this option has {len(option.text)} characters, {OPTION_MAX} at most"
            yield Finding(("options", n, "text"), message, "shorten it; the reason belongs in why")


def explain_length(item: Item) -> Iterator[Finding]:
    """The explanation fits a poll."""
    if len(item.explain) > EXPLAIN_MAX:
        message = f"the explanation has {len(item.explain)} characters, {EXPLAIN_MAX} at most"
        yield Finding(("explain",), message, "shorten it; the rest belongs in details")
    if len(item.explain.split("\n")) > EXPLAIN_LINES_MAX:
        yield Finding(("explain",), f"the explanation has more than {EXPLAIN_LINES_MAX} lines", "join some")


def answer_form(item: Item) -> Iterator[Finding]:
    """A typed answer is short and one thing."""
    if item.kind == "text":
        for at, text in spellings(item):
            if len(text.split()) > ANSWER_WORDS_MAX:
                message = f"this answer has {len(text.split())} words, {ANSWER_WORDS_MAX} at most"
                yield Finding(at, message, "ask for less, or make it a recall item")
            elif _LIST.search(text):
                yield Finding(
                    at, "this answer is a list: nobody types it so", "ask for one thing, or make it a recall item"
                )


def spellings(item: Item) -> Iterator[tuple[tuple[Step, ...], str]]:
    """The answer and the accepted spellings of a text item, each with the steps to its place."""
    yield ("answer",), item.answer
    yield from ((("accept", n), text) for n, text in enumerate(item.accept))


def no_explain(item: Item) -> Iterator[Finding]:
    """Every item explains its answer."""
    if not item.explain:
        yield Finding((), "this item explains nothing", "add explain: why the answer is right")


def no_why(item: Item) -> Iterator[Finding]:
    """Every option says why it is right or wrong."""
    for n, option in enumerate(item.options):
        if not option.why:
            help = "add why: what makes it wrong, or where it would be right"
            yield Finding(("options", n), f'"{option.text}" has no why', help)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "option-count": option_count,
        "all-of-the-above": all_of_the_above,
        "right-length": right_length,
        "absolute-word": absolute_word,
        "negative-stem": negative_stem,
        "word-clue": word_clue,
        "option-style": option_style,
        "option-order": option_order,
        "stem-form": stem_form,
        "stem-alone": stem_alone,
        "stem-length": stem_length,
        "option-length": option_length,
        "explain-length": explain_length,
        "answer-form": answer_form,
        "no-explain": no_explain,
        "no-why": no_why,
    }
)
# These two need the whole base: knowledge.check holds them.
CODES: tuple[str, ...] = (*RULES, "answer-clash", "stem-twin")
