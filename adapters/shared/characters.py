"""Characters, as platforms and readers see them: how long a text is, what is in it to see, where it may be parted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urlsplit

JOINER = "\u2060"  # WORD JOINER: of no width, and no platform takes it for a part of a name, an address or a command
MORE = "…"
URL_MAX = 2000  # longer addresses are shown as the text they are

_CLUSTER_MAX = 64  # characters that one letter with its marks may have before it is cut after all
_SURROGATE = re.compile("[\ud800-\udfff]")
# What platforms refuse, blank out or delete on their own: better decided here, before links and names are looked for.
_NO_TEXT = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
    + "]"
)
_LINE_ENDS = re.compile("\r\n|[\r\u2028\u2029]")
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]|[\u200e\u200f]+(?=[\u200e\u200f])")
_DELETED_MARKS = re.compile("[\u030a\u0333\u033f]")  # Telegram deletes them, and may join what they kept apart
_CLAUSES = re.compile("[^。！？，、；：]*[。！？，、；：]+|[^。！？，、；：]+")
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffc")


def units(text: str) -> int:
    """The length in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def clean(text: str) -> str:
    """The text without what platforms refuse or change on their own.

    Lone surrogates, controls and noncharacters become U+FFFD; line separators line ends; what only steers the
    direction of writing goes.
    """
    if text.isascii() and text.isprintable():
        return text
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _LINE_ENDS.sub("\n", text).replace("\x0b", " ").replace("\x0c", " ")
    text = _DIRECTIONS.sub("", _NO_TEXT.sub("\ufffd", text))
    if _DELETED_MARKS.search(text):
        text = _DELETED_MARKS.sub("", unicodedata.normalize("NFC", text))
    return text


def visible(text: str) -> bool:
    """Whether there is anything to see in the text."""
    return not all(
        char.isspace() or char in _INVISIBLE or "\ufe00" <= char <= "\ufe0f" or unicodedata.category(char)[0] in "ZC"
        for char in text
    )


@lru_cache(maxsize=4096)
def linkable(url: str) -> bool:
    """Whether every platform takes the address for a link's."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    known = len(url) <= URL_MAX and url.isascii() and url.isprintable() and not re.search(r"[\s<>|\\^`{}\"]", url)
    named = re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])", host)
    return bool(known and named and len(host) <= 253 and parts.scheme in ("http", "https") and "@" not in parts.netloc)


def shortened(text: str, size: int) -> str:
    """The text in at most `size` UTF-16 units, its end cut off behind a word if one ends late enough."""
    if units(text) <= size:
        return text
    room = size - units(MORE)
    end = 0
    for chunk in chunks(text, 1):
        room -= units(chunk)
        if room < 0:
            break
        end += len(chunk)
    word = text.rfind(" ", 0, end + 1)
    return text[: word if word > end * 2 // 3 else end].rstrip(" ,;:") + MORE


def chunks(text: str, most: int) -> Iterator[str]:
    """A word in parts that may be parted: whole if it is short, else by clauses and by letters with their marks."""
    if len(text) <= 2 * most:
        yield text
        return
    for clause in _CLAUSES.findall(text):
        begin = 0
        while begin < len(clause):
            end = min(begin + most, len(clause))
            while end < len(clause) and end - begin < most + _CLUSTER_MAX and _holds_together(clause, begin, end):
                end += 1
            yield clause[begin:end]
            begin = end


def _holds_together(text: str, begin: int, at: int) -> bool:
    """Whether the characters before and at `at` make one letter, as readers see it."""
    before, after = text[at - 1], text[at]
    if before in ("\u200d", JOINER) or after in ("\u200c", "\u200d", JOINER):
        return True
    if unicodedata.category(after)[0] == "M" or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if "\U000e0020" <= after <= "\U000e007f" or "\u1160" <= after <= "\u11ff":
        return True
    flags = 0
    while at - flags > begin and "\U0001f1e6" <= text[at - flags - 1] <= "\U0001f1ff":
        flags += 1
    return flags % 2 == 1 and "\U0001f1e6" <= after <= "\U0001f1ff"
