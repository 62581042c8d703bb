"""From an answer to a review: grading, feedback, second thoughts ("I guessed", "too easy") and undo.

Grading reads the ask as it was put. Every change of mind is a row in the review log that names what it cancels, and
the card is rebuilt from the log: the log is the truth.
"""

from __future__ import annotations

from dataclasses import replace

from bot import quiz
from bot.messages import Answer, Button, Reply
from bot.progress import counted, streak_with
from bot.records import Ask, AskOption, CardRow, Outcome, Review
from bot.schedule import on_day, sooner
from bot.turn import Turn, reply
from bot.wording import join
from knowledge.likeness import grade, rivals_of
from knowledge.markup import Md
from scheduler.spacing import Card, Memory, Rating, is_leech, learning_day, rate, replay, review

UNDO_DEPTH = 50  # rows of the log looked back through for the newest review that still counts


def answer_press(turn: Turn, name: str, choice: str) -> Answer:
    """An option, or "I don't know", was pressed."""
    ask = open_ask(turn, name)
    if not isinstance(ask, Ask):
        return ask
    if choice == "?":
        return settle(turn, ask, "unknown", "?")
    chosen = next((option for option in ask.options if option.id == choice), None)
    if chosen is None:
        return stale(turn, ask)
    return settle(turn, ask, "right" if chosen.right else "wrong", chosen.id)


def answer_typed(turn: Turn, ask: Ask, text: str, *, question: bool) -> Answer | None:
    """A message typed while `ask` is open: an answer to it, or None where it is something else.

    `question`: the message reads like a question of the learner's own, so only a right answer is taken from it.
    """
    if ask.kind == "choice":
        option = _typed_option(turn, ask, text)
        return settle(turn, ask, "right" if option.right else "wrong", option.id) if option else None
    if ask.kind == "text":
        verdict = grade(text, ask.answer, ask.accept, rivals_of(turn.library)).verdict
        if verdict == "right":
            return settle(turn, ask, "right", "")
        return None if question else settle(turn, ask, "wrong", "")
    return None if question else show_answer(turn, quiz.ref(turn, ask))


def _typed_option(turn: Turn, ask: Ask, text: str) -> AskOption | None:
    """The option meant by "2", "b" or its text."""
    plain = text.strip().casefold().rstrip(".)")
    for at, option in enumerate(ask.options):
        if plain in (str(at + 1), "abcdefgh"[at], option.text.casefold()):
            return option
    texts = tuple(option.text for option in ask.options)
    near = [
        o for o in ask.options if grade(text, o.text, (), tuple(t for t in texts if t != o.text)).verdict == "right"
    ]
    return near[0] if len(near) == 1 else None


def show_answer(turn: Turn, name: str) -> Answer:
    """Show a recall question's model answer, and let the learner judge."""
    ask = open_ask(turn, name)
    if not isinstance(ask, Ask):
        return ask
    say = turn.say
    text = join(
        [
            say("**{stem}**", stem=ask.stem),
            say("A good answer: {answer}", answer=ask.answer),
            say("How did yours compare?"),
        ],
        "\n\n",
    )
    buttons = (Button(say.label("I knew it"), f"self:{name}:1"), Button(say.label("Not really"), f"self:{name}:0"))
    key = quiz.message_key(turn, ask)
    return Answer((Reply(text, buttons, key=key, replaces=key, topics=(ask.topic,)),))


def self_rated(turn: Turn, name: str, knew: str) -> Answer:
    """The learner judged their own answer to a recall question."""
    ask = open_ask(turn, name)
    if not isinstance(ask, Ask):
        return ask
    return settle(turn, ask, "right" if knew == "1" else "wrong", f"self{knew}")


def give_hint(turn: Turn, name: str) -> Answer:
    """Put the question again with its hint; a right answer then counts as hard."""
    ask = open_ask(turn, name)
    if not isinstance(ask, Ask):
        return ask
    if not ask.hint:
        return reply(turn.say("There is no hint for this one."))
    hinted = replace(ask, hinted=True)
    turn.tx.put_ask(hinted)
    return Answer((replace(quiz.put(turn, hinted), replaces=quiz.message_key(turn, ask)),))


def skip(turn: Turn, name: str) -> Answer:
    """Leave a question out: no answer is no review."""
    ask = open_ask(turn, name)
    if not isinstance(ask, Ask):
        return ask
    return Answer((*quiz.settle_open(turn), *quiz.ask_next(turn)))


