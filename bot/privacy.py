"""What Tutor keeps, handing it over, deleting it, and flags without a name."""

from __future__ import annotations

import json

from bot.asks import own_number
from bot.history import counting
from bot.messages import Answer, Button, Document, Reply
from bot.turn import Turn, reply
from bot.wording import join

FLAG_NOTE_MAX = 500  # characters of a flag's note that are kept


def explain(turn: Turn) -> Answer:
    """What is kept, for how long, and the way out."""
    say = turn.say
    lines = [
        say("- I keep your answers, what comes back when, your settings, and which topics you asked about."),
        say("- What you write goes once it is answered; your last question stays for a day, so “that's not it” works."),
        say("- A question I had no sure answer to is kept for 90 days, without your name."),
        say("- Nobody else sees your answers. “export” hands everything over, “forget” deletes it at once."),
    ]
    return reply(
        join([say("What I know about you:"), join(lines, "\n")], "\n"),
        Button(say.label("Export"), "export"),
        Button(say.label("Forget me"), "forget"),
    )


def export(turn: Turn) -> Answer:
    """Everything kept about the learner, as one JSON file."""
    say = turn.say
    text = json.dumps(turn.tx.export(), ensure_ascii=False, indent=2, sort_keys=True, default=str)
    buttons = (Button(say.label("Forget me"), "forget"), Button(say.label("Keep"), "forget:no"))
    found = say("Here is everything I keep about you.")
    return Answer((Reply(found, buttons, document=Document("tutor-export.json", text)),))


def forget(turn: Turn) -> Answer:
    """Ask before deleting."""
    say = turn.say
    turn.remember(waiting="yes:forget:yes")
    items = len(turn.tx.cards())
    answers = len(counting(turn.tx.newest_reviews(turn.learner.last_seq)))
    text = join(
        [
            say("This deletes everything I know about you:"),
            say.many("{n} item,", "{n} items,", items),
            say.many("{n} answer,", "{n} answers,", answers),
            say("and your settings. It can't be undone."),
        ]
    )
    return reply(
        text,
        Button(say.label("Delete it all"), "forget:yes"),
        Button(say.label("Export first"), "export"),
        Button(say.label("Keep"), "forget:no"),
    )


def forget_now(turn: Turn) -> Answer:
    """Delete every row about the learner."""
    turn.tx.forget()
    return reply(turn.say("Done. I know nothing about you any more. If you write again, we start afresh."))


def flag(turn: Turn, note: str = "") -> Answer:
    """Say that the last question, or the last topic, is wrong; before or after answering."""
    say, learner = turn.say, turn.learner
    n = (learner.open_ask or learner.last_ask) if learner.state.on_ask or not learner.state.topic else 0
    title = _about(turn, n)[1]
    if not title:
        return reply(say("There is nothing to flag yet. Flag a question or an answer right after you see it."))
    if note:
        return _flagged(turn, n, note)
    name = f"{learner.id}-{n}" if n else "0"
    turn.remember(waiting=f"flag:{name}")
    return reply(
        say("What is wrong with “{title}”? Pick, or type it.", title=title),
        Button(say.label("The answer is wrong"), f"flag:{name}:answer is wrong"),
        Button(say.label("It is unclear"), f"flag:{name}:unclear"),
        Button(say.label("It is out of date"), f"flag:{name}:out of date"),
        Button(say.label("Never mind"), f"flag:{name}:"),
    )


def flag_press(turn: Turn, about: str, note: str) -> Answer:
    """What is wrong was picked, or typed; `about` names an ask, "0" the topic at hand. No note: never mind."""
    if not note:
        return reply(turn.say("All right, nothing was flagged."))
    # A number alone is what buttons held before two learners could be joined.
    n = own_number(turn, about if "-" in about else f"{turn.learner.id}-{about}")
    return _flagged(turn, n, note)


def _about(turn: Turn, n: int) -> tuple[str, str]:
    """The id and the title of what a flag is about."""
    ask = turn.tx.ask(n) if n else None
    if ask:
        return ask.item, ask.stem
    return (turn.topic.id, turn.topic.title) if turn.topic else ("", "")


def _flagged(turn: Turn, n: int | None, note: str) -> Answer:
    say, kept = turn.say, note[:FLAG_NOTE_MAX]
    about, title = _about(turn, n) if n is not None else ("", "")
    if not about:
        return reply(say("What that was about is gone, so nothing was flagged."))
    turn.tx.flag(about, kept)
    text = say(
        "Thanks, flagged: “{note}”, about “{title}”. A curator sees your note, not your name.", note=kept, title=title
    )
    return reply(text)
