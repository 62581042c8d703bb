"""Changes of mind: "I guessed", "too easy", undo, and asking again.

The review log is append-only and the truth: each change of mind is a row that names what it cancels, and the card is
rebuilt by replaying what still counts.
"""

from __future__ import annotations

from dataclasses import replace

from bot import quiz
from bot.asks import own_ask, stale
from bot.grading import record, sentence
from bot.history import counting
from bot.messages import Answer, Button
from bot.records import Ask, CardRow, Review, Session
from bot.schedule import on_day, reschedule, sooner
from bot.turn import Turn, reply
from bot.wording import join
from scheduler.spacing import Card, Memory, Rating, is_leech, rate, replay

AGAIN = "again"  # what an undone ask was followed by: its item was put anew
UNDO_DEPTH = 50  # rows of the log looked back through for the newest review that still counts


def guessed(turn: Turn, name: str) -> Answer:
    """A right answer was a guess: it counts as not known."""
    return _amend(turn, name, guessed_it=True)


def too_easy(turn: Turn, name: str) -> Answer:
    """A right answer was too easy: it comes back later."""
    return _amend(turn, name, guessed_it=False)


def _amend(turn: Turn, name: str, *, guessed_it: bool) -> Answer:
    """Cancel the ask's review and log the second thought in its place."""
    say = turn.say
    ask = own_ask(turn, name)
    if not isinstance(ask, Ask):
        return ask
    rows = turn.tx.reviews_of(ask.item)
    valid = counting(rows)
    entry = next((row for row in valid if row.seq == ask.seq), None)
    if (
        ask.status != "answered"
        or ask.outcome != "right"
        or entry is None
        or entry.guessed
        or entry.easy
        or valid[-1].seq != entry.seq
    ):
        return stale(turn, ask)
    cancel(turn, entry)
    before = rebuilt(turn, ask.item, [row for row in valid if row.seq != entry.seq])
    rating = rate(right=True, guessed=guessed_it, easy=not guessed_it, hint=ask.hinted)
    session = turn.learner.state.session
    again = replace(
        entry, seq=turn.learner.last_seq + 1, at=turn.now, rating=int(rating), guessed=guessed_it, easy=not guessed_it
    )
    row = record(turn, again, before)
    turn.tx.put_ask(replace(ask, seq=again.seq))
    if guessed_it and session and session.right and _within(session, ask):
        turn.remember(session=replace(session, right=session.right - 1))
    turn.change(next_due_at=sooner(turn, row.card.due or turn.today))
    when, said = on_day(turn, row.card.due or turn.today), f"said:{quiz.ref(turn, ask)}"
    text = (
        say("Fair. I'll ask again {when} instead.", when=when)
        if guessed_it
        else say("Noted. I'll wait and ask again {when}.", when=when)
    )
    picked = next((option.why for option in ask.options if option.id == ask.chosen), "")
    why = [picked, ask.explain if ask.explain != picked else ""]  # it takes the place of the message that said why
    text = join([text, *(sentence(part) for part in why)])
    # A message without buttons would only settle the one it replaces, which a terminal does not show.
    onward = Button(say.label("Next"), "next") if session else Button(say.label("Progress"), "progress")
    return reply(text, onward, replaces=said, key=said)


def newest(turn: Turn, *, guessed_it: bool) -> Answer | None:
    """ "I guessed", "too easy" in words: about the newest answer; None if there is none.

    The newest by the log: where two learners were joined, the numbers of their asks are not in the order of time.
    """
    rows = counting(turn.tx.newest_reviews(UNDO_DEPTH))
    ask = turn.tx.ask(rows[-1].ask) if rows else None
    if ask and ask.outcome != "right":
        return reply(turn.say("That one counts as not known already, so I'll bring it back soon."))
    return _amend(turn, quiz.ref(turn, ask), guessed_it=guessed_it) if ask else None


def undo(turn: Turn) -> Answer:
    """Take the newest review back that still counts: its question counts as not asked."""
    say = turn.say
    rows = turn.tx.newest_reviews(UNDO_DEPTH)
    entry = next(iter(sorted(counting(rows), key=lambda row: -row.seq)), None)
    if entry is None:
        return reply(say("There is nothing to undo."), Button(say.label("Quiz me"), "quiz"))
    history = [row for row in counting(turn.tx.reviews_of(entry.item)) if row.seq != entry.seq]
    cancel(turn, entry)
    if history:
        card = rebuilt(turn, entry.item, history)
        turn.tx.put_card(
            CardRow(entry.item, entry.topic, card, leech=is_leech(card) and history[-1].rating == Rating.Again)
        )
    else:
        turn.tx.drop_card(entry.item)
    ask = turn.tx.ask(entry.ask)
    stem = ask.stem if ask else entry.item
    if ask:
        turn.tx.put_ask(replace(ask, status="skipped", outcome=None))
    state = turn.learner.state
    counts = state.day == entry.day and state.done_today > 0
    session = state.session
    if session and session.done and ask and _within(session, ask):
        right = session.right - (entry.outcome == "right" and not entry.guessed)
        session = replace(session, done=session.done - 1, right=max(0, right))
    turn.remember(session=session, done_today=state.done_today - counts)
    reschedule(turn)
    again = Button(say.label("Ask it now"), f"again:{quiz.ref(turn, ask)}") if ask else None
    return reply(say("Undone: “{stem}” counts as not asked.", stem=stem), again)


def ask_again(turn: Turn, name: str) -> Answer:
    """Put the item of an undone ask anew, as a new ask."""
    ask = own_ask(turn, name)
    if not isinstance(ask, Ask):
        return ask
    if ask.status != "skipped" or ask.chosen == AGAIN:
        return stale(turn, ask)
    item = turn.library.item(ask.item)
    if item is None:
        return reply(turn.say("That question is no longer in the base."))
    settled = quiz.settle_open(turn)
    turn.tx.put_ask(replace(ask, chosen=AGAIN))
    return Answer((*settled, quiz.put(turn, quiz.new_ask(turn, item))))


def cancel(turn: Turn, entry: Review) -> None:
    """Append the row that cancels `entry`."""
    turn.tx.log(replace(entry, seq=turn.learner.last_seq + 1, at=turn.now, cancels=entry.seq))


def rebuilt(turn: Turn, item: str, rows: list[Review]) -> Card:
    """The card that these reviews lead to; due days are those of the retention in force at the last of them."""
    memory = Memory(rows[-1].retention) if rows else Memory(turn.learner.retention)
    return replay([(Rating(row.rating), row.day) for row in rows], memory, seed=f"{turn.learner.id}:{item}")


def _within(session: Session, ask: Ask) -> bool:
    """Whether an ask belongs to the session under way."""
    return not ask.polled and session.started_at is not None and ask.asked_at >= session.started_at