def settle(turn: Turn, ask: Ask, outcome: Outcome, chosen: str) -> Answer:
    """Grade the open ask: one review, one card, the feedback, and the summary after the last question."""
    learner = turn.learner
    entry = Review(
        seq=learner.last_seq + 1,
        at=turn.now,
        day=turn.today,
        item=ask.item,
        topic=ask.topic,
        rating=int(rate(right=outcome == "right", hint=ask.hinted)),
        outcome=outcome,
        hinted=ask.hinted,
        scheduled=ask.scheduled,
        ask=ask.n,
        seconds=max(0.0, (turn.now - ask.asked_at).total_seconds()),
        retention=learner.retention,
        chosen=chosen,
    )
    known = turn.tx.card(ask.item)
    row = _record(turn, entry, known.card if known else Card())
    done = replace(ask, status="answered", outcome=outcome, chosen=chosen, seq=entry.seq, answered_at=turn.now)
    turn.tx.put_ask(done)
    state = turn.learner.state
    session = state.session
    if session:
        session = replace(session, done=session.done + 1, right=session.right + (outcome == "right"))
    today = turn.today
    turn.change(
        open_ask=0,
        next_due_at=sooner(turn, row.card.due or today),
        state=replace(state, session=session, day=today, done_today=counted(state, today)),
        **streak_with(learner, today),
    )
    last = session is not None and not session.plan
    closing = quiz.finish(turn) if last else ()
    return Answer(
        (_settled(turn, done), feedback(turn, done, row, last=last), *closing),
        notice=turn.say.label("Right.")
        if outcome == "right"
        else turn.say.label("Not quite.")
        if outcome == "wrong"
        else "",
    )


def _record(turn: Turn, entry: Review, before: Card) -> CardRow:
    """Append a review to the log and move its card on from `before`."""
    learner = turn.learner
    moved = review(before, Rating(entry.rating), entry.day, Memory(entry.retention), seed=f"{learner.id}:{entry.item}")
    row = CardRow(entry.item, entry.topic, moved, leech=is_leech(moved))
    turn.tx.log(entry)
    turn.tx.put_card(row)
    return row


def _settled(turn: Turn, ask: Ask) -> Reply:
    """The question's own message, closed: the stem and what was answered."""
    say = turn.say
    picked = next((option.text for option in ask.options if option.id == ask.chosen), "")
    gave = say("Your answer: {answer}", answer=picked) if picked else say("I don't know") if ask.chosen == "?" else ""
    return Reply(
        join([say("**{stem}**", stem=ask.stem), gave], "\n"),
        key=quiz.message_key(turn, ask),
        replaces=quiz.message_key(turn, ask),
    )


def feedback(turn: Turn, ask: Ask, row: CardRow, *, last: bool) -> Reply:
    """Right or not, why, and when it comes back."""
    say, name = turn.say, quiz.ref(turn, ask)
    picked = next((option for option in ask.options if option.id == ask.chosen), None)
    right = next((option for option in ask.options if option.right), None)
    when = say("I'll ask again {when}.", when=on_day(turn, row.card.due or turn.today))
    self_judged = ask.kind == "recall"
    next_button = None if last else Button(say.label("Next"), "next")
    if ask.outcome == "right":
        why = picked.why if picked else ""
        parts = [
            say("Right.") if not self_judged else say("Good."),
            _text(why),
            _text(ask.explain) if ask.explain != why else "",
            when,
        ]
        buttons = [
            None if self_judged else Button(say.label("I guessed"), f"guess:{name}"),
            Button(say.label("Too easy"), f"easy:{name}"),
            next_button,
        ]
    else:
        lead = say("Not quite.") if ask.outcome == "wrong" and not self_judged else say("No harm done.")
        told = (
            ""
            if self_judged and ask.outcome == "wrong"
            else say("The answer: **{answer}**.", answer=ask.answer.rstrip("."))
        )
        parts = [
            lead,
            _text(picked.why) if picked else "",
            told,
            _text(right.why) if right else "",
            _text(ask.explain),
            when,
        ]
        buttons = [Button(say.label("Read about it"), f"topic:{ask.topic}"), next_button]
    if row.leech:
        parts.append(
            say("This one keeps slipping, so I'm setting it aside; reading about it may help more than another try.")
        )
    return Reply(join(parts), tuple(b for b in buttons if b), key=f"said:{name}", topics=(ask.topic,))


