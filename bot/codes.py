"""Joining two chats of one person: a code made in one is typed in the other, and what it leads to is asked once.

The joining itself is a transaction of its own (bot/linking.py), once the yes is committed.
"""

from __future__ import annotations

from datetime import timedelta

from bot.messages import Answer, Button
from bot.records import CODE_GOOD_FOR, CODE_LENGTH, CODE_LETTERS, LinkCode
from bot.turn import Turn, reply
from bot.wording import join

GUESSES = 5  # wrong codes within the window
WINDOW = timedelta(hours=1)


def link(turn: Turn, typed: str = "") -> Answer:
    """A code for the other chat, or what the code that was typed would join."""
    say = turn.say
    if turn.shared is None:
        return reply(say("There is nothing to join here: nothing is kept."))
    return _offer(turn, typed) if typed else _new(turn)


def _new(turn: Turn) -> Answer:
    say, code = turn.say, turn.shared.new_code() if turn.shared else ""
    lines = [
        say("Use me in another app, too? Type this there, in our own chat:"),
        say("**link {code}**", code=f"{code[:4]}-{code[4:]}"),
        say.many(
            "It works once, for {n} minute. Then we have one progress in both. Give it to nobody else.",
            "It works once, for {n} minutes. Then we have one progress in both. Give it to nobody else.",
            CODE_GOOD_FOR.seconds // 60,
        ),
    ]
    return reply(join(lines, "\n"))


def _offer(turn: Turn, typed: str) -> Answer:
    """What would be joined, and the one question; a wrong code is counted."""
    say = turn.say
    found = _valid(turn, typed)
    if not isinstance(found, LinkCode):
        return found
    if found.learner == turn.learner.id:
        return reply(say("That is this chat's own code, or the two are joined already. Type it in the other chat."))
    there, here = turn.shared.side(found.learner), turn.shared.side(turn.learner.id)  # type: ignore[union-attr]
    text = join(
        [
            say("Join this chat with the one where that code was made? Say yes only if you made it yourself."),
            say.many("There: {n} item met.", "There: {n} items met.", there.items),
            say.many("Here: {n} item met.", "Here: {n} items met.", here.items),
            say("Both become one: answers, settings, everything. Nothing is lost, but it can't be parted again."),
        ]
    )
    turn.remember(waiting=f"yes:join:{found.code}")
    return reply(
        text,
        Button(say.label("Join them"), f"join:{found.code}"),
        Button(say.label("Keep apart"), "join:no"),
    )


def pressed(turn: Turn, choice: str) -> Answer:
    """Yes or no to joining."""
    say = turn.say
    if choice == "no" or turn.shared is None:
        return reply(say("All right, they stay apart."))
    if choice == turn.learner.state.joined_by:  # pressed twice; the two were asked about before, and are one by now
        return Answer(notice=say.label("These two are joined already."))
    found = _valid(turn, choice)
    if not isinstance(found, LinkCode):
        return found
    if found.learner == turn.learner.id:
        return reply(say("These two are joined already."))
    turn.shared.join(found.code)
    return Answer(notice=say.label("Joining them…"))


def overheard(turn: Turn, typed: str) -> None:
    """A code was typed where others read it, who could join themselves with whoever made it: it is good no more."""
    if turn.shared and (code := _read(typed)):
        turn.shared.spoil(code)


def _read(typed: str) -> str:
    """The code in what was typed, "" where it can be none."""
    code = "".join(ch for ch in typed.upper() if ch.isalnum())
    return code if len(code) == CODE_LENGTH and set(code) <= set(CODE_LETTERS) else ""


def _valid(turn: Turn, typed: str) -> LinkCode | Answer:
    """The code that was typed, if it is good; else an explanation. Too many guesses are not looked at any more."""
    say, state = turn.say, turn.learner.state
    running = state.codes_since is not None and turn.now - state.codes_since < WINDOW
    wrong = state.wrong_codes if running else 0
    if wrong >= GUESSES:
        return reply(say("Too many wrong codes. Wait an hour, then say “link” in the other chat for a new one."))
    code = _read(typed)
    found = turn.shared.code(code) if code and turn.shared else None
    if found and turn.now - found.at <= CODE_GOOD_FOR:
        return found
    since = state.codes_since if running else turn.now
    turn.remember(wrong_codes=wrong + 1, codes_since=since)
    return reply(say("That code isn't good, or not any more. Say “link” in the other chat for a new one."))
