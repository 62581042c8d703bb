"""A topic as it was read, before it is known whether the base holds: checks within one topic, and the model."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from knowledge.errors import Problem
from knowledge.markup import unwrap
from knowledge.model import FOLDERS, FULL_ID_MAX, ID_MAX, Base, Item, Need, Option, Source, Topic
from knowledge.names import normalise_name
from knowledge.reading import Sheet

_LETTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True, slots=True)
class Draft:
    """One topic file: its sheet and its values (knowledge.shape; None where a value could not be read)."""

    sheet: Sheet
    values: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The full id, "" while kind or id is missing."""
        kind, slug = self.values.get("kind"), self.values.get("id")
        return f"{kind}/{slug}" if kind and slug else ""

    def each(self, key: str) -> Iterator[tuple[int, Any]]:
        """The readable entries of a list, each with its place in the file's list."""
        return ((n, entry) for n, entry in enumerate(self.values.get(key) or ()) if entry is not None)


def option_ids(texts: Sequence[str]) -> tuple[str, ...]:
    """Stable ids for the options of one item: four characters of a hash of the casefolded text, more on a collision."""
    digests = [_digest(text) for text in texts]
    for length in (4, 5, 6):
        ids = tuple(digest[:length] for digest in digests)
        if len(set(ids)) == len(ids):
            return ids
    return tuple(f"{digest[:5]}{_LETTERS[n]}" for n, digest in enumerate(digests))


def _digest(text: str) -> str:
    number = int.from_bytes(hashlib.sha256(text.casefold().encode()).digest()[:8])
    digits = []
    for _ in range(6):
        number, rest = divmod(number, len(_LETTERS))
        digits.append(_LETTERS[rest])
    return "".join(digits)


def inspect(draft: Draft) -> Iterator[Problem]:
    """What is wrong within one topic, beyond the form of its values."""
    yield from _id(draft)
    yield from _names(draft)
    seen: dict[str, int] = {}
    for n, item in draft.each("quiz"):
        if item.get("id") in seen:
            message = f'a second item with the id "{item["id"]}"'
            help = f"quiz {seen[item['id']] + 1} has it already: give this one an id of its own"
            yield draft.sheet.problem("duplicate-item", message, ("quiz", n, "id"), help=help)
        elif item.get("id"):
            seen[item["id"]] = n
        yield from _item(draft, n, item)


def _id(draft: Draft) -> Iterator[Problem]:
    sheet, kind, slug = draft.sheet, draft.values.get("kind"), draft.values.get("id")
    folder, _, name = sheet.path.rpartition("/")
    if kind and folder != FOLDERS[kind]:
        help = f"move the file to {FOLDERS[kind]}/, or correct the kind"
        yield sheet.problem("wrong-folder", f"a {kind} does not belong in {folder}/", ("kind",), help=help)
    if slug and name != f"{slug}.yaml":
        help = f"rename the file to {slug}.yaml; an id that learners have progress on must not change"
        message = f'the file is not named after the id "{slug}"'
        yield sheet.problem("file-name", message, ("id",), help=help, severity="warning")
    if kind and slug and len(draft.id) > FULL_ID_MAX:
        most = min(ID_MAX, FULL_ID_MAX - len(kind) - 1)
        message = f"this id has {len(slug)} characters, {most} at most for a {kind}"
        yield sheet.problem("too-long", message, ("id",), help="shorten it: it travels in button payloads")


def _names(draft: Draft) -> Iterator[Problem]:
    for at, name in names(draft):
        if not normalise_name(name):
            help = "a name needs a letter or a digit, or nobody can ask for it"
            yield draft.sheet.problem("wrong-value", f'"{name[:60]}" is not a name', at, help=help)
    yield from _repeated(draft, "aliases", [(("title",), draft.values.get("title"))])
    for key in ("questions", "tests"):
        yield from _repeated(draft, key)


