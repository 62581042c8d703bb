"""What a published base should have, beyond what it needs to load: warnings, each with a place and a remedy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from knowledge import markup
from knowledge.draft import Draft, names
from knowledge.errors import Problem
from knowledge.likeness import fold
from knowledge.links import references
from knowledge.loader import Survey, in_order, look
from knowledge.model import Library, Topic
from knowledge.names import normalise_name
from knowledge.progress import Progress, told
from knowledge.reading import Step
from knowledge.rules import PLACEHOLDER, RULES, Finding, spellings
from knowledge.spelling import TERMS, misspelled
from knowledge.twins import twins

QUESTIONS_MIN = 6
ITEMS_MIN = 3
TITLE_MAX = 60  # characters: a title is a button's label, too
REVIEW_DAYS = 365
TWINS = 90  # fuzz.ratio of two stems that ask the same
_TRACKING = frozenset({"fbclid", "gclid", "mc_cid", "mc_eid", "igshid", "ref_src"})


def check(folder: Path, today: date, progress: Progress | None = None) -> Survey:
    """Everything that loading finds, and, where the base loads, what a published one should have.

    `today` is the day that reviews are counted from; `progress` hears how far it is. Never raises.
    """
    survey = look(folder, progress)
    if survey.library is None:
        return survey
    found = list(warnings(survey.library, survey.drafts, today, progress))
    found += misspelled(survey.library, survey.drafts, _terms(folder))
    return replace(survey, problems=in_order((*survey.problems, *found)))


def _terms(folder: Path) -> list[str]:
    """The words that a base adds to the dictionary."""
    try:
        lines = (folder / TERMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return [line for line in lines if not line.startswith("#")]


def warnings(
    library: Library, drafts: Sequence[Draft], today: date, progress: Progress | None = None
) -> Iterator[Problem]:
    """The warnings for a library and the drafts that it was made from."""
    waived: set[tuple[str, str]] = set()
    for draft in told(drafts, "Checking topics", progress):
        topic = library.topics[draft.id]
        yield from _completeness(draft, topic, today)
        yield from _markup(draft)
        for n, item in enumerate(topic.items):
            for code, rule in RULES.items():
                for finding in rule(item):
                    yield from _item_warning(draft, n, code, finding, waived)
    yield from _orphans(library, drafts)
    yield from _links(drafts)
    yield from _claimed(drafts)
    yield from _clashes(library, drafts, waived)
    yield from _twins(library, drafts, waived)
    yield from _unused_waivers(drafts, waived)


def _warning(draft: Draft, code: str, message: str, at: Sequence[Step], help: str) -> Problem:
    return draft.sheet.problem(code, message, at, help=help, severity="warning")


def _item_warning(draft: Draft, n: int, code: str, finding: Finding, waived: set[tuple[str, str]]) -> Iterator[Problem]:
    """The warning, unless the item waives the rule; a waiver that was needed is noted in `waived`."""
    if _waives(draft, n, code):
        waived.add((f"{draft.id}#{draft.values['quiz'][n]['id']}", code))
    else:
        help = f"{finding.help} (or waive: {{{code}: the reason}})"
        yield _warning(draft, code, finding.message, ("quiz", n, *finding.at), help)


def _waives(draft: Draft, n: int, code: str) -> bool:
    return code in (draft.values["quiz"][n].get("waive") or {})


def _completeness(draft: Draft, topic: Topic, today: date) -> Iterator[Problem]:
    if len(topic.title) > TITLE_MAX:
        message = f"this title has {len(topic.title)} characters: buttons show {TITLE_MAX}"
        yield _warning(draft, "title-length", message, ("title",), "shorten it; the long form can be a question")
    for key in ("summary", "details"):
        if PLACEHOLDER in (draft.values.get(key) or ""):
            message = f"{key} is still to be written"
            yield _warning(draft, "placeholder", message, (key,), f'write it, and delete "{PLACEHOLDER}"')
    if topic.kind == "path":
        return  # a path is made of topics that have all this
    for code, missing, message, help in (
        ("no-aliases", not topic.aliases, "no aliases", "add aliases: [what else it is called]"),
        ("no-details", not topic.details, "no details", "add details: | with what an answer to “More” says"),
        ("no-sources", not topic.sources, "no sources", "add sources: [{title: …, url: https://…}]"),
        ("no-part-of", topic.kind == "concept" and not topic.part_of, "this concept belongs to no topic",
         "add part_of: the skill, practice or career that names it"),
        ("no-needs", topic.kind == "career" and not topic.needs, "this career needs nothing",
         "add needs: [{topic: skill/…, level: 1}]"),
    ):  # fmt: skip
        if missing:
            yield _warning(draft, code, message, (), help)
    if len(topic.questions) < QUESTIONS_MIN:
        message = f"{len(topic.questions)} questions, {QUESTIONS_MIN} at least: search lives on them"
        yield _warning(draft, "few-questions", message, ("questions",), "add how learners would ask, in their words")
    if len(topic.items) < ITEMS_MIN:
        message = f"{len(topic.items)} quiz items, {ITEMS_MIN} at least"
        yield _warning(draft, "few-items", message, ("quiz",), "add items")
    yield from _review(draft, topic, today)
    asked = {normalise_name(question) for question in topic.questions}
    for n, test in enumerate(topic.tests):
        if normalise_name(test) in asked:
            help = "a test is a question that the search has not seen: word it otherwise"
            yield _warning(draft, "test-known", f'"{test}" is among the questions', ("tests", n), help)


def _review(draft: Draft, topic: Topic, today: date) -> Iterator[Problem]:
    if topic.reviewed is None:
        help = "add reviewed: the day on which somebody checked the facts"
        yield _warning(draft, "no-review", "nobody has reviewed this", (), help)
    elif topic.reviewed > today:
        message = f"{topic.reviewed} lies in the future"
        yield _warning(draft, "future-review", message, ("reviewed",), "write the day of the last review")
    elif today - topic.reviewed > timedelta(days=REVIEW_DAYS):
        days = (today - topic.reviewed).days
        message = f"last reviewed {days} days ago, {REVIEW_DAYS} at most"
        yield _warning(draft, "stale-review", message, ("reviewed",), "check the facts, then write today's date")


def _markup(draft: Draft) -> Iterator[Problem]:
    for key in ("summary", "details"):
        for offset, what, help in markup.problems(draft.values.get(key) or ""):
            problem = _warning(draft, "markup", f"{key} holds {what}: readers see it as it is written", (key,), help)
            line = problem.line + 1 + offset
            if problem.text.rstrip().endswith(("|", "|-", "|+")) and line <= len(draft.sheet.lines):
                text = draft.sheet.lines[line - 1]
                column = len(text) - len(text.lstrip()) + 1
                problem = replace(problem, line=line, column=column, text=text)
            yield problem


def _orphans(library: Library, drafts: Sequence[Draft]) -> Iterator[Problem]:
    """Skills and practices that no other topic leads to: a learner who follows links never meets them."""
    led_to = {id for draft in drafts for _, _, id in references(draft) if id != draft.id} | set(library.children)
    for draft in drafts if len(drafts) > 1 else ():
        if draft.values["kind"] in ("skill", "practice") and draft.id not in led_to:
            help = "name it in related or requires of a topic that it belongs with"
            yield _warning(draft, "orphan", "no other topic leads here", ("id",), help)


def _links(drafts: Sequence[Draft]) -> Iterator[Problem]:
    """Addresses of sources that will not do: unencrypted, twice, with what tracks readers, or of this machine."""
    for draft in drafts:
        seen: set[str] = set()
        for n, source in draft.each("sources"):
            url = source.get("url") or ""
            for wrong, help in _link_faults(url, seen):
                yield _warning(draft, "link-form", f"{url[:80]} {wrong}", ("sources", n, "url"), help)
            seen.add(url.rstrip("/"))


def _link_faults(url: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    parts = urlsplit(url)
    if parts.scheme == "http":
        yield "is not encrypted", "write https://, if the site has it"
    if url.rstrip("/") in seen:
        yield "stands here twice", "delete one"
    if any(map(tracks, parts.query.split("&"))):
        yield "tells the site where its readers come from", "delete what begins with utm_ and the like"
    if parts.hostname in ("localhost", "127.0.0.1", "::1") or "." not in (parts.hostname or ""):
        yield "leads to nobody but you", "name a page that learners can open"


def tracks(pair: str) -> bool:
    """Whether a part of an address's query is there to tell readers apart: "utm_source=x"."""
    return pair.startswith("utm_") or pair.split("=")[0] in _TRACKING


