"""Meeting, courtesy and help: everything that is not about the subject, and a kind word for what was not understood."""

from __future__ import annotations

from bot import quiz, topics
from bot.messages import Answer, Button, Reply
from bot.turn import Turn, reply
from bot.wording import join
from knowledge.model import Topic

EXAMPLES = 3


def start(turn: Turn, payload: str = "") -> Answer:
    """The first meeting in three lines, nothing demanded; for one who is known, where they were."""
    kind, _, id = payload.partition("_")
    if kind == "topic":  # a deep link: an underscore, since links allow no colon or slash
        topic = turn.library.topic(id.replace("__", "/"))
        if topic:
            return introduce(turn, topics.answer_topic(turn, topic))
    if turn.event.place in ("group", "channel"):
        return hello(turn)
    if not turn.learner.state.met:
        return meet(turn)
    say = turn.say
    waiting = len(turn.due(turn.left_today))
    if turn.learner.state.session:
        return reply(
            say("Welcome back. You left a quiz open."),
            Button(say.label("Go on"), "quiz"),
            Button(say.label("Browse topics"), "browse"),
        )
    if waiting:
        text = join([say("Welcome back."), say.many("{n} question is due.", "{n} questions are due.", waiting)])
        return reply(text, Button(say.label("Quiz me"), "quiz"), Button(say.label("Progress"), "progress"))
    return reply(say("Welcome back. Ask me anything, or take a quiz."), *_ways(turn))


def meet(turn: Turn) -> Answer:
    """The first meeting."""
    turn.remember(met=True)
    return Answer((_welcome(turn),))


def hello(turn: Turn) -> Answer:
    """A group's first meeting: what Tutor does there, and how to speak to it."""
    say, base = turn.say, turn.library.base
    lines = [
        say("Hello, I'm Tutor. I answer questions about this: {title}.", title=base.title),
        say("Mention me or reply to me to ask; say “quiz” for a question that everybody here can answer.")
        if turn.event.place == "group"
        else say("Mention me to ask; say “quiz” and I'll ask you something in our own chat."),
        say("Progress and settings stay between each of you and me, in a chat of our own."),
    ]
    buttons = (*_ways(turn)[:2], Button(say.label("Open our chat"), "private:start"))
    return reply(join(lines, "\n"), *(buttons if turn.event.place == "group" else buttons[:2]))


def _welcome(turn: Turn) -> Reply:
    say, base = turn.say, turn.library.base
    examples = base.examples or tuple(q for t in turn.library.topics.values() for q in t.questions[:1])
    lines = [
        say("Hi, I'm Tutor. {welcome}", welcome=base.welcome)
        if base.welcome
        else say("Hi, I'm Tutor. Ask me anything about this: {title}.", title=base.title),
        say("I answer from a curated base, and I'll say so when I don't know."),
        say("Try: “{example}”", example=examples[0]) if examples else "",
    ]
    return Reply(join(lines, "\n"), _ways(turn))


def _ways(turn: Turn) -> tuple[Button, ...]:
    say = turn.say
    return (
        Button(say.label("Browse topics"), "browse"),
        Button(say.label("Quiz me"), "quiz"),
        Button(say.label("How it works"), "help"),
    )


def introduce(turn: Turn, found: Answer) -> Answer:
    """Before the first answer ever, one line on who is speaking."""
    if turn.learner.state.met or turn.tx.writes.forgotten:
        return found
    turn.remember(met=True)
    hello = Reply(turn.say("Hi, I'm Tutor. I answer from a curated base, and I'll say so when I don't know."))
    return Answer((hello, *found.replies), found.notice, found.errors, found.to)


def help_text(turn: Turn) -> Answer:
    """Every command, in the words that work."""
    say = turn.say
    lines = [
        say("- Ask in your own words: “what happens when a server dies?”, “Prometheus vs Grafana”, “tell me more”."),
        say("- **topics**: browse. **quiz**, or “quiz me on Git”: practise; **hint**, **skip** and **undo** help."),
        say("- **progress**: how you are doing. **goal**: a job to work towards."),
        say("- **settings**: zone, time, days, how many, quiet hours. **pause**, **resume**: whether I may write."),
        say("- **flag**: something is wrong. **privacy**, **export**, **forget**: your data."),
        say("- **link**: use me in another app, too, with the same progress."),
    ]
    head = say(
        "I answer questions about this: {title}. I also quiz you, and bring back what you're about to forget.",
        title=turn.library.base.title,
    )
    return reply(
        join([head, join(lines, "\n"), say("All of these are plain words: type them as they stand.")], "\n\n"),
        *_ways(turn)[:2],
    )