def names(draft: Draft) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The title and the aliases of a draft, each with the steps to its place."""
    if draft.values.get("title"):
        yield ("title",), draft.values["title"]
    for n, alias in draft.each("aliases"):
        yield ("aliases", n), alias


def _repeated(draft: Draft, key: str, before: Iterable[tuple[Any, str | None]] = ()) -> Iterator[Problem]:
    seen = {normalise_name(text) for _, text in before if text}
    for n, text in draft.each(key):
        folded = normalise_name(text)
        if folded in seen:
            message = f'"{text[:60]}" stands here twice'
            help = "delete it: capitals and punctuation make no difference"
            yield draft.sheet.problem("repeated", message, (key, n), help=help, severity="warning")
        seen.add(folded)


def _item(draft: Draft, n: int, item: Mapping[str, Any]) -> Iterator[Problem]:
    if item.get("kind") == "choice" and item.get("options"):
        yield from _options(draft, n, item)
    if item.get("kind") == "text" and item.get("answer") and not normalise_name(item["answer"]):
        help = "a typed answer needs a letter or a digit; use a choice item"
        yield draft.sheet.problem("wrong-value", "nobody can type this answer", ("quiz", n, "answer"), help=help)


def _options(draft: Draft, n: int, item: Mapping[str, Any]) -> Iterator[Problem]:
    options = [(i, option) for i, option in enumerate(item["options"]) if option]
    seen: dict[str, int] = {}
    for i, option in options:
        folded = (option.get("text") or "").casefold()
        if folded in seen:
            message = f"option {i + 1} says the same as option {seen[folded] + 1}"
            yield draft.sheet.problem("duplicate-option", message, ("quiz", n, "options", i, "text"), help="change one")
        elif folded:
            seen[folded] = i
    right = [i for i, option in options if option.get("right")]
    if (
        not options
        or len(options) < len(item["options"])
        or any("right" in o and o["right"] is None for _, o in options)
    ):
        return  # something could not be read: the count would be wrong
    if not right:
        help = "add right: true to the right one"
        yield draft.sheet.problem("right-option", "none of these options is right", ("quiz", n, "options"), help=help)
    for i in right[1:]:
        message = f"a second right option (the first is option {right[0] + 1})"
        help = "keep one: ask what is right, not what could be"
        yield draft.sheet.problem("right-option", message, ("quiz", n, "options", i, "right"), help=help, key=True)


def topic(draft: Draft) -> Topic:
    """The topic, from a draft without errors."""
    v = draft.values
    return Topic(
        id=draft.id,
        kind=v["kind"],
        title=v["title"],
        summary=v["summary"],
        aliases=v.get("aliases", ()),
        questions=v.get("questions", ()),
        details=unwrap(v.get("details", "")),
        part_of=v.get("part_of"),
        requires=v.get("requires", ()),
        related=v.get("related", ()),
        needs=tuple(Need(need["topic"], need["level"]) for need in v.get("needs", ())),
        steps=v.get("steps", ()),
        sources=tuple(Source(source["title"], source["url"]) for source in v.get("sources", ())),
        reviewed=v.get("reviewed"),
        tests=v.get("tests", ()),
        items=tuple(_build_item(draft.id, item) for item in v.get("quiz", ())),
        formerly=v.get("formerly", ()),
    )


def _build_item(topic: str, v: Mapping[str, Any]) -> Item:
    options = v.get("options", ())
    ids = option_ids([option["text"] for option in options])
    return Item(
        key=f"{topic}#{v['id']}",
        id=v["id"],
        topic=topic,
        kind=v["kind"],
        level=v.get("level", 1),
        ask=v["ask"],
        explain=v.get("explain", ""),
        hint=v.get("hint", ""),
        options=tuple(
            Option(id, option["text"], option.get("right", False), option.get("why", ""))
            for id, option in zip(ids, options, strict=True)
        ),
        answer=v.get("answer", ""),
        accept=v.get("accept", ()),
        negative=v.get("negative", False),
        formerly=v.get("formerly", ()),
    )


def base(values: Mapping[str, Any]) -> Base:
    """What base.yaml says, from values without errors."""
    return Base(values["title"], values.get("language", "en"), values.get("welcome", ""), values.get("examples", ()))