def _claimed(drafts: Sequence[Draft]) -> Iterator[Problem]:
    """Questions that two topics claim: whichever is found, half of the learners are led astray."""
    owners: dict[str, Draft] = {}
    for draft in drafts:
        for _, name in names(draft):
            owners[normalise_name(name)] = draft
    for draft in drafts:
        for n, question in draft.each("questions"):
            owner = owners.setdefault(normalise_name(question), draft)
            if owner is not draft:
                message = f'"{question}" leads to {owner.id} already ({owner.sheet.path})'
                yield _warning(draft, "question-claimed", message, ("questions", n), "keep it where it is answered")


def _clashes(library: Library, drafts: Sequence[Draft], waived: set[tuple[str, str]]) -> Iterator[Problem]:
    """Accepted spellings that are the name of another topic than the answer's: two things would count as one."""
    owners = {fold(name): topic.id for topic in library.topics.values() for name in (topic.title, *topic.aliases)}
    for draft in drafts:
        for n, item in enumerate(library.topics[draft.id].items):
            own = {draft.id, owners.get(fold(item.answer))}
            for at, text in spellings(item) if item.kind == "text" else ():
                owner = owners.get(fold(text))
                if at != ("answer",) and owner and owner not in own:
                    help = "accept only spellings of the answer itself"
                    finding = Finding(at, f'"{text}" is a name of {owner}', help)
                    yield from _item_warning(draft, n, "answer-clash", finding, waived)


def _twins(library: Library, drafts: Sequence[Draft], waived: set[tuple[str, str]]) -> Iterator[Problem]:
    """Items whose questions are nearly alike; either of the two may waive it."""
    asked = [(draft, n, item) for draft in drafts for n, item in enumerate(library.topics[draft.id].items)]
    for later, alike in sorted(twins([item.ask.casefold() for _, _, item in asked], TWINS).items()):
        draft, n, _ = asked[later]
        for earlier in alike:
            other, m, twin = asked[earlier]
            message = f'this question is nearly that of {twin.key} ("{twin.ask[:60]}")'
            finding = Finding(("ask",), message, "ask something else, or delete one")
            if _waives(other, m, "stem-twin"):
                waived.add((twin.key, "stem-twin"))
                continue
            yield from _item_warning(draft, n, "stem-twin", finding, waived)
            if not _waives(draft, n, "stem-twin"):
                break  # one twin is enough to say


def _unused_waivers(drafts: Sequence[Draft], waived: set[tuple[str, str]]) -> Iterator[Problem]:
    for draft in drafts:
        for n, item in draft.each("quiz"):
            for code in item.get("waive") or {}:
                if (f"{draft.id}#{item['id']}", code) not in waived:
                    at = ("quiz", n, "waive", code)
                    yield _warning(
                        draft, "waive-unused", f"{code} has nothing to object to here", at, "delete the waiver"
                    )
