"""What the review log says of quiz items, for those who write them. Nothing says who."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection, Text, select, type_coerce

from bot.store.tables import ASK, REVIEW_LOG
from bot.store.types import from_json
from knowledge.workshop.figures import Answer, Wording, fold, wording

ROWS = 2000  # of the log, at once in memory

_AsPut = tuple[Wording, dict[str, str]]  # how an item read, and the folded texts of its options, by their ids then
_VERSION = ',"version":"'

_log = (
    select(
        REVIEW_LOG.c.learner_id,
        REVIEW_LOG.c.seq,
        REVIEW_LOG.c.cancels,
        REVIEW_LOG.c.item,
        REVIEW_LOG.c.outcome,
        REVIEW_LOG.c.guessed,
        REVIEW_LOG.c.hinted,
        REVIEW_LOG.c.chosen,
        REVIEW_LOG.c.seconds,
        REVIEW_LOG.c.retention,
        type_coerce(ASK.c.body, Text),  # read where it is looked at, which is in first answers only
    )
    .select_from(REVIEW_LOG)
    .join(ASK, (ASK.c.learner_id == REVIEW_LOG.c.learner_id) & (ASK.c.n == REVIEW_LOG.c.ask), isouter=True)
    .order_by(REVIEW_LOG.c.learner_id, REVIEW_LOG.c.seq)
    .execution_options(yield_per=ROWS)
)


def logs(conn: Connection) -> Iterator[list[Answer]]:
    """The answers that count, oldest first, one list a learner; read as they are taken, never all at once.

    What was undone or thought better of does not count (as `bot.history.counting` has it). How an item read is told of
    the first answer to it, from the question as it was put.
    """
    known: dict[tuple[str, str], _AsPut] = {}
    for _, rows in groupby(conn.execute(_log), key=itemgetter(0)):
        log = list(rows)
        gone = {row[2] for row in log if row[2]}
        met: set[str] = set()
        answers: list[Answer] = []
        for _, seq, cancels, item, outcome, guessed, hinted, chosen, seconds, retention, body in log:
            if cancels or seq in gone:
                continue
            put, text = None, ""
            if item not in met:
                met.add(item)
                if body is not None:
                    put, texts = _as_put(item, body, known)
                    text = texts.get(chosen, "")
            answers.append(Answer(item, outcome, guessed, hinted, text, seconds, retention, put))
        if answers:
            yield answers


def _as_put(item: str, body: str, known: dict[tuple[str, str], _AsPut]) -> _AsPut:
    """How an item read in an ask, and its options' texts.

    In one version of the library an item reads one way: of a million asks only a few thousand need be decoded. What
    comes before the version's end (kind and stem) is in the key, too; no text holds the mark, since its quotes would
    be escaped there.
    """
    at = body.find(_VERSION)
    key = (item, body[: body.find('"', at + len(_VERSION))])
    found = known.get(key) if at >= 0 else None
    if found is None:
        ask = from_json(body)
        options = ask.get("options", ())
        told = [(text, right) for _, text, right, _ in options]
        put = wording(ask["stem"], told, ask.get("answer", ""), ask.get("accept", ()))
        found = known[key] = put, {id: fold(text) for id, text, *_ in options}
    return found
