"""What Tutor does not know, and says so: suggestions, gaps noted without a name, and "Tell me when you know".

A gap keeps the question's text and never who asked. Only a learner who asks to be told is linked to one, by a wish
that is deleted once answered, or after 90 days.
"""

from __future__ import annotations

from bot.habits import habits
from bot.messages import Answer, Button
from bot.topics import NEAR, OFFERED, answer_topic, offer
from bot.turn import Turn, reply
from bot.wording import join
from knowledge.model import Found, Topic
from scheduler import slots

NEAREST = 3
REJECTED = "rejected"  # a gap's decision where an answer was given, and was not it; its first nearest is that answer


def known(turn: Turn, found: Found, limit: int = NEAREST, without: str = "") -> list[Topic]:
    """The topics that search matched, best first."""
    topics = (turn.library.topic(match.id) for match in found.matches)
    return [topic for topic in topics if topic and topic.id != without][:limit]


def unsure(turn: Turn, found: Found) -> Answer:
    """More than one reading: offer them, and a way out."""
    say = turn.say
    topics = known(turn, found)
    gap = note(turn, found)
    lead = say.many("I'm not sure. Did you mean this?", "I see {n} ways to read that. Which one?", len(topics))
    turn.remember(led="", waiting=f"yes:topic:{topics[0].id}" if len(topics) == 1 else "")
    return offer(turn, lead, topics, Button(say.label("None of these"), f"none:{gap}"))


def unknown(turn: Turn, found: Found) -> Answer:
    """Say that the base has no answer, what is nearest, and offer to tell later."""
    say = turn.say
    gap = note(turn, found)
    near = [
        topic for match in found.matches[:NEAREST] if match.score >= NEAR and (topic := turn.library.topic(match.id))
    ]
    lead = say("I don't know that yet; my base is about this: {title}.", title=turn.library.base.title)
    if near:
        lead = join([lead, say("The nearest I have is below.")])
    lead = join([lead, say("I've noted the question, without your name, for the people who write the base.")])
    return offer(turn, lead, near, _wish_button(turn, gap))


def _wish_button(turn: Turn, gap: str) -> Button | None:
    """What leads to being told later, for those who can be told where nobody else reads it."""
    return Button(turn.say.label("Tell me when you know"), f"wish:{gap}") if turn.home else None


def note(turn: Turn, found: Found) -> str:
    """Note a question that was declined or only suggested on; gives the gap's id."""
    return turn.tx.add_gap(found.question, found.decision, tuple(match.id for match in found.matches[:NEAREST]))


def heard_in(turn: Turn) -> str:
    """Where a question is heard, as far as others read it there: a lane, or "" where nobody does."""
    return turn.event.address.lane if turn.event.place in ("group", "channel") else ""


def not_it(turn: Turn, topic: Topic | None) -> Answer:
    """After any answer: it was not what the learner meant. Offer what else it may have been."""
    say = turn.say
    state = turn.learner.state
    text = turn.tx.heard() if topic is None or state.led in ("", topic.id) else ""
    if state.heard_in != heard_in(turn):  # what somebody asked in one chat is not brought up in another
        text = ""
    if not text:  # they came here by browsing, or a day has passed
        return reply(
            say("Sorry about that. Say it in other words, or browse."), Button(say.label("Browse topics"), "browse")
        )
    found = turn.library.find(text)
    nearest = (topic.id if topic else "", *(match.id for match in found.matches[:NEAREST]))
    gap = turn.tx.add_gap(text, REJECTED, nearest)
    others = known(turn, found, OFFERED, topic.id if topic else "")[:NEAREST]
    wish = _wish_button(turn, gap)
    if not others and wish is None:
        return reply(say("Sorry about that. I've noted it. Say it in other words."))
    if not others:
        return reply(say("Sorry about that. I've noted it. Say it in other words, or let me tell you later."), wish)
    return offer(turn, say("Sorry about that. Was it one of these? If not, say it in other words."), others, wish)


def none_of_these(turn: Turn, gap: str) -> Answer:
    """None of the suggestions fits: say so plainly, and offer to tell later."""
    say = turn.say
    return reply(
        say("Then I don't know that yet. I've noted the question, without your name. Other words may help, too."),
        _wish_button(turn, gap),
        Button(say.label("Browse topics"), "browse"),
    )


def wish(turn: Turn, gap: str) -> Answer:
    """Remember that this learner wants to hear once a curator has taught it."""
    say = turn.say
    text = turn.tx.gap_text(gap)
    if text is None:
        return reply(say("That question is no longer on my list. Ask it again and I'll note it anew."))
    turn.tx.wish(gap, text)
    return reply(
        say("I'll write to you once I know. After 90 days I forget that you asked."),
        Button(say.label("Don't tell me after all"), f"unwish:{gap}"),
    )


def wish_last(turn: Turn) -> Answer:
    """ "Tell me when you know", in words: about the last question."""
    text = turn.tx.heard()
    if not text:
        return reply(turn.say("Ask the question first, then I can tell you once I know."))
    found = turn.library.find(text)
    gap = turn.tx.add_gap(text, REJECTED, tuple(match.id for match in found.matches[:NEAREST]))
    return wish(turn, gap)


def unwish(turn: Turn, gap: str) -> Answer:
    """Take a wish back."""
    turn.tx.unwish(gap)
    return reply(turn.say("All right, I won't write about that."))


def taught(turn: Turn) -> Answer:
    """A curator has taught what a learner wanted to know: answer it now, once."""
    wanted = next((wish for wish in turn.tx.wishes() if wish.gap == turn.event.action), None)
    found = turn.library.find(turn.event.text) if wanted else None
    if not wanted or not found or found.decision != "answer":
        return Answer()
    if turn.learner.paused or slots.first_allowed(habits(turn.learner), turn.now) > turn.now:
        return Answer()  # the wish stays, and the next look finds it
    turn.tx.unwish(wanted.gap)
    topic = turn.library.topic(found.matches[0].id)
    if topic is None:
        return Answer()
    return answer_topic(turn, topic, turn.say("You asked: “{question}”. Now I know.", question=wanted.question))
