"""The format of topic files and base.yaml, described once: the loader reads by it, the JSON Schema is made from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from knowledge.model import DETAILS_MAX, ID_MAX, KINDS, SUMMARY_MAX

SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"
FULL_ID = rf"({'|'.join(KINDS)})/{SLUG}"
TEXT_MAX = 1000  # characters: a bound for what nobody bounds otherwise, so that one text fits a message


@dataclass(frozen=True, slots=True)
class Words:
    """A text of at most `most` characters that matches `pattern` (`form` in messages); `lines` keeps line ends."""

    most: int = TEXT_MAX
    pattern: str = ""
    form: str = ""
    one_of: tuple[str, ...] = ()
    lines: bool = False


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `least` to `most`."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""


@dataclass(frozen=True, slots=True)
class Day:
    """A date, YYYY-MM-DD."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one type, with `least` to `most` entries (0: no limit). `one` is a flag that exactly one entry sets."""

    of: Type
    least: int = 0
    most: int = 0
    one: str = ""


@dataclass(frozen=True, slots=True)
class Reasons:
    """Rule codes, each with the reason why the rule is waived."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table. `only`: the kinds in which it may stand (none: all); `needed`: those that must have it."""

    type: Type
    help: str
    required: bool = False
    only: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping with known keys. `name` is what messages call it; its kind is the value of the key `kind`, if any."""

    name: str
    keys: Mapping[str, Key]

    def of_kind(self, kind: str) -> Iterator[tuple[str, Key]]:
        """The keys that a table of this kind may have."""
        return ((name, key) for name, key in self.keys.items() if not key.only or kind in key.only)


Type = Words | Whole | Flag | Day | ListOf | Reasons | Table

_TOPIC_ID = Words(pattern=FULL_ID, form="a full topic id such as practice/fault-tolerance")
_URL = Words(pattern=r"https?://[^\s/?#<>]+[^\s<>]*", form="a web address that begins with https://")
_ID = Words(most=ID_MAX, pattern=SLUG, form="an id: small letters a-z, digits and single hyphens")
_TEXTS = ListOf(Words())
_NOT_PATH = ("skill", "practice", "career", "concept")


def _table(name: str, keys: Mapping[str, Key]) -> Table:
    return Table(name, MappingProxyType(dict(keys)))


OPTION = _table(
    "option",
    {
        "text": Key(Words(), "What the button says. At most 75 characters.", required=True),
        "right": Key(Flag(), "true on exactly one option."),
        "why": Key(Words(lines=True), "Why it is right or wrong, shown after the answer."),
    },
)
ITEM = _table(
    "quiz item",
    {
        "id": Key(_ID, "Unique in the topic; learners' progress hangs on it, so it is never reused.", required=True),
        "kind": Key(
            Words(one_of=("choice", "text", "recall")),
            "choice: options, one right. text: a typed answer. recall: the answer is shown, the learner rates.",
            required=True,
        ),
        "level": Key(Whole(1, 3), "1 knows it, 2 has used it, 3 designs with it. 1 if absent."),
        "ask": Key(Words(), 'The question; it ends in "?" or holds the blank "____".', required=True),
        "hint": Key(Words(), "Helps without giving the answer away."),
        "options": Key(
            ListOf(OPTION, least=2, most=4, one="right"),
            "Three as a rule, one of them right: [{text: …, right: true, why: …}, …]. Shuffled when asked.",
            only=("choice",),
            needed=("choice",),
        ),
        "answer": Key(
            Words(), "The answer: typed (text) or shown (recall).", only=("text", "recall"), needed=("text", "recall")
        ),
        "accept": Key(_TEXTS, "Other spellings that count as right; typos are forgiven anyway.", only=("text",)),
        "explain": Key(Words(lines=True), "Why it is so, in at most 200 characters."),
        "negative": Key(Flag(), "true when the question asks for what is NOT so."),
        "formerly": Key(
            ListOf(Words(pattern=rf"({FULL_ID}#)?{SLUG}", form="an item id, or topic id + # + item id")),
            "Ids that this item had before; progress follows.",
        ),
        "waive": Key(Reasons(), "Item rules that do not apply here, each with the reason."),
    },
)
SOURCE = _table(
    "source",
    {
        "title": Key(Words(), "What the page or book is called.", required=True),
        "url": Key(_URL, "Where to read it.", required=True),
    },
)
NEED = _table(
    "need",
    {
        "topic": Key(_TOPIC_ID, "A skill, practice or concept.", required=True),
        "level": Key(Whole(1, 3), "1 knows it, 2 has used it, 3 designs with it.", required=True),
    },
)
TOPIC = _table(
    "topic",
    {
        "kind": Key(Words(one_of=KINDS), "What sort of topic this is; its folder follows from it.", required=True),
        "id": Key(_ID, "Unique in its kind and never reused; the file is named after it.", required=True),
        "title": Key(Words(), "What learners see.", required=True),
        "aliases": Key(_TEXTS, "Other names. A title or alias belongs to one topic only."),
        "questions": Key(_TEXTS, "How learners ask for it: six or more, in their words."),
        "summary": Key(Words(most=SUMMARY_MAX), "One or two sentences.", required=True),
        "details": Key(Words(most=DETAILS_MAX, lines=True), "More, in light Markdown."),
        "part_of": Key(_TOPIC_ID, "The skill, practice or career that names this concept.", only=("concept",)),
        "requires": Key(ListOf(_TOPIC_ID), "What to know first. No cycles.", only=_NOT_PATH),
        "related": Key(ListOf(_TOPIC_ID), "What else is near."),
        "needs": Key(ListOf(NEED), "What the job asks for.", only=("career",)),
        "steps": Key(ListOf(_TOPIC_ID, least=1), "The topics of a path, in order.", only=("path",), needed=("path",)),
        "sources": Key(ListOf(SOURCE), "Where the facts can be checked."),
        "reviewed": Key(Day(), "The day on which somebody last checked the facts."),
        "tests": Key(_TEXTS, "Questions that must lead here; searched for by the checks, not by the search."),
        "quiz": Key(ListOf(ITEM), "Three items or more.", only=_NOT_PATH),
        "formerly": Key(ListOf(_TOPIC_ID), "Full ids that this topic had before; progress follows."),
    },
)
BASE = _table(
    "base",
    {
        "title": Key(Words(), "What the base is called.", required=True),
        "language": Key(
            Words(pattern=r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", form="a language tag such as en or pt-BR"),
            "The language the base is written in. en if absent.",
        ),
        "welcome": Key(Words(lines=True), "The first line that a learner reads."),
        "examples": Key(_TEXTS, "Questions to offer at the first meeting."),
    },
)
