"""Keeps Telegram from finding links, names and commands where nobody meant any.

Its servers look for mentions, hashtags, cashtags, commands, addresses and telephone numbers in every text. A WORD
JOINER after the character that begins one (tdlib's MessageEntity.cpp has the rules) ends that, and is not seen. Rather
a joiner too many than one too few: Telegram's tables of letters and domains change.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from adapters.shared.characters import JOINER
from adapters.shared.pieces import PLAIN, Run

_IN_DOMAIN = r"(?:[0-9A-Za-z_~\-\u200c\u200d\u2010-\u2015]|[^\x00-\xbf\u1680\u2000-\u206f\u3000])"
_BEGINS = re.compile(
    r"(?<=@)(?=[0-9A-Za-z_])"
    r"|(?<=\#)(?=[0-9A-Za-z_\u200c]|[^\x00-\x7f\u2000-\u206f])"
    r"|(?<=\$)(?=[0-9A-Z])"
    r"|(?<=(?<![0-9A-Za-z_/<>])/)(?=[0-9A-Za-z_])"
    r"|(?<=\+)(?=[0-9](?:[ ().\-]*[0-9]){5})"
    r"|(?<=[Tt][Gg]:)(?=//)|(?<=[Tt][Oo][Nn]:)(?=//)"
    rf"|(?<=\.)(?={_IN_DOMAIN}{{2}})"
)
# Figures such as 3.14 are no addresses; four of them are.
_FIGURES = re.compile(rf"(?<!{_IN_DOMAIN})(?<!\.)[0-9.]*[0-9][0-9.]*(?!{_IN_DOMAIN})")
_FOUR_FIGURES = re.compile(r"(?<=[0-9]\.)(?=[0-9]{1,3}\.[0-9]{1,3}\.[0-9])")
_CARD = re.compile(r"[0-9](?:[ \-]*[0-9]){12,}")
_CARD_PART = re.compile(r"(?:[0-9][ \-]*){11}[0-9]")
_ANY = re.compile(r"[@#$/+.](?=\S)|[0-9 \-]{13}")


def places(text: str) -> list[int]:
    """Where joiners belong: each before the character with this index."""
    if not _ANY.search(text):
        return []
    figures = {n for number in _FIGURES.finditer(text) for n in range(*number.span())}
    begins = {at.start() for at in _BEGINS.finditer(text)}
    found = {at for at in begins if text[at - 1] != "." or at - 1 not in figures}
    found |= {at.start() for at in _FOUR_FIGURES.finditer(text)}
    for card in _CARD.finditer(text):
        found |= {card.start() + part.end() for part in _CARD_PART.finditer(card[0])}
    return sorted(at for at in found if at < len(text))


def guarded(runs: Sequence[Run]) -> list[Run]:
    """The runs with joiners where Telegram would find what is not meant, outside of code and of links that are."""
    found: list[Run] = []
    for spot, group in groupby(runs, key=lambda run: run.spot):
        line = list(group)
        joints = [] if spot.kind == "code" else places("".join(run.text for run in line))
        begin = 0
        for run in line:
            end = begin + len(run.text)
            inside = [at - begin for at in joints if begin < at < end]
            edge = begin in joints and begin > 0
            free = not (run.style.code or run.style.url)
            if edge and not free:
                found.append(Run(JOINER, PLAIN, spot))
            text = _with_joiners(run.text, ([0] if edge else []) + inside) if free else run.text
            found.append(replace(run, text=text))
            begin = end
    return found


def guarded_text(text: str) -> str:
    """Plain text, guarded throughout."""
    return _with_joiners(text, places(text))


def _with_joiners(text: str, at: Sequence[int]) -> str:
    parts = (text[begin:end] for begin, end in zip([0, *at], [*at, len(text)], strict=True))
    return JOINER.join(parts)
