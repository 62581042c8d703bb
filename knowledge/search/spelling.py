"""How likely a misspelling is: the costs of edits, in nats, and spellings by ear.

Contributes: which of several near words was meant. A slip to the next key, two swapped or doubled letters and a missing
one are common; a letter from the other side of the keyboard or a wrong first letter is not. Costs are minus the
logarithm of an edit's chance at one place of a word, rounded to half a nat; they are shared by all bases.
"""

from __future__ import annotations

from collections.abc import Iterator

SWAPPED = 6.0  # "teh"
MISSING = 6.0  # "th", "leter"
DOUBLED = 6.0  # "letterr"
ADDED, ADDED_NEAR = 10.0, 8.0  # "thxe", "thre": near is a key beside one of those around it
REPLACED, REPLACED_NEAR, REPLACED_VOWEL = 9.0, 6.5, 7.5  # "txe", "rhe", "thi"
FIRST = 1.0  # more where it hits the first letter: people look when they start a word
BY_EAR = 6.0
MERGED = 4.0  # a blank left out between two words
SPLIT = 5.0  # a blank within a word
SHIFTED = 7.0  # a blank one letter off

_VOWELS = frozenset("aeiouy")
_ROWS = (("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75))
_KEYS = {key: (place + offset, row) for row, (keys, offset) in enumerate(_ROWS) for place, key in enumerate(keys)}
_BESIDE = frozenset(
    one + other
    for one, (x, y) in _KEYS.items()
    for other, (u, v) in _KEYS.items()
    if one != other and abs(x - u) <= 1.3 and abs(y - v) <= 1
)
_SOUNDS = (
    *(("shun", "tion"), ("shun", "sion"), ("f", "ph"), ("ph", "f"), ("k", "c"), ("c", "k"), ("k", "ch"), ("k", "ck")),
    *(("k", "que"), ("kw", "qu"), ("ks", "x"), ("x", "cks"), ("cks", "x"), ("s", "c"), ("c", "s"), ("z", "s")),
    *(("j", "g"), ("g", "gh"), ("t", "ght"), ("n", "kn"), ("r", "wr"), ("w", "wh"), ("sh", "ti"), ("sh", "ci")),
    *(("ur", "er"), ("er", "ur"), ("ir", "er"), ("ar", "er"), ("er", "or"), ("or", "er"), ("ee", "ea"), ("ea", "ee")),
    *(("e", "ea"), ("ie", "ei"), ("ei", "ie"), ("i", "y"), ("y", "ie"), ("ai", "a"), ("ay", "ai"), ("ite", "ight")),
    *(("u", "oo"), ("oo", "u"), ("o", "ow"), ("o", "oa"), ("ent", "ant"), ("ant", "ent"), ("ence", "ance")),
    *(("ance", "ence"), ("able", "ible"), ("ible", "able")),
)


def by_ear(typed: str) -> Iterator[str]:
    """Spellings that sound like `typed` ("informashun" as "information"), words or not."""
    for heard, spelled in _SOUNDS:
        at = typed.find(heard)
        while at >= 0:
            yield typed[:at] + spelled + typed[at + len(heard) :]
            at = typed.find(heard, at + 1)


def cost(typed: str, meant: str) -> float:
    """The least costly way to have typed `typed` for `meant`, in nats; the alignment is optimal string alignment."""
    start, end = _ends(typed, meant)
    wrong, right = typed[start : len(typed) - end], meant[start : len(meant) - end]
    before = meant[start - 1 : start]
    above: list[float] = []
    row = [0.0]
    for y in range(1, len(right) + 1):
        row.append(row[-1] + _missing(meant, start + y - 1))
    for x in range(1, len(wrong) + 1):
        typed_key, after = wrong[x - 1], typed[start + x : start + x + 1]
        twice, above, row = above, row, [row[0] + _added(typed_key, before, after, start + x == 1)]
        for y in range(1, len(right) + 1):
            meant_key, first = right[y - 1], FIRST * (start + y == 1)
            best = min(
                above[y] + _added(typed_key, meant_key, meant[start + y : start + y + 1], start + x == 1),
                row[y - 1] + _missing(meant, start + y - 1),
                above[y - 1] + (0.0 if typed_key == meant_key else _replaced(typed_key, meant_key) + first),
            )
            if x > 1 and y > 1 and typed_key == right[y - 2] and wrong[x - 2] == meant_key:
                best = min(best, twice[y - 2] + SWAPPED + FIRST * (start + y == 2))
            row.append(best)
    return row[-1]


def _ends(one: str, other: str) -> tuple[int, int]:
    """How many letters two words share at the start, and at the end of what is left."""
    shorter = min(len(one), len(other))
    start = 0
    while start < shorter and one[start] == other[start]:
        start += 1
    end = 0
    while end < shorter - start and one[-1 - end] == other[-1 - end]:
        end += 1
    return start, end


def _added(key: str, before: str, after: str, first: bool) -> float:
    if key in (before, after):
        price = DOUBLED
    else:
        price = ADDED_NEAR if key + before in _BESIDE or key + after in _BESIDE else ADDED
    return price + FIRST * first


def _missing(meant: str, at: int) -> float:
    return MISSING + FIRST * (at == 0)


def _replaced(typed: str, meant: str) -> float:
    if typed + meant in _BESIDE:
        return REPLACED_NEAR
    return REPLACED_VOWEL if typed in _VOWELS and meant in _VOWELS else REPLACED
