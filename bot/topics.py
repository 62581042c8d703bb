"""What Tutor says about topics: the answer to a question, more of it, neighbours, sources, comparisons, browsing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.messages import Answer, Button, Reply
from bot.turn import Turn, reply
from bot.wording import Words, join
from knowledge.markup import Md, escape
from knowledge.model import KINDS, Topic, TopicKind

OFFERED = 8  # topics offered as buttons under one message: two rows on a phone
NEAR = 0.15  # score from which a topic counts as near: below it, it shares a few letters with the question, no more
PAGE = 24  # titles on one page when browsing
LABEL_MAX = 60  # characters: the longest label that Telegram shows whole and Slack takes (75)
_ASPECT = re.compile(r"^- \*\*(?P<label>[^*:]+):?\*\*:?\s*(?P<text>.+)$", re.MULTILINE)


def kind_name(kind: TopicKind, say: Words) -> Md:
    """The word for a kind of topic."""
    names = {
        "skill": say("skill"),
        "practice": say("practice"),
        "career": say("career"),
        "concept": say("concept"),
        "path": say("path"),
    }
    return names[kind]


def short(title: str) -> str:
    """A title that fits a button."""
    return title if len(title) <= LABEL_MAX else title[: LABEL_MAX - 1].rstrip() + "…"


def topic_button(topic: Topic) -> Button:
    """A button that shows a topic."""
    return Button(short(topic.title), f"topic:{topic.id}")


def card(turn: Turn, topic: Topic, lead: Md | None = None) -> Reply:
    """The answer that is this topic: its summary, what a job needs, and where to go from here."""
    needs = needs_line(turn, topic) if topic.needs else Md("")
    return Reply(
        join([lead or Md(""), headed(turn, topic), needs], "\n\n"), card_buttons(turn, topic), topics=(topic.id,)
    )


def headed(turn: Turn, topic: Topic) -> Md:
    """A topic's title and kind, then its summary on a line of its own: many summaries begin with the title."""
    head = turn.say("**{title}** ({kind})", title=topic.title, kind=kind_name(topic.kind, turn.say))
    says_something = any(ch.isalnum() for ch in topic.summary)
    return join([head, Md(topic.summary)], "\n") if says_something else head


def card_buttons(turn: Turn, topic: Topic) -> tuple[Button, ...]:
    """More, Quiz me, Related, Sources, Not what I meant: those that lead somewhere."""
    say = turn.say
    quizzing = turn.learner.state.session is not None
    found = (
        Button(say.label("Back to the quiz"), "next") if quizzing else None,
        Button(say.label("More"), f"more:{topic.id}") if topic.details else None,
        Button(say.label("Quiz me"), f"quiz:{topic.id}") if has_items(turn, topic) and not quizzing else None,
        Button(say.label("Related"), f"related:{topic.id}") if neighbours(turn, topic) else None,
        Button(say.label("Sources"), f"sources:{topic.id}") if topic.sources else None,
        Button(say.label("Not what I meant"), f"not:{topic.id}"),
    )
    return tuple(button for button in found if button)


def has_items(turn: Turn, topic: Topic) -> bool:
    """Whether there is anything to ask about a topic, its concepts included."""
    ids = (topic.id, *turn.library.children.get(topic.id, ()))
    return any(turn.library.topics[id].items for id in ids)


def needs_line(turn: Turn, topic: Topic) -> Md:
    """What a job asks for, highest level first."""
    say = turn.say
    levels = {1: say("has used it"), 2: say("works with it"), 3: say("designs with it")}
    lines = []
    for need in sorted(topic.needs, key=lambda need: -need.level):
        wanted = turn.library.topic(need.topic)
        if wanted:
            lines.append(
                say(
                    "- {title}: level {level} of 3, {meaning}",
                    title=wanted.title,
                    level=need.level,
                    meaning=levels[need.level],
                )
            )
    return join([say("What the job asks for:"), join(lines, "\n")], "\n")


def answer_topic(turn: Turn, topic: Topic, lead: Md | None = None) -> Answer:
    """Answer with a topic and make it the one the conversation is on."""
    turn.turn_to(topic)
    return Answer(replies=(card(turn, topic, lead),))


def more(turn: Turn, topic: Topic) -> Answer:
    """The details of a topic, or an honest word where there are none."""
    turn.turn_to(topic)
    if not topic.details:
        return reply(
            turn.say("That is all I have on **{title}** so far.", title=topic.title),
            *_after_more(turn, topic),
            topics=(topic.id,),
        )
    return reply(
        join([Md(f"**{escape(topic.title)}**"), Md(topic.details)], "\n\n"),
        *_after_more(turn, topic),
        topics=(topic.id,),
    )


def _after_more(turn: Turn, topic: Topic) -> tuple[Button, ...]:
    return tuple(button for button in card_buttons(turn, topic) if not button.action.startswith("more:"))


def neighbours(turn: Turn, topic: Topic) -> list[Topic]:
    """Topics to go to from here: what it is part of, its concepts, related ones, prerequisites, what a job needs."""
    library = turn.library
    ids = [
        *([topic.part_of] if topic.part_of else []),
        *library.children.get(topic.id, ()),
        *topic.related,
        *topic.requires,
        *topic.steps,
        *(need.topic for need in topic.needs),
    ]
    found = [library.topic(id) for id in dict.fromkeys(ids)]
    return [neighbour for neighbour in found if neighbour and neighbour.id != topic.id]


