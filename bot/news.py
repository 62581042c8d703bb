"""What became of the knowledge base, in the words that its admins read: reloaded, or not and why, or in order again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from zoneinfo import ZoneInfo

from bot.wording import Words, join
from knowledge import report
from knowledge.errors import Problem
from knowledge.markup import Md, escape
from knowledge.model import Library
from knowledge.workshop.changes import Changes, changes

NAMES = 5  # named of each kind of change
PROBLEMS = 10  # told of all that a base has
LONGEST = 400  # characters of one problem
ASKING = frozenset({"questions", "aliases", "tests"})  # parts of a topic that say how it is asked for
VERSION = 8  # characters, of 16: enough to compare with the health page


@dataclass(frozen=True, slots=True)
class Served:
    """What a process serves, since when (aware UTC), and what is wrong with the files that it does not serve.

    `settled`: search has read what is served.
    """

    library: Library
    since: datetime
    problems: tuple[Problem, ...] = ()
    settled: bool = True

    @property
    def id(self) -> str:
        """The same in every process that sees the same files: the version, or a hash of all problems."""
        if not self.problems:
            return self.library.version
        return "!" + blake2b(repr(self.problems).encode(errors="replace"), digest_size=8).hexdigest()


def told(before: Served, after: Served, say: Words, zone: str, now: datetime) -> Md:
    """The news from `before` to `after` for an admin in `zone` (IANA, "" for UTC), at `now`."""
    if after.problems:
        return _broken(after, say, zone, now)
    if after.library.version == before.library.version:
        return say(
            "Knowledge in order again. Nothing changed: still serving the version of {time}.",
            time=_clock(after.since, zone, now),
        )
    version = after.library.version[:VERSION]
    if before.problems:
        head = say("Knowledge in order again and reloaded, version {version}.", version=version)
    else:
        head = say("Knowledge reloaded, version {version}.", version=version)
    lines = list(_changed(before.library, after.library, changes(before.library, after.library), say))
    lines = lines or [say("Nothing that learners notice.")]
    if not after.settled:
        lines.append(say("Search is still reading it: what is new is found once it has."))
    return _listed(head, lines)


def _listed(head: Md, lines: Iterable[Md]) -> Md:
    return join([head, *(Md(f"- {line}") for line in lines)], "\n")


# --- not reloaded


def _broken(now_served: Served, say: Words, zone: str, now: datetime) -> Md:
    problems = now_served.problems
    head = join(
        [
            say(
                "Knowledge not reloaded, still serving the version of {time}.",
                time=_clock(now_served.since, zone, now),
            ),
            say.many("{n} problem:", "{n} problems:", len(problems)),
        ]
    )
    lines = [_problem(problem) for problem in problems[:PROBLEMS]]
    if (more := len(problems) - PROBLEMS) > 0:
        lines.append(say("and {n} more: “tutor knowledge check” lists them all", n=more))
    return _listed(head, lines)


def _problem(problem: Problem) -> Md:
    """The place as code, for platforms make links of what looks like one; then what, and how to mend it."""
    whole, rest = report.one_line(problem), report.one_line(replace(problem, path="", line=0))
    place = whole.removesuffix(rest).strip()
    said = escape(rest if len(rest) <= LONGEST else rest[: LONGEST - 1] + "…")
    if not place:
        return said
    return Md(f"{escape(place) if '`' in place else f'`{place}`'} {said}")


def _clock(at: datetime, zone: str, now: datetime) -> str:
    """A moment on an admin's own clock; with its day, where that is not today."""
    local = ZoneInfo(zone or "UTC")
    there, today = at.astimezone(local), now.astimezone(local)
    text = f"{there:%H:%M}" if there.date() == today.date() else f"{there:%Y-%m-%d %H:%M}"
    return text if zone else f"{text} UTC"


# --- what changed


def _changed(then: Library, now: Library, found: Changes, say: Words) -> Iterator[Md]:
    """A line for each kind of change, the most noticeable first."""
    items = found.items or {}
    keys = [key for key, parts in items.items() if "key" in parts]
    topics = {id: parts for id, parts in (found.topics or {}).items() if list(parts) != ["tests"]}  # nobody notices
    asked = [id for id, parts in topics.items() if set(parts) <= ASKING]
    texts = [*(id for id in topics if id not in asked), *(now.items[key].topic for key in items if key not in keys)]
    if ids := found.new_topics:
        yield say.many(
            "{n} new topic: {names}", "{n} new topics: {names}", len(ids), names=_names(_titles(now, ids), say)
        )
    if ids := found.gone_topics:
        yield say.many(
            "{n} topic retired: {names}", "{n} topics retired: {names}", len(ids), names=_names(_titles(then, ids), say)
        )
    if moved := found.moved:
        names = _names([f"{old} → {new}" for old, new in moved.items()], say)
        yield say.many(
            "{n} id changed, progress follows: {names}",
            "{n} ids changed, progress follows: {names}",
            len(moved),
            names=names,
        )
    if keys:
        yield say.many(
            "{n} question has another right answer: {names}",
            "{n} questions have another right answer: {names}",
            len(keys),
            names=_names(keys, say),
        )
    if fresh := found.new_items:
        names = _names(_titles(now, [now.items[key].topic for key in fresh]), say)
        yield say.many("{n} new quiz item: {names}", "{n} new quiz items: {names}", len(fresh), names=names)
    if gone := found.gone_items:
        names = _names(_titles(then, [then.items[key].topic for key in gone]), say)
        yield say.many("{n} quiz item retired: {names}", "{n} quiz items retired: {names}", len(gone), names=names)
    if asked:
        names = _names(_titles(now, asked), say)
        yield say.many(
            "{n} topic with other ways to ask: {names}",
            "{n} topics with other ways to ask: {names}",
            len(asked),
            names=names,
        )
    if texts:
        names = _names(_titles(now, texts), say)
        yield say.many("{n} text changed: {names}", "{n} texts changed: {names}", len(texts), names=names)


def _titles(library: Library, ids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(library.topics[id].title for id in ids))


def _names(names: Sequence[str], say: Words) -> Md:
    """The first names, and how many more there are."""
    shown = escape(", ".join(names[:NAMES]))
    more = len(names) - NAMES
    return say("{names} and {n} more", names=shown, n=more) if more > 0 else shown