def _text(text: str) -> Md | str:
    """A curator's sentence, as a sentence."""
    return text if not text or text.endswith((".", "!", "?", "…")) else text + "."


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
    row = _record(turn, again, before)
    turn.tx.put_ask(replace(ask, seq=again.seq))
    if guessed_it and session and session.right:
        turn.remember(session=replace(session, right=session.right - 1))
    turn.change(next_due_at=sooner(turn, row.card.due or turn.today))
    when = on_day(turn, row.card.due or turn.today)
    text = (
        say("Fair. I'll ask again {when} instead.", when=when)
        if guessed_it
        else say("Noted. I'll wait and ask again {when}.", when=when)
    )
    next_button = Button(say.label("Next"), "next") if session else None
    return reply(text, next_button, replaces=f"said:{name}", key=f"said:{name}")


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
        turn.tx.put_card(CardRow(entry.item, entry.topic, card, leech=is_leech(card)))
    else:
        turn.tx.drop_card(entry.item)
    ask = turn.tx.ask(entry.ask)
    stem = ask.stem if ask else entry.item
    if ask:
        turn.tx.put_ask(replace(ask, status="skipped", outcome=None))
    state = turn.learner.state
    counts = state.day == entry.day and state.done_today > 0
    session = state.session
    if session and session.done:
        right = session.right - (entry.outcome == "right" and not entry.guessed)
        session = replace(session, done=session.done - 1, right=max(0, right))
    turn.remember(session=session, done_today=state.done_today - counts)
    again = Button(say.label("Ask it now"), f"again:{quiz.ref(turn, ask)}") if ask else None
    return reply(say("Undone: “{stem}” counts as not asked.", stem=stem), again)


def ask_again(turn: Turn, name: str) -> Answer:
    """Put the item of an undone ask anew, as a new ask."""
    ask = own_ask(turn, name)
    if not isinstance(ask, Ask):
        return ask
    item = turn.library.item(ask.item)
    if item is None:
        return reply(turn.say("That question is no longer in the base."))
    settled = quiz.settle_open(turn)
    return Answer((*settled, quiz.put(turn, quiz.new_ask(turn, item))))


def cancel(turn: Turn, entry: Review) -> None:
    """Append the row that cancels `entry`."""
    turn.tx.log(replace(entry, seq=turn.learner.last_seq + 1, at=turn.now, cancels=entry.seq))


def counting(rows: list[Review]) -> list[Review]:
    """The reviews of a log that still count, oldest first."""
    gone = {row.cancels for row in rows if row.cancels}
    return sorted((row for row in rows if not row.cancels and row.seq not in gone), key=lambda row: row.seq)


def rebuilt(turn: Turn, item: str, rows: list[Review]) -> Card:
    """The card that these reviews lead to; due days are those of the retention in force at the last of them."""
    memory = Memory(rows[-1].retention) if rows else Memory(turn.learner.retention)
    return replay([(Rating(row.rating), row.day) for row in rows], memory, seed=f"{turn.learner.id}:{item}")


def own_ask(turn: Turn, name: str) -> Ask | Answer:
    """The ask that a button names; an explanation where it is another learner's, or long gone."""
    say = turn.say
    learner, _, n = name.partition("-")
    if learner != str(turn.learner.id):
        return reply(
            say("That question was put to someone else, so nothing changed. Here is the way to one of your own."),
            Button(say.label("Quiz me"), "quiz"),
        )
    ask = turn.tx.ask(int(n)) if n.isdecimal() else None
    if ask is None:
        return reply(say("That question is long past; nothing changed."), Button(say.label("Quiz me"), "quiz"))
    return ask


def open_ask(turn: Turn, name: str) -> Ask | Answer:
    """The ask that a button names, if it still waits for an answer; otherwise a kind explanation."""
    ask = own_ask(turn, name)
    if isinstance(ask, Ask) and ask.status != "open":
        return stale(turn, ask)
    return ask


def stale(turn: Turn, ask: Ask) -> Answer:
    """A button of a question that is settled: say what became of it; nothing changes."""
    say = turn.say
    following = Button(say.label("Next question"), "next")
    if ask.status == "open":
        return reply(say("That button belongs to an older form of this question; nothing changed."), following)
    if ask.status == "skipped" or ask.outcome is None:
        return reply(say("That question was set aside. Nothing changed."), following)
    outcomes = {"right": say("right"), "wrong": say("not right"), "unknown": say("you didn't know")}
    when = _ago(turn, ask)
    return reply(
        say(
            "That question was answered {when} ({outcome}). Nothing changed.", when=when, outcome=outcomes[ask.outcome]
        ),
        following,
    )


def _ago(turn: Turn, ask: Ask) -> Md:
    """When an ask was answered, in the learner's days."""
    say = turn.say
    days = (turn.today - learning_day(ask.answered_at or ask.asked_at, turn.zone)).days
    if days <= 0:
        return say("earlier today")
    return say("yesterday") if days == 1 else say.many("{n} day ago", "{n} days ago", days)