def greeting(turn: Turn) -> Answer:
    """Hello."""
    if not turn.learner.state.met:
        return start(turn)
    return reply(turn.say("Hello. What would you like to know?"), *_ways(turn)[:2])


def thanks(turn: Turn) -> Answer:
    """You're welcome, and the next step."""
    topic = turn.topic
    if topic and topics.has_items(turn, topic):
        text = turn.say("You're welcome. Shall we see what sticks of **{title}**?", title=topic.title)
        turn.remember(waiting=f"yes:quiz:{topic.id}")
        return reply(text, Button(turn.say.label("Quiz me"), f"quiz:{topic.id}"))
    return reply(turn.say("You're welcome."), *_ways(turn)[:2])


def bye(turn: Turn) -> Answer:
    """Goodbye."""
    return reply(turn.say("See you. Your progress is safe."))


def who(turn: Turn) -> Answer:
    """What Tutor is."""
    return reply(
        turn.say("I'm Tutor, a program. I answer from a base that people wrote and checked; I make nothing up."),
        *_ways(turn),
    )


def why(turn: Turn) -> Answer:
    """Why the last answer was right or not."""
    say = turn.say
    ask = turn.tx.ask(turn.learner.last_ask) if turn.learner.state.on_ask else None
    if ask and ask.status == "answered":
        right = next((option.why for option in ask.options if option.right), "")
        text = join(
            [
                say("The answer: **{answer}**.", answer=ask.answer.rstrip(".")),
                right,
                ask.explain if ask.explain != right else "",
            ]
        )
        return reply(text, Button(say.label("Read about it"), f"topic:{ask.topic}"))
    return topics.more(turn, turn.topic) if turn.topic else no_topic(turn)


def nothing_open(turn: Turn) -> Answer:
    """A word that belongs to something that was asked, but is no answer to it, or nothing was asked."""
    ask = turn.tx.ask(turn.learner.open_ask) if turn.learner.open_ask else None
    if ask and ask.status == "open":
        return quiz.repeat(turn, ask, turn.say("This question is open:"))
    if turn.learner.state.session:
        return reply(turn.say("No question is open just now."), Button(turn.say.label("Next question"), "next"))
    return reply(turn.say("All right. Ask me something, or take a quiz."), *_ways(turn)[:2])


def no_topic(turn: Turn) -> Answer:
    """A follow-up with nothing to follow."""
    return reply(turn.say("Ask me about a topic first, then I can say more."), *_ways(turn)[:2])


def topic_gone(turn: Turn) -> Answer:
    """A button of a topic that was removed meanwhile."""
    return reply(turn.say("That topic is no longer in the base."), Button(turn.say.label("Browse topics"), "browse"))


def no_command(turn: Turn, word: str) -> Answer:
    """An unknown slash command: what it may have been, and what there is."""
    return reply(
        turn.say("I don't know the command “/{word}”. “help” shows what I do.", word=word[:30]),
        Button(turn.say.label("Help"), "help"),
    )


def nothing_said(turn: Turn) -> Answer:
    """An empty message, or only signs."""
    return reply(
        turn.say("I read words only. Ask me something, such as “what is version control?”, or pick:"), *_ways(turn)
    )


def lost(turn: Turn) -> Answer:
    """An event or button of no known kind."""
    return reply(turn.say("That button no longer does anything; nothing changed. These do:"), *_ways(turn))


def kept(turn: Turn) -> Answer:
    """Nothing was deleted."""
    return reply(turn.say("Nothing was deleted."), Button(turn.say.label("Progress"), "progress"))


def quiz_offer(turn: Turn, near: list[Topic]) -> Answer:
    """Which topic to be quizzed on, where search is unsure."""
    say = turn.say
    buttons = [Button(topics.short(topic.title), f"quiz:{topic.id}") for topic in near]
    return reply(say("On which of these?"), *buttons, Button(say.label("Anything"), "quiz"))