def related(turn: Turn, topic: Topic) -> Answer:
    """The neighbours of a topic, as buttons."""
    turn.turn_to(topic)
    near = neighbours(turn, topic)[: OFFERED * 2]
    if not near:
        return reply(turn.say("**{title}** has no neighbours in my base yet.", title=topic.title))
    turn.remember(offered=tuple(neighbour.id for neighbour in near))
    lines = [turn.say("- **{title}**, {kind}", title=n.title, kind=kind_name(n.kind, turn.say)) for n in near]
    return reply(
        join([turn.say("Near **{title}**:", title=topic.title), join(lines, "\n")], "\n"),
        *(topic_button(neighbour) for neighbour in near),
        topics=tuple(neighbour.id for neighbour in near),
    )


def sources(turn: Turn, topic: Topic) -> Answer:
    """Where a topic can be checked, and when somebody last did."""
    turn.turn_to(topic)
    say = turn.say
    if not topic.sources:
        return reply(say("No sources are recorded for **{title}** yet.", title=topic.title))
    lines = [Md(f"- [{escape(source.title)}](<{source.url}>)") for source in topic.sources]
    text = join([say("Where **{title}** can be checked:", title=topic.title), join(lines, "\n")], "\n")
    if topic.reviewed:
        text = join([text, say("Last reviewed on {date}.", date=topic.reviewed.isoformat())], "\n\n")
    return reply(text, *_after_more(turn, topic)[:2], topics=(topic.id,))


def offer(turn: Turn, lead: Md, topics: Sequence[Topic], *more_buttons: Button | None) -> Answer:
    """Put topics up for choice."""
    turn.remember(offered=tuple(topic.id for topic in topics))
    buttons = [Button(label, f"topic:{topic.id}") for topic, label in zip(topics, choices(turn, topics), strict=True)]
    return reply(lead, *buttons, *more_buttons, topics=tuple(topic.id for topic in topics))


def choices(turn: Turn, topics: Sequence[Topic]) -> list[str]:
    """A label for each topic, with its kind where titles alone would not tell them apart."""
    labels = [short(topic.title) for topic in topics]
    if len({label.casefold() for label in labels}) < len(labels) or _kinds_matter(topics):
        labels = [short(f"{topic.title}, {kind_name(topic.kind, turn.say)}") for topic in topics]
    return labels


def _kinds_matter(topics: Sequence[Topic]) -> bool:
    """Whether titles are so near that the kind tells them apart: Data Engineering, Data Engineer."""
    stems = [topic.title.casefold()[:8] for topic in topics]
    return len(set(stems)) < len(stems)


def aspects(topic: Topic) -> dict[str, str]:
    """The labelled lines of a topic's details ("- **Goal:** …"), by label, in order."""
    return {found["label"].strip(): found["text"].strip() for found in _ASPECT.finditer(topic.details)}


def compare(turn: Turn, one: Topic, other: Topic) -> Answer:
    """Two topics side by side: both summaries, then each aspect that both describe."""
    say = turn.say
    turn.turn_to(one)
    turn.remember(offered=(one.id, other.id), led=one.id)
    text = [headed(turn, topic) for topic in (one, other)]
    mine, theirs = aspects(one), aspects(other)
    for label in (label for label in mine if label in theirs):
        sides = [
            say("{title}: {text}", title=topic.title, text=Md(said[label]))
            for topic, said in ((one, mine), (other, theirs))
        ]
        text.append(join([Md(f"**{escape(label)}**"), *sides], "\n"))
    wrong = Button(say.label("Not what I meant"), f"not:{one.id}")
    return reply(join(text, "\n\n"), topic_button(one), topic_button(other), wrong, topics=(one.id, other.id))


def browse(turn: Turn, kind: str = "", start: int = 0) -> Answer:
    """The kinds with their counts, or the titles of one kind, a page at a time."""
    say, library = turn.say, turn.library
    if kind not in KINDS:
        counts = [(kind, len(library.of_kind(kind))) for kind in KINDS]
        lead = say("{title}. What would you like to look at?", title=library.base.title)
        return reply(lead, *(Button(str(_count(say, kind, n)), f"browse:{kind}") for kind, n in counts if n))
    topics = list(library.of_kind(kind))
    page = topics[start : start + PAGE]
    if not page:
        return browse(turn)
    turn.remember(offered=tuple(topic.id for topic in page))
    later = start + PAGE
    return reply(
        say("{count}, by title:", count=_count(say, kind, len(topics))),
        *(topic_button(topic) for topic in page),
        Button(say.label("More of them"), f"browse:{kind}:{later}") if later < len(topics) else None,
        topics=tuple(topic.id for topic in page),
    )


def _count(say: Words, kind: TopicKind, n: int) -> Md:
    counted = {
        "skill": say.many("{n} skill", "{n} skills", n),
        "practice": say.many("{n} practice", "{n} practices", n),
        "career": say.many("{n} career", "{n} careers", n),
        "concept": say.many("{n} concept", "{n} concepts", n),
        "path": say.many("{n} path", "{n} paths", n),
    }
    return counted[kind]
