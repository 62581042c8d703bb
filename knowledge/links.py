"""What must hold between topics: one owner per name, references that lead somewhere, no cycles, no reused ids."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from knowledge.assembly import former_items
from knowledge.draft import Draft, names
from knowledge.errors import Problem
from knowledge.names import nearest_topic, normalise_name
from knowledge.reading import Step

# Which kinds a reference may name.
_TARGETS: Mapping[str, tuple[str, ...]] = {
    "part_of": ("skill", "practice", "career"),
    "requires": ("skill", "practice", "career", "concept"),
    "related": ("skill", "practice", "career", "concept", "path"),
    "needs": ("skill", "practice", "concept"),
    "steps": ("skill", "practice", "career", "concept"),
}


def inspect(drafts: Sequence[Draft], hidden: Collection[str] = ()) -> Iterator[Problem]:
    """What is wrong between these topics. Those whose kind or id could not be read are left out.

    `hidden` are ids of topics whose files could not be read: references to them are no second problem.
    """
    known: dict[str, Draft] = {}
    for draft in drafts:
        if draft.id and draft.id in known:
            message = f"{draft.id} exists already, in {known[draft.id].sheet.path}"
            help = "delete one of the two files, or give one another id"
            yield draft.sheet.problem("duplicate-topic", message, ("id",), help=help)
        elif draft.id:
            known[draft.id] = draft
    yield from _owners(drafts)
    for draft in known.values():
        yield from _references(draft, known, hidden)
    yield from _cycles(known)
    yield from _former_topics(known)
    yield from _former_items(known)


def _owners(drafts: Sequence[Draft]) -> Iterator[Problem]:
    owners: dict[str, tuple[Draft, tuple[Step, ...]]] = {}
    for draft in drafts:
        for at, name in names(draft):
            owner, place = owners.setdefault(normalise_name(name), (draft, at))
            if owner is draft or owner.id == draft.id or not normalise_name(name):
                continue
            line = owner.sheet.problem("", "", place).line
            message = f'"{name}" is already a name of {owner.id or "a topic"} ({owner.sheet.path}:{line})'
            help = "a title or alias belongs to one topic only: keep it where learners expect it"
            yield draft.sheet.problem("name-taken", message, at, help=help)


def references(draft: Draft) -> Iterator[tuple[str, tuple[Step, ...], str]]:
    """Every reference of a draft: its key, the steps to its place, the id it names."""
    if draft.values.get("part_of"):
        yield "part_of", ("part_of",), draft.values["part_of"]
    for key in ("requires", "related", "steps"):
        for n, id in draft.each(key):
            yield key, (key, n), id
    for n, need in draft.each("needs"):
        if need.get("topic"):
            yield "needs", ("needs", n, "topic"), need["topic"]


def _references(draft: Draft, known: Mapping[str, Draft], hidden: Collection[str]) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for key, at, id in references(draft):
        kind = id.split("/", 1)[0]
        if id in hidden:
            continue
        if id not in known:
            mended = nearest_topic(id, known)
            help = f'did you mean "{mended}"?' if mended else "write the topic, or delete the reference"
            yield draft.sheet.problem("unknown-topic", f"there is no topic {id}", at, help=help)
        elif id == draft.id:
            yield draft.sheet.problem("bad-reference", "a topic cannot refer to itself", at, help="delete it")
        elif kind not in _TARGETS[key]:
            help = f"it may name: {', '.join(_TARGETS[key])}"
            yield draft.sheet.problem("bad-reference", f"{key} cannot name a {kind}", at, help=help)
        elif (key, id) in seen:
            message, help = f"{key} names {id} twice", "delete one"
            yield draft.sheet.problem("repeated", message, at, help=help, severity="warning")
        seen.add((key, id))


def _cycles(known: Mapping[str, Draft]) -> Iterator[Problem]:
    """Each cycle of `requires` once, as a chain. Iterative: a base may hold a chain of thousands."""
    done: set[str] = set()
    for start in sorted(known):
        trail: dict[str, int] = {}
        stack = [(start, _requires(known, start))]
        trail[start] = 0
        while stack:
            id, following = stack[-1]
            for n, other in following:
                if other in trail:
                    if other != id:  # a topic that requires itself is named as a bad reference
                        chain = " -> ".join([*list(trail)[trail[other] :], other])
                        help = "take one of them out: what must be known first?"
                        message = f"these topics require each other: {chain}"
                        yield known[id].sheet.problem("requires-cycle", message, ("requires", n), help=help)
                elif other not in done:
                    trail[other] = len(trail)
                    stack.append((other, _requires(known, other)))
                    break
            else:
                done.add(id)
                trail.pop(id, None)
                stack.pop()
        done.add(start)


def _requires(known: Mapping[str, Draft], id: str) -> Iterator[tuple[int, str]]:
    return ((n, other) for n, other in known[id].each("requires") if other in known)


def _former_topics(known: Mapping[str, Draft]) -> Iterator[Problem]:
    claims: dict[str, str] = {}
    for draft in known.values():
        for n, old in draft.each("formerly"):
            if old in known:
                message = f"{old} is a topic of its own ({known[old].sheet.path})"
                yield draft.sheet.problem(
                    "formerly-clash", message, ("formerly", n), help="delete it: ids are never reused"
                )
            elif claims.setdefault(old, draft.id) != draft.id:
                message = f"{claims[old]} was formerly {old} as well"
                help = "keep it in the topic that learners' progress belongs to"
                yield draft.sheet.problem("formerly-clash", message, ("formerly", n), help=help)


def _former_items(known: Mapping[str, Draft]) -> Iterator[Problem]:
    keys = {f"{draft.id}#{item.get('id')}" for draft in known.values() for _, item in draft.each("quiz")}
    claims: dict[str, str] = {}
    for draft in known.values():
        former = [old for _, old in draft.each("formerly")]
        for n, item in draft.each("quiz"):
            own = [old for old in item.get("formerly") or () if old]
            told: set[str] = set()
            for old in former_items(draft.id, former, item.get("id") or "", own):
                key = f"{draft.id}#{item.get('id')}"
                taken = old in keys or claims.setdefault(old, key) != key
                if taken and old.split("#")[1] not in told:  # once for all the former ids of its topic
                    told.add(old.split("#")[1])
                    other = old if old in keys else claims[old]
                    message = f"{old} belongs to {'an item that exists' if old in keys else other}"
                    help = "delete it: item ids are never reused"
                    yield draft.sheet.problem("formerly-clash", message, ("quiz", n, "formerly"), help=help)
