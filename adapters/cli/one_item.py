"""`tutor knowledge explain`: one quiz item in full, with what each figure means and what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from adapters.cli.columns import aligned, one_line, wrapped
from adapters.cli.items import Evidence, evidence, told
from adapters.cli.library import display_path, reported
from adapters.cli.store import database
from bot.store.queries.flags import Flagged, settle
from knowledge.draft import Draft
from knowledge.errors import KnowledgeError, TutorError
from knowledge.loader import Survey, look
from knowledge.model import Item, Library
from knowledge.search.questions import TopicIds
from knowledge.workshop.figures import FEW, LEARNERS_MIN, REST_MIN, Figures
from knowledge.workshop.grouping import SPELLED_ALIKE
from knowledge.workshop.intervals import Correlation, Share
from knowledge.workshop.reasons import EASY, HARD, POOR, UNUSED, percent, quoted, reasons

NEAR = 3  # ids that a wrong one may have meant, and questions that are alike
NEAR_ENOUGH = 0.6  # likeness of two ids, as knowledge.names has it
NOTE = 600  # characters of a learner's note
INDENT = 2


def explain(folder: Path, wanted: str, *, settling: bool) -> None:
    """Print all there is to know of an item, or of what was flagged; with `settling` its flags are dealt with."""
    with reported(folder):
        survey = look(folder)
        if survey.library is None:
            raise KnowledgeError(survey.problems)
    library = survey.library
    found = evidence(library)
    about = meant(library, wanted, found.flags)
    if about in library.items:
        lines = list(_item(survey, library, library.items[about], found, display_path(folder)))
    else:
        lines = list(_elsewhere(survey, library, about, found, display_path(folder)))
    sys.stdout.write("\n".join(lines) + "\n")
    if settling:
        _settle(found.open(about))


def _settle(open_flags: Sequence[Flagged]) -> None:
    """Note that these flags were dealt with; they stay, and stand in `explain` from now on only."""
    if not open_flags:
        sys.stdout.write("\nNo open flag: nothing to settle.\n")
        return
    with database() as db, db.explained(), db.begin() as conn:
        settle(conn, [flag.id for flag in open_flags], datetime.now(UTC))
    one = len(open_flags) == 1
    sys.stdout.write(f"\n{len(open_flags)} flag{'' if one else 's'} settled: {'it is' if one else 'they are'} kept.\n")


def meant(library: Library, wanted: str, flagged: Iterable[str] = ()) -> str:
    """What an id means: an item's key, its own id where one topic has it, a former key, a topic, or what was flagged.

    Raises:
        TutorError: there is none, or several; the message names what may have been meant.
    """
    key = library.moved_items.get(wanted, wanted)
    if key in library.items:
        return key
    own = [key for key, item in library.items.items() if wanted in (item.id, key.partition("/")[2])]
    if len(own) == 1:
        return own[0]
    if own:
        raise TutorError(f"several topics have an item {wanted}: {', '.join(own)}")
    topics = TopicIds(library).meant(wanted)
    if len(topics) == 1:
        return topics[0]
    if wanted in flagged:
        return wanted
    near = _near(library, wanted)
    help = f"did you mean {' or '.join(near)}?" if near else "tutor knowledge explain TOPIC lists a topic's items"
    raise TutorError(f"there is no item {one_line(wanted, 120)}: {help}")


def _near(library: Library, wanted: str) -> list[str]:
    """The items whose keys, or own ids, are most like a wrong one."""
    wanted = wanted[:120]
    topic, _, own = wanted.rpartition("#")
    likeness = {
        key: max(
            OSA.normalized_similarity(wanted, key),
            OSA.normalized_similarity(own, item.id) if not topic else 0.0,
        )
        for key, item in library.items.items()
    }
    best = sorted(likeness, key=lambda key: (-likeness[key], key))[:NEAR]
    return [key for key in best if likeness[key] >= NEAR_ENOUGH]


# --- one item


def _item(survey: Survey, library: Library, item: Item, found: Evidence, root: str) -> Iterator[str]:
    draft = next(draft for draft in survey.drafts if draft.id == item.topic)
    n = next(n for n, entry in draft.each("quiz") if entry["id"] == item.id)
    figures, flags = found.figures[item.key], found.flags.get(item.key, ())
    yield f"{root}{draft.sheet.path}:{draft.sheet.problem('', '', ('quiz', n)).line}"
    yield f"{item.key} · {library.topics[item.topic].title} · {item.kind}, level {item.level}"
    yield ""
    yield from _shown(item)
    for code, why in (draft.values["quiz"][n].get("waive") or {}).items():
        yield from wrapped("waives   ", f"{code}: {why}", 9)
    yield from _why(figures, [flag.note for flag in found.open(item.key)])
    yield from _figures(figures)
    yield from _options(figures)
    yield from _flags(flags, library.version)
    yield from _alike(library, item)


def _shown(item: Item) -> Iterator[str]:
    """The item as learners meet it; its options are shuffled for each of them, and a star marks the key."""
    yield from wrapped("asks     ", item.ask, 9)
    for option in item.options:
        why = f": {option.why}" if option.why else ""
        yield from wrapped("       * " if option.right else "         ", f"{option.text}{why}", 9)
    if item.answer:
        yield from wrapped("answer   ", item.answer, 9)
    if item.accept:
        yield from wrapped("accepts  ", " | ".join(item.accept), 9)
    if item.hint:
        yield from wrapped("hint     ", item.hint, 9)
    if item.explain:
        yield from wrapped("explains ", " ".join(item.explain.split()), 9)


def _why(figures: Figures, notes: Sequence[str]) -> Iterator[str]:
    found = reasons(figures, notes)
    yield ""
    if not found and figures.known is None:
        yield "Not on the list: too few answers, and no open flag"
    elif not found:
        yield "Not on the list: neither answers nor flags say that it needs an eye"
    if not found:
        return
    yield "On the list, because"
    for reason in found:
        yield from wrapped("  - ", one_line(reason.text, 600), 4)


def _figures(figures: Figures) -> Iterator[str]:
    yield ""
    if figures.known is None:
        yield f"Figures: too few. Fewer than {FEW} learners have met it first as it reads now."
        if figures.older >= FEW:
            yield f"  {figures.older:,} met an older text of it first; what they answered says nothing of this one."
        return
    yield f"Figures, of {figures.learners:,} learners who met it first as it reads now"
    if figures.older >= FEW:
        older = f"{figures.older:,} more met an older text first, and are left out: it was another question then."
        yield from wrapped("  ", older, INDENT)
    for name, value, meaning in _meanings(figures):
        yield from wrapped(f"  {name}", value, 26)
        yield from wrapped("", meaning, 4)


def _meanings(figures: Figures) -> Iterator[tuple[str, str, str]]:
    """Each figure: its name, its value, and what it means and asks for."""
    yield "right at first sight", told_between(figures.known), _difficulty(figures.known)
    apart = figures.discrimination
    if apart is None:
        text = (
            f"it takes {LEARNERS_MIN} learners with {REST_MIN} other answers each, and some of them right, some wrong."
        )
        yield "tells apart", "too few answers", f"Whether those who know more get it right more often: {text}"
    else:
        yield "tells apart", f"{apart.r:.2f} ({apart.low:.2f} to {apart.high:.2f})", _discrimination(apart)
    unknown = "They said so rather than guess. Where many do, the topic may not prepare for it: does its text say it?"
    yield "I don't know", told(figures.unknown), unknown
    guessed = 'Right, and "I guessed". They count as not knowing. Where many do, the wrong options give the key away.'
    yield "guessed", told(figures.guessed), guessed
    yield "with the hint", told(figures.hinted), "Where most need it, the question may be unclear by itself."
    if figures.lapsed is None:
        yield "lost again", "too few answers", "How often it is lost after it was known."
    else:
        value = f"{percent(figures.lapsed)} of {figures.lapsed.of:,} later answers"
        lost = f"After it was known; the spacing reckons with {100 * figures.expected:.0f} %. Far more: two things are "
        yield (
            "lost again",
            value,
            f"{lost}taken for each other, or there is nothing to hold on to. Ask for less at once.",
        )
    yield (
        "median time",
        f"{figures.seconds} s",
        "From question to answer, breaks included. Far more than others take: it is hard to read.",
    )
    yield "answers", f"{figures.answers:,}", "All that count, repetitions included; what was undone does not."


def told_between(share: Share | None) -> str:
    """A share with its interval."""
    return "too few" if share is None else f"{percent(share)} ({100 * share.low:.0f} to {100 * share.high:.0f})"


def _difficulty(known: Share | None) -> str:
    if known is None:
        return ""
    if known.low >= EASY:
        return "Nearly everybody knows it already. Keep it if it opens the topic; else ask for more than the name."
    if known.high < HARD:
        return "Hardly anybody knows it. Is the key right, are all good spellings accepted, does the topic teach it?"
    return "Neither too easy nor too hard, as far as the numbers go."


def _discrimination(apart: Correlation) -> str:
    if apart.high < 0:
        return "Those who know more get it wrong more often. Check the key first, then whether it can be read two ways."
    if apart.high < POOR:
        return "Who knows the rest knows this no more often: guessed, unclear, or about something else. Write it anew."
    if apart.low < POOR:
        return f"Not clear yet: it may lie below {POOR:.2f}, which is poor, or above. More answers will tell."
    return "Who knows the rest knows this more often. Nothing to do."


def _options(figures: Figures) -> Iterator[str]:
    if not figures.options:
        return
    yield ""
    yield "Options, as chosen at first sight"
    rows = [
        (
            f"{'*' if option.right else ' '} {one_line(option.text, 60)}",
            percent(option.chosen),
            "" if option.lean is None else f"{option.lean.r:+.2f}",
        )
        for option in figures.options
    ]
    yield from aligned([("", "chosen", "lean"), *rows] if any(row[2] for row in rows) else [("", "chosen"), *rows])
    lean = (
        "Lean: do those who choose it know more (+) or less (-)? The key should lean to +, a wrong option to -. "
        if any(row[2] for row in rows)
        else ""
    )
    unused = (
        f"A wrong option that fewer than {100 * UNUSED:.0f} % choose does no work: make it what people really mix up."
    )
    yield from wrapped("  ", f"{lean}{unused}", INDENT)


def _flags(flags: Sequence[Flagged], version: str) -> Iterator[str]:
    if not flags:
        return
    yield ""
    yield "Flags, newest last; nobody knows whose"
    for flag in [*(f for f in flags if f.settled), *(f for f in flags if f.settled is None)]:
        base = "this version" if flag.version == version else f"version {flag.version}"
        state = f"settled {flag.settled:%Y-%m-%d}" if flag.settled else "open"
        yield from wrapped(f"  {flag.at:%Y-%m-%d} ", f"{quoted(one_line(flag.note, NOTE))} ({base}, {state})", 13)


def _alike(library: Library, item: Item) -> Iterator[str]:
    """Questions that have nearly the same words: who knows one may be helped, or misled, by the other."""
    others = {key: other.ask.casefold() for key, other in library.items.items() if key != item.key}
    found = process.extract(
        item.ask.casefold(), others, scorer=fuzz.token_set_ratio, score_cutoff=SPELLED_ALIKE, limit=NEAR
    )
    if found:
        yield ""
        yield "Asks nearly the same"
        for _, _, key in found:
            yield from wrapped("  - ", f"{key}: {one_line(library.items[key].ask, 300)}", 4)


# --- topics, and what is gone


def _elsewhere(survey: Survey, library: Library, about: str, found: Evidence, root: str) -> Iterator[str]:
    topic = library.topics.get(about)
    if topic is None:
        yield f"{about} is no longer in the base"
    else:
        draft: Draft = next(draft for draft in survey.drafts if draft.id == about)
        yield f"{root}{draft.sheet.path}"
        yield f"{about} · {topic.title} · a topic"
    yield from _flags(found.flags.get(about, ()), library.version)
    if topic and topic.items:
        yield ""
        rows = [(item.key, told(found.figures[item.key].known), told(found.figures[item.key].discrimination))
                for item in topic.items]  # fmt: skip
        yield from aligned([("Its items", "right", "tells apart"), *rows], indent=0)


__all__ = ["explain", "meant"]
