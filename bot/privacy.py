"""What Tutor keeps, handing it over, deleting it, and flags without a name."""

from __future__ import annotations

import json

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
        say("- A question I could not answer is kept for 90 days without your name."),
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
    return Answer((Reply(say("Here is everything I keep about you."), document=Document("tutor-export.json", text)),))


def forget(turn: Turn) -> Answer:
    """Ask before deleting."""
    say = turn.say
    items = len(turn.tx.cards())
    answers = sum(not row.cancels for row in turn.tx.newest_reviews(turn.learner.last_seq))
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
    say = turn.say
    ask = turn.tx.ask(turn.learner.open_ask or turn.learner.last_ask)
    about = ask.item if ask else turn.learner.state.topic
    if not about:
        return reply(say("There is nothing to flag yet. Flag a question or an answer right after you see it."))
    title = ask.stem if ask else turn.topic.title if turn.topic else about
    if not note:
        turn.remember(waiting="flag")
        return reply(
            say("What is wrong with “{title}”? Pick, or type it.", title=title),
            Button(say.label("The answer is wrong"), "flag:answer is wrong"),
            Button(say.label("It is unclear"), "flag:unclear"),
            Button(say.label("It is out of date"), "flag:out of date"),
            Button(say.label("Never mind"), "flag:never mind"),
        )
    turn.remember(waiting="")
    if note == "never mind":
        return reply(say("All right, nothing was flagged."))
    turn.tx.flag(about, note[:FLAG_NOTE_MAX])
    return reply(say("Thanks, flagged: “{note}”. A curator sees your note, not your name.", note=note[:FLAG_NOTE_MAX]))
