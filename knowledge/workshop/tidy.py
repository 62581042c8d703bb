"""One way to lay out a file: keys in their usual order, no blanks at line ends, one line feed at the end.

What a file says stays the same, and so do its comments: one above a key moves with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode

from knowledge.workshop.edit import EditError, values

_BOM = "\ufeff"
_BLANKS_AT_END = re.compile(r"[ \t]+(?=\n|$)")
_RUNS = re.compile(r"(?<=\S)[ \t]{2,}")
_GAPS = re.compile(r"\n{3,}")


def tidy(text: str, order: Sequence[str]) -> str:
    """The file as it should be laid out.

    Args:
        text: a YAML file; a mapping in block style, or it is left alone but for blanks and line feeds.
        order: the usual order of the keys at its top level; others follow in their own.

    Raises:
        EditError: it is no YAML.
    """
    before = values(text)
    clean = _BLANKS_AT_END.sub("", text.removeprefix(_BOM).replace("\r\n", "\n").replace("\r", "\n"))
    clean = _GAPS.sub("\n\n", clean).strip("\n") + "\n"
    for candidate in (_ordered(clean, order), clean):
        if _same(values(candidate), before):
            return candidate
    return text  # blanks or empty lines mean something here: a block scalar that keeps them


def _same(one: object, other: object) -> bool:
    """Whether two files say the same to Tutor, which drops blanks at line ends."""
    return repr(_bare(one)) == repr(_bare(other))


def _bare(value: object) -> object:
    if isinstance(value, dict):
        return {key: _bare(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list):
        return [_bare(entry) for entry in value]
    if not isinstance(value, str):
        return value
    # blanks at the end of a folded line stand inside the text that it becomes
    return _RUNS.sub(" ", _GAPS.sub("\n\n", _BLANKS_AT_END.sub("", value))).strip()


def _ordered(text: str, order: Sequence[str]) -> str:
    try:
        root = YAML(typ="rt", pure=True).compose(text)
    except YAMLError as error:
        raise EditError(f"this is not YAML: {error}") from None
    if not isinstance(root, MappingNode) or root.flow_style or not root.value:
        return text
    lines = text.split("\n")[:-1]
    starts = [key.start_mark.line for key, _ in root.value]
    if len(set(starts)) < len(starts) or any(key.start_mark.column for key, _ in root.value):
        return text
    tops = [starts[0], *(_with_comments(lines, above, start) for above, start in pairwise(starts))]
    ends = [*tops[1:], len(lines)]
    places = {key: place for place, key in enumerate(order)}
    parts = [
        (places.get(key.value, len(order)), number, lines[top:end])
        for number, ((key, _), top, end) in enumerate(zip(root.value, tops, ends, strict=True))
    ]
    return "\n".join([*lines[: tops[0]], *(line for _, _, part in sorted(parts) for line in part)]) + "\n"


def _with_comments(lines: Sequence[str], above: int, start: int) -> int:
    """The first line of the comments right above a key, or the key's own."""
    top = start
    while top - 1 > above and lines[top - 1].startswith("#"):
        top -= 1
    return top
