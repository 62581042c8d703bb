"""A quiz: what is asked next, and how it is put. Grading is `bot/grading.py`.

Due reviews come first, then new items up to the learner's daily cap: from the topics they asked about, then their
goal, then what those require. A session that is left waits; "quiz" goes on with it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace

from bot import paths
from bot.messages import Answer, Button, Reply
from bot.records import Ask, AskOption, Session
from bot.schedule import after_session
from bot.topics import has_items
from bot.turn import Turn, answer, reply
from bot.wording import join
from knowledge.model import Item, Topic

ROUND = 5  # questions in a quiz that was asked for: about three minutes
EXTRA = 5  # and in one more round beyond the daily cap


def start(turn: Turn) -> Answer:
    """A mixed quiz, or the one that was left."""
    session = turn.learner.state.session
    if session and (still_to_come(turn) or turn.learner.open_ask):
        return resume(turn)
    if turn.left_today == 0:
        return _enough(turn)
    plan = plan_mixed(turn, min(turn.left_today, ROUND))
    return _begin(turn, plan) if plan else _all_met(turn)


def start_extra(turn: Turn) -> Answer:
    """One more round beyond the daily cap, because the learner says so."""
    plan = plan_mixed(turn, EXTRA)
    return _begin(turn, plan) if plan else _all_met(turn)


def start_due(turn: Turn) -> Answer:
    """What a reminder announced: the due reviews, nothing else; a quiz that was left is put aside for it."""
    plan = tuple(row.item for row in turn.due(turn.left_today))
    if plan:
        return _begin(turn, plan, scheduled=True)
    if turn.left_today == 0:
        return _enough(turn)
    return reply(turn.say("Nothing is due any more."), Button(turn.say.label("Quiz me"), "quiz"))


def start_topic(turn: Turn, topic: Topic) -> Answer:
    """A quiz on one topic and its concepts. Asked for by name, it may go beyond the daily cap."""
    say = turn.say
    plan = plan_topic(turn, topic)
    turn.turn_to(topic)
    if plan:
        return _begin(turn, plan)
    text = say("I have no questions on **{title}** yet.", title=topic.title)
    if has_items(turn, topic):
        text = say("You have answered all there is on **{title}** today.", title=topic.title)
    return reply(text, Button(say.label("Quiz me on something else"), "quiz"))


def _begin(turn: Turn, plan: tuple[str, ...], *, scheduled: bool = False) -> Answer:
    settled = settle_open(turn)
    turn.remember(session=Session(plan, scheduled=scheduled, started_at=turn.now))
    return answer(*settled, *ask_next(turn))


def _enough(turn: Turn) -> Answer:
    say = turn.say
    text = say.many(
        "You have done today's question. That is enough for a day.",
        "You have done today's {n} questions. That is enough for a day.",
        turn.learner.cap,
    )
    return reply(text, Button(say.label("A few more"), "quiz_extra"), Button(say.label("Progress"), "progress"))


def _all_met(turn: Turn) -> Answer:
    say = turn.say
    return reply(
        say("Nothing is due, and you have met every question I have. Well done."),
        Button(say.label("Progress"), "progress"),
        Button(say.label("Browse topics"), "browse"),
    )


def resume(turn: Turn) -> Answer:
    """Put the open question again, or go on to the next one. A question that was retired is not put again."""
    ask = turn.tx.ask(turn.learner.open_ask) if turn.learner.open_ask else None
    if ask and ask.status == "open" and turn.library.item(ask.item):
        return answer(put(turn, ask, turn.say("You left this one open.")))
    settled = settle_open(turn)
    if turn.learner.state.session:
        return answer(*settled, *ask_next(turn))
    begun = start(turn)
    return replace(begun, replies=(*settled, *begun.replies))


def still_to_come(turn: Turn) -> int:
    """How many items of the session are still to be asked: those that were retired meanwhile are passed over."""
    session = turn.learner.state.session
    return sum(turn.library.item(key) is not None for key in session.plan) if session else 0


def repeat(turn: Turn, ask: Ask, lead: str = "") -> Answer:
    """The open question once more."""
    return answer(put(turn, ask, lead))


def leave(turn: Turn, ask: Ask) -> Answer:
    """Stop here: the open question goes back into the session, which waits."""
    settled = settle_open(turn)
    session = turn.learner.state.session
    if session:
        turn.remember(session=replace(session, plan=(ask.item, *session.plan)))
    text = turn.say("All right, the quiz waits. Say “quiz” to go on.")
    return answer(
        *settled, Reply(text, (Button(turn.say.label("Go on"), "quiz"), Button(turn.say.label("Progress"), "progress")))
    )


def plan_mixed(turn: Turn, size: int) -> tuple[str, ...]:
    """Item keys for a quiz of `size`: due reviews, the longest due first, then new items."""
    due = [row.item for row in turn.due(size)]
    fresh = (item.key for topic in new_topics(turn) for item in by_level(topic.items))
    return (*due, *_unmet(turn, fresh, size - len(due), set(due)))


def plan_topic(turn: Turn, topic: Topic) -> tuple[str, ...]:
    """Item keys for a quiz on a topic and its concepts: due, new, the next to come due, and last those set aside.

    What was answered today is left out: asking again within minutes tells nothing.
    """
    library = turn.library
    keys = [
        item.key
        for part in (topic.id, *library.children.get(topic.id, ()))
        for item in by_level(library.topics[part].items)
    ]
    cards = turn.tx.cards_of(keys)
    rows = [cards[key] for key in keys if key in cards and cards[key].card.last != turn.today]
    met = sorted(rows, key=lambda row: (row.leech, row.card.due or turn.today, row.item))
    due = [row.item for row in met if not row.leech and (row.card.due or turn.today) <= turn.today]
    new = [key for key in keys if key not in cards]
    return tuple(dict.fromkeys([*due, *new, *(row.item for row in met)]))[:ROUND]


def new_topics(turn: Turn) -> Iterator[Topic]:
    """Topics to meet new items in: asked about, on the way to the goal, required by those, then everything else."""
    library = turn.library
    seen: set[str] = set()
    asked = [id for id in turn.learner.state.interests if id in library.topics]
    goal = paths.steps(library, turn.learner.goal)
    wider = [id for id in asked for id in library.topics[id].requires]
    rest = [topic.id for topic in library.topics.values()]
    within = [child for id in (*asked, *goal) for child in library.children.get(id, ())]
    for id in (*asked, *goal, *wider, *within, *rest):
        if id not in seen and id in library.topics:
            seen.add(id)
            yield library.topics[id]


def by_level(items: Iterable[Item]) -> list[Item]:
    """Items, easiest first, else in the order the curator gave them."""
    return sorted(items, key=lambda item: item.level)


def _unmet(turn: Turn, keys: Iterator[str], size: int, without: set[str]) -> list[str]:
    """The first `size` keys that the learner has no card for; looked up by the handful, since most bases are large."""
    found: list[str] = []
    while len(found) < size:
        handful = [key for _, key in zip(range(4 * size), keys, strict=False) if key not in without]
        if not handful:
            break
        known = turn.tx.cards_of(handful)
        found += [key for key in handful if key not in known]
    return found[:size]


def ask_next(turn: Turn) -> tuple[Reply, ...]:
    """Put the next question of the session, or finish it."""
    session = turn.learner.state.session
    plan = list(session.plan) if session else []
    while plan:
        item = turn.library.item(plan.pop(0))
        if item and session:  # an item that was retired meanwhile is passed over
            turn.remember(session=replace(session, plan=tuple(plan)))
            return (put(turn, new_ask(turn, item, session.scheduled)),)
    return finish(turn)


def new_ask(turn: Turn, item: Item, scheduled: bool = False) -> Ask:
    """Freeze an item as it is put now: grading never reads a newer library."""
    n = turn.learner.last_ask + 1
    ask = Ask(
        n=n,
        item=item.key,
        topic=item.topic,
        kind=item.kind,
        stem=item.ask,
        version=turn.library.version,
        asked_at=turn.now,
        options=shuffled(item, f"{turn.learner.id}-{n}"),
        answer=item.answer or (item.right_option.text if item.kind == "choice" else ""),
        accept=item.accept,
        explain=item.explain,
        hint=item.hint,
        title=turn.library.topics[item.topic].title,
        scheduled=scheduled,
    )
    turn.tx.put_ask(ask)
    turn.change(last_ask=n, open_ask=n, state=replace(turn.learner.state, on_ask=True))
    return ask


def shuffled(item: Item, seed: str) -> tuple[AskOption, ...]:
    """The options in an order that depends on the ask alone, so that a replay shows the same."""
    options = [AskOption(option.id, option.text, option.right, option.why) for option in item.options]
    random.Random(f"{seed}:{item.key}").shuffle(options)  # noqa: S311 an order, not a secret
    return tuple(options)


def ref(turn: Turn, ask: Ask) -> str:
    """How a button names an ask: learner and number, so that another's press is told apart."""
    return f"{turn.learner.id}-{ask.n}"


