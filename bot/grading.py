"""From an answer to a review: grading and feedback. Grading reads the ask as it was put, never a newer library."""

from __future__ import annotations

from dataclasses import replace

from bot import quiz
from bot.asks import open_ask, stale
from bot.history import counted, streak_with
from bot.messages import Answer, Button, Reply
from bot.records import Ask, AskOption, CardRow, Outcome, Review
from bot.schedule import on_day, sooner
from bot.turn import Turn, reply
from bot.understand import tidy, without_lead_in
from bot.wording import join
from knowledge.likeness import grade, rivals_of
from knowledge.markup import Md
from scheduler.spacing import Card, Memory, Rating, is_leech, rate, review

WORDS_MAX = 5  # of a typed answer: the item rules allow no longer one


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
    say = turn.say
    if ask.kind == "choice":
        option = _typed_option(turn, ask, text)
        if option:
            return settle(turn, ask, "right" if option.right else "wrong", option.id)
        if question or turn.library.find(text).decision == "answer":
            return None
        return quiz.repeat(turn, ask, say("Pick one of these, or type its letter."))
    if ask.kind == "text":
        given = without_lead_in(text, say)
        verdict = grade(given, ask.answer, ask.accept, rivals_of(turn.library)).verdict
        if verdict == "right":
            return settle(turn, ask, "right", "")
        if question:
            return None
        if len(given.split()) > WORDS_MAX:
            return quiz.repeat(turn, ask, say("That is longer than any answer here. Say it in a few words."))
        return settle(turn, ask, "wrong", "")
    return None if question else show_answer(turn, quiz.ref(turn, ask), typed=True)


def _typed_option(turn: Turn, ask: Ask, text: str) -> AskOption | None:
    """The option meant by "2", "b", "the second one", its text, or a word that it alone holds."""
    plain = without_lead_in(text, turn.say)
    places = turn.say.synonyms("first, second, third, fourth")
    for at, option in enumerate(ask.options):
        if plain in (str(at + 1), "abcd"[at], places[at]) or tidy(text) == tidy(option.text):
            return option
    texts = [option.text for option in ask.options]
    near = [
        o for o in ask.options if grade(plain, o.text, (), tuple(t for t in texts if t != o.text)).verdict == "right"
    ]
    if len(near) != 1 and len(plain) > 2:
        near = [o for o in ask.options if set(plain.split()) <= set(tidy(o.text).split())]
    return near[0] if len(near) == 1 else None


def show_answer(turn: Turn, name: str, *, typed: bool = False) -> Answer:
    """Show a recall question's model answer and let the learner judge; on others, to look is not to know.

    Whoever `typed` an answer looks at the end of the chat, where the question may not be any more: they get a new
    message, and the question's own loses its buttons.
    """
    ask = open_ask(turn, name)
    if not isinstance(ask, Ask):
        return ask
    if ask.kind != "recall":
        return settle(turn, ask, "unknown", "?")
    say = turn.say
    turn.remember(waiting="judge")
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
    if not typed:
        return Answer((Reply(text, buttons, key=key, replaces=key, topics=(ask.topic,)),))
    settled = Reply(say("**{stem}**", stem=ask.stem), replaces=key)
    return Answer((settled, Reply(text, buttons, key=key, topics=(ask.topic,))))


def self_rated(turn: Turn, name: str, knew: str) -> Answer:
    """The learner judged their own answer to a recall question."""
    ask = open_ask(turn, name)
    if not isinstance(ask, Ask):
        return ask
    return settle(turn, ask, "right" if knew == "1" else "wrong", f"self{knew}")


def judged(turn: Turn, *, knew: bool) -> Answer | None:
    """The learner's judgement in words; None if no recall question is open."""
    ask = turn.tx.ask(turn.learner.open_ask) if turn.learner.open_ask else None
    return self_rated(turn, quiz.ref(turn, ask), "1" if knew else "0") if ask and ask.kind == "recall" else None


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
    if turn.learner.state.session:
        return Answer((*quiz.settle_open(turn), *quiz.ask_next(turn)))
    left_out = reply(turn.say("Left out."), Button(turn.say.label("Quiz me"), "quiz"))
    return Answer((*quiz.settle_open(turn), *left_out.replies))


def settle(turn: Turn, ask: Ask, outcome: Outcome, chosen: str) -> Answer:
    """Grade the open ask: one review, one card, the feedback, and the summary after the last question."""
    done, row = count(turn, ask, outcome, chosen)
    session = turn.learner.state.session
    if session:
        session = replace(session, done=session.done + 1, right=session.right + (outcome == "right"))
    turn.change(open_ask=0, state=replace(turn.learner.state, session=session))
    last = session is not None and not quiz.still_to_come(turn)
    closing = quiz.finish(turn) if last else ()
    return Answer(
        (_settled(turn, done), feedback(turn, done, row, last=last), *closing),
        notice=turn.say.label("Right.")
        if outcome == "right"
        else turn.say.label("Not quite.")
        if outcome == "wrong"
        else "",
    )


def count(turn: Turn, ask: Ask, outcome: Outcome, chosen: str) -> tuple[Ask, CardRow]:
    """Count an answer: one review, one card, the day's share and the streak; gives the ask, answered, and the card."""
    learner = turn.learner
    if item := turn.library.moved_items.get(ask.item):  # it was renamed since it was put
        ask = replace(ask, item=item, topic=item.partition("#")[0])
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
    row = record(turn, entry, known.card if known else Card())
    done = replace(ask, status="answered", outcome=outcome, chosen=chosen, seq=entry.seq, answered_at=turn.now)
    turn.tx.put_ask(done)
    state, today = turn.learner.state, turn.today
    turn.change(
        next_due_at=sooner(turn, row.card.due or today),
        state=replace(state, day=today, done_today=counted(state, today)),
        **streak_with(learner, today),
    )
    return done, row


def record(turn: Turn, entry: Review, before: Card) -> CardRow:
    """Append a review to the log and move its card on from `before`."""
    learner = turn.learner
    moved = review(before, Rating(entry.rating), entry.day, Memory(entry.retention), seed=f"{learner.id}:{entry.item}")
    row = CardRow(entry.item, entry.topic, moved, leech=is_leech(moved) and entry.rating == Rating.Again)
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
            sentence(why),
            sentence(ask.explain) if ask.explain != why else "",
            when,
        ]
        buttons = [
            None if self_judged else Button(say.label("I guessed"), f"guess:{name}"),
            None if ask.hinted else Button(say.label("Too easy"), f"easy:{name}"),
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
            sentence(picked.why) if picked else "",
            told,
            sentence(right.why) if right else "",
            sentence(ask.explain),
            when,
        ]
        buttons = [Button(say.label("Read about it"), f"topic:{ask.topic}"), next_button]
    if row.leech:
        parts[-1] = say(
            "This one keeps slipping, so I'm setting it aside. Reading about it may help more than another try; "
            "a quiz on its topic brings it back."
        )
    return Reply(join(parts), tuple(b for b in buttons if b), key=f"said:{name}", topics=(ask.topic,))


def sentence(text: str) -> Md | str:
    """A curator's sentence, as a sentence."""
    return text if not text or text.endswith((".", "!", "?", "…")) else text + "."
