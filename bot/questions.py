"""Questions about the subject: one or several in a message, comparisons, corrections and follow-ups."""

from __future__ import annotations

import re

from bot import gaps, topics
from bot.messages import Answer, Reply
from bot.turn import Turn
from bot.understand import commands, parts, tidy
from knowledge.model import Found, Topic, TopicKind

AT_ONCE = 3  # questions answered from one message; more would be a wall of text
HEARD_MAX = 500  # characters of a question that are kept (for a day, or as a gap): enough to see what was meant


def ask_about(turn: Turn, text: str) -> Answer:
    """Answer a question, or each of several; say so where the base has no answer."""
    pieces = [piece for piece in parts(text) if tidy(piece) not in commands(turn.say)]  # "thanks!" asks nothing
    if len(pieces) > 1:
        several = _several(turn, pieces)
        if several:
            return several
    return _one(turn, look_up(turn, text))


def look_up(turn: Turn, text: str) -> Found:
    """Search, with the conversation's last topic as weak evidence; the text is noted for a day, for "that's not it"."""
    kept = " ".join(text.split())[:HEARD_MAX]
    _hear(turn, kept)
    return turn.library.find(kept, turn.learner.state.topic or None)


def _hear(turn: Turn, text: str) -> None:
    """Note a question, and in what company it was asked."""
    turn.tx.hear(text[:HEARD_MAX])
    where = gaps.heard_in(turn)
    if turn.learner.state.heard_in != where:
        turn.remember(heard_in=where)


def _one(turn: Turn, found: Found) -> Answer:
    """Answer, suggest or decline, as search decided."""
    best = turn.library.topic(found.matches[0].id) if found.matches else None
    if found.decision == "answer" and best:
        turn.remember(led=best.id)
        return topics.answer_topic(turn, best)
    return gaps.unsure(turn, found) if found.decision == "suggest" and best else gaps.unknown(turn, found)


def _several(turn: Turn, pieces: list[str]) -> Answer | None:
    """Answers to the questions of one message, if they lead to at least two topics, one of them surely.

    Otherwise None: sentences around one question ("My server died? What now?") are looked up together.
    """
    last = turn.learner.state.topic or None
    found = [turn.library.find(piece[:HEARD_MAX], last) for piece in pieces[:AT_ONCE]]
    led = {one.matches[0].id: one for one in found if one.decision != "unknown" and one.matches}
    if len(led) < 2 or all(one.decision != "answer" for one in led.values()):
        return None
    _hear(turn, " ".join(pieces))
    missed = [one for one in found if one.decision == "unknown" and one.question.endswith("?")]
    replies = [reply for one in (*led.values(), *missed) for reply in _one(turn, one).replies]
    left = len(pieces) - AT_ONCE
    if left > 0:
        text = turn.say.many("One more question is left; ask it again.", "{n} more are left; ask them again.", left)
        replies.append(Reply(text))
    return Answer(tuple(replies))


def comparison(turn: Turn, one: str, other: str, text: str) -> Answer:
    """ "X vs Y": side by side, if both are topics; otherwise the message is a question like any other."""
    if re.search(
        r",|\b(?:or|vs|versus)\b", f"{one} {other}"
    ):  # three things or more: one of them would be passed over in silence
        return ask_about(turn, text)
    first, second = _named(turn, one), _named(turn, other)
    if first and second and first.id != second.id:
        _hear(turn, text)
        return topics.compare(turn, first, second)
    if first and second:
        _hear(turn, text)
        return topics.answer_topic(turn, first, turn.say("Both are part of **{title}** in my base:", title=first.title))
    if (first or second) and " or " not in text.casefold():
        return _half(turn, first, second, one, other)
    return ask_about(turn, text)


def different_from(turn: Turn, other: str, text: str) -> Answer:
    """ "How is that different from X": the last topic beside X."""
    last, second = turn.topic, _named(turn, other)
    if last and second and last.id != second.id:
        _hear(turn, text)
        return topics.compare(turn, last, second)
    return ask_about(turn, other if second else text)


def _named(turn: Turn, text: str) -> Topic | None:
    """The topic that a phrase names, where search is sure."""
    found = turn.library.find(text.strip(" ?!."))
    return turn.library.topic(found.matches[0].id) if found.decision == "answer" else None


def _half(turn: Turn, first: Topic | None, second: Topic | None, one: str, other: str) -> Answer:
    """Only one side of a comparison is known: answer that one, and say which is missing."""
    known, missing = (first or second), (other if first else one)
    if known is None:
        return ask_about(turn, f"{one} {other}")
    found = turn.library.find(missing)
    gaps.note(turn, found)
    lead = turn.say(
        "I can't compare with “{missing}” yet; I've noted it, without your name. What I have:", missing=missing[:80]
    )
    return topics.answer_topic(turn, known, lead)


def correction(turn: Turn, wanted: str) -> Answer:
    """ "No, I meant the job": the reading of the last question that fits, or a new question."""
    kind = kind_named(wanted)
    last = turn.topic
    if kind and last and last.kind == kind:
        found = turn.library.find(f"{last.title} {wanted}")
        others = [topic for topic in gaps.known(turn, found, 5, last.id) if topic.kind == kind]
        return topics.offer(turn, turn.say("**{title}** is that already. One of these?", title=last.title), others)
    if kind and last:
        found = turn.library.find(f"{last.title} {wanted}")
        offered = [turn.library.topic(id) for id in turn.learner.state.offered]
        near = [*gaps.known(turn, found, 5), *(t for t in offered if t), *topics.neighbours(turn, last)]
        fitting = next((topic for topic in near if topic.kind == kind and topic.id != last.id), None)
        if fitting:
            return topics.answer_topic(turn, fitting)
    found = look_up(turn, wanted)
    others = gaps.known(turn, found, 5, last.id if last else "")
    if found.decision == "answer" and others and last and found.matches[0].id == last.id:
        return topics.offer(turn, turn.say("Then perhaps one of these?"), others[:3])
    return _one(turn, found)


def kind_named(text: str) -> TopicKind | None:
    """The kind of topic that words such as "the job" or "the tool" name, if they say nothing else."""
    words = [word for word in text.casefold().strip(" .?!").split() if word not in ("the", "a", "an", "one", "as")]
    kinds: dict[str, TopicKind] = {
        "job": "career", "career": "career", "role": "career", "profession": "career", "position": "career",
        "skill": "skill", "practice": "practice", "path": "path",
        "tool": "concept", "concept": "concept", "idea": "concept",
    }  # fmt: skip
    return kinds.get(words[0]) if len(words) == 1 else None