def message_key(turn: Turn, ask: Ask) -> str:
    """The key of the message that holds the question."""
    return f"ask:{ref(turn, ask)}"


def put(turn: Turn, ask: Ask, lead: str = "") -> Reply:
    """The message that asks."""
    say, name = turn.say, ref(turn, ask)
    session = turn.learner.state.session
    head = (
        say(
            "{done} of {total} · {title}",
            done=session.done + 1,
            total=session.done + 1 + still_to_come(turn),
            title=ask.title,
        )
        if session
        else say("{title}", title=ask.title)
    )
    how = {
        "choice": "",
        "text": say("Type your answer."),
        "recall": say("Think of your answer, or type it, then look."),
    }[ask.kind]
    buttons = [Button(option.text, f"a:{name}:{option.id}") for option in ask.options]
    if ask.kind == "recall":
        buttons.append(Button(say.label("Show answer"), f"show:{name}"))
    buttons.append(Button(say.label("I don't know"), f"a:{name}:?"))
    if ask.hint and not ask.hinted:
        buttons.append(Button(say.label("Hint"), f"hint:{name}"))
    buttons.append(Button(say.label("Skip"), f"skip:{name}"))
    hint = say("Hint: {hint}", hint=ask.hint) if ask.hinted else ""
    body = join([head, say("**{stem}**", stem=ask.stem), hint, how], "\n")
    return Reply(join([lead, body], "\n\n"), tuple(buttons), key=message_key(turn, ask), topics=(ask.topic,))


def settle_open(turn: Turn) -> tuple[Reply, ...]:
    """Put a question that is still open aside, unanswered: no answer is no review."""
    learner = turn.learner
    ask = turn.tx.ask(learner.open_ask) if learner.open_ask else None
    turn.change(open_ask=0)
    if not ask or ask.status != "open":
        return ()
    turn.tx.put_ask(replace(ask, status="skipped", answered_at=turn.now))
    text = join([turn.say("**{stem}**", stem=ask.stem), turn.say("Set aside, not counted.")], "\n")
    return (Reply(text, replaces=message_key(turn, ask), key=message_key(turn, ask)),)


def finish(turn: Turn) -> tuple[Reply, ...]:
    """Sum the session up; after the first one, ask once whether Tutor may write."""
    session = turn.learner.state.session
    turn.remember(session=None)
    if session is None or session.done == 0:
        return (
            Reply(
                turn.say("That was the last one. Nothing was counted."), (Button(turn.say.label("Quiz me"), "quiz"),)
            ),
        )
    say = turn.say
    summary = say.many(
        "{n} question, {right} right.", "{n} questions, {right} right.", session.done, right=session.right
    )
    text, buttons = after_session(turn, summary)
    return (Reply(text, buttons),)
