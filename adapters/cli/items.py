"""`tutor knowledge items`: quiz items that need a curator's eye, worst first."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.cli.columns import aligned, one_line, wrapped
from adapters.cli.library import cache_dir, reported
from adapters.cli.store import database
from bot.store.queries.flags import Flagged, flags
from bot.store.queries.items import logs
from knowledge.cache import load_cached
from knowledge.errors import TutorError
from knowledge.model import Library
from knowledge.search.questions import TopicIds
from knowledge.workshop.figures import FEW, Figures, Tally
from knowledge.workshop.intervals import Correlation, Share
from knowledge.workshop.reasons import Suspect, percent, quoted, suspects, times

NOTES = 200  # characters of a note in a row


@dataclass(frozen=True, slots=True)
class Evidence:
    """What learners did with the items of a base, and what they said of them: flags by what they are about now."""

    figures: Mapping[str, Figures]
    flags: Mapping[str, Sequence[Flagged]]

    def open(self, about: str) -> list[Flagged]:
        """The flags that nobody has dealt with."""
        return [flag for flag in self.flags.get(about, ()) if flag.settled is None]


def evidence(library: Library) -> Evidence:
    """Read the whole review log of the database that the settings name, a learner at a time."""
    if sys.stderr.isatty():
        sys.stderr.write("Reading what learners answered ...\n")
    tally = Tally(library)
    said: defaultdict[str, list[Flagged]] = defaultdict(list)
    with database() as db:
        db.check()
        with db.explained(), db.read() as conn:
            for log in logs(conn):
                tally.add(log)
            for flag in flags(conn):
                said[called_now(library, flag.about)].append(flag)
    return Evidence(tally.figures(), said)


def called_now(library: Library, about: str) -> str:
    """The present id of an item or a topic; of one that is gone, the id it had."""
    if "#" in about:
        return library.moved_items.get(about, about)
    return library.moved_topics.get(about, about)


def show_items(folder: Path, topic: str, worst: int, *, as_json: bool) -> None:
    """Print the items that need an eye; with `topic` those of a topic and of the concepts that are part of it."""
    with reported(folder):
        library = load_cached(folder, cache_dir())
    within = _within(library, topic) if topic else None
    found = evidence(library)
    figures = {key: each for key, each in found.figures.items() if within is None or library.items[key].topic in within}
    listed = suspects(figures, {key: [flag.note for flag in found.open(key)] for key in found.flags})
    elsewhere = {
        about: found.open(about)
        for about in sorted(found.flags)
        if about not in library.items and found.open(about) and (within is None or about.partition("#")[0] in within)
    }
    if as_json:
        rows = [*(_record(library, one, found) for one in listed[:worst]), *_others(library, elsewhere)]
        sys.stdout.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        return
    lines = [*_summary(figures, len(listed), worst), *_table(library, listed[:worst])]
    sys.stdout.write("\n".join([*lines, *_told(library, elsewhere)]) + "\n")
    if listed or elsewhere:
        sys.stdout.write("\ntutor knowledge explain ITEM says more; with --settle its flags are dealt with.\n")


def _within(library: Library, wanted: str) -> set[str]:
    """The topic that an id means, and its concepts."""
    ids = TopicIds(library)
    meant = ids.meant(wanted)
    if len(meant) == 1:
        return {meant[0], *library.children.get(meant[0], ())}
    help = f"it may be {' or '.join(meant)}" if meant else ""
    help = help or (f'did you mean "{near}"?' if (near := ids.near(wanted)) else "tutor knowledge stats counts them")
    raise TutorError(f"there is no one topic {one_line(wanted, 80)}: {help}")


def _summary(figures: Mapping[str, Figures], listed: int, worst: int) -> Iterator[str]:
    few = sum(each.learners < FEW for each in figures.values())
    needs = f"{listed} need{'s' * (listed == 1)} an eye" if listed else "none needs an eye"
    shown = f", the worst {worst} {'is' if worst == 1 else 'are'} shown" if listed > worst else ""
    yield f"{len(figures)} quiz item{'s' * (len(figures) != 1)}: {needs}{shown}"
    if few:
        yield f"{few} {'was' if few == 1 else 'were'} answered by fewer than {FEW} learners: too few to say anything"


def _table(library: Library, listed: Sequence[Suspect]) -> Iterator[str]:
    if not listed:
        return
    head = ("", "", "learners", "right", "tells apart")
    rows = [
        (f"{n}.", one.key, count(one.figures.learners), told(one.figures.known), told(one.figures.discrimination))
        for n, one in enumerate(listed, 1)
    ]
    first, *others = aligned([head, *rows], indent=0, left=2)
    yield ""
    yield first
    for one, line in zip(listed, others, strict=True):
        yield line
        yield from wrapped("", quoted(one_line(library.items[one.key].ask, 300)), 4)
        for reason in one.reasons:
            yield from wrapped("    - ", one_line(reason.text, 600), 6)


def count(learners: int) -> str:
    """How many learners, unless they are so few that one might be known."""
    return f"{learners:,}" if learners >= FEW or not learners else f"under {FEW}"


def told(figure: Share | Correlation | None) -> str:
    """A figure of a table."""
    if figure is None:
        return "too few"
    return percent(figure) if isinstance(figure, Share) else f"{figure.r:.2f}"


def _told(library: Library, elsewhere: Mapping[str, Sequence[Flagged]]) -> Iterator[str]:
    """What was flagged and is no item of the base."""
    for heading, wanted in (("Topics flagged", True), ("Flagged, and no longer in the base", False)):
        rows = [(about, said) for about, said in elsewhere.items() if (about in library.topics) is wanted]
        if rows:
            yield ""
            yield heading
            for about, said in rows:
                notes = ", ".join(quoted(one_line(flag.note, NOTES)) for flag in said)
                yield from wrapped("", f"{about}: {times(len(said))}: {notes}", 2)


def _record(library: Library, one: Suspect, found: Evidence) -> dict[str, Any]:
    return {
        "item": one.key,
        "topic": library.items[one.key].topic,
        "ask": library.items[one.key].ask,
        "reasons": [{"code": reason.code, "text": reason.text} for reason in one.reasons],
        "flags": [flag_record(flag) for flag in found.open(one.key)],
        "figures": figures_record(one.figures),
    }


def _others(library: Library, elsewhere: Mapping[str, Sequence[Flagged]]) -> Iterator[dict[str, Any]]:
    for about, said in elsewhere.items():
        kind = "topic" if about in library.topics else "gone"
        yield {kind: about, "flags": [flag_record(flag) for flag in said]}


def flag_record(flag: Flagged) -> dict[str, Any]:
    """A flag as JSON."""
    settled = flag.settled.isoformat() if flag.settled else None
    return {"note": flag.note, "version": flag.version, "at": flag.at.isoformat(), "settled": settled}


def figures_record(figures: Figures) -> dict[str, Any]:
    """Figures as JSON; null where too few answered."""
    if figures.known is None:
        return {"learners": None}
    return {
        "learners": figures.learners,
        "older": figures.older if figures.older >= FEW or not figures.older else None,
        "answers": figures.answers,
        "right": _share(figures.known),
        "unknown": _share(figures.unknown),
        "guessed": _share(figures.guessed),
        "hinted": _share(figures.hinted),
        "seconds": figures.seconds,
        "lapsed": _share(figures.lapsed),
        "lapses_expected": round(figures.expected, 4) if figures.lapsed else None,
        "discrimination": _correlation(figures.discrimination),
        "options": [
            {"text": o.text, "right": o.right, "chosen": _share(o.chosen), "lean": _correlation(o.lean)}
            for o in figures.options
        ],
    }


def _share(share: Share | None) -> dict[str, float] | None:
    if share is None:
        return None
    return {"share": round(share.share, 4), "low": round(share.low, 4), "high": round(share.high, 4), "of": share.of}


def _correlation(found: Correlation | None) -> dict[str, float] | None:
    if found is None:
        return None
    return {"r": round(found.r, 4), "low": round(found.low, 4), "high": round(found.high, 4), "of": found.of}
