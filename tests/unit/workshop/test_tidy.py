"""Laying a file out changes how it looks, never what it says."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from ruamel.yaml import YAML

from adapters import CONTENT
from knowledge.format import TOPIC
from knowledge.workshop.edit import EditError, values
from knowledge.workshop.tidy import tidy

ORDER = tuple(TOPIC.keys)
FILES = sorted(CONTENT.glob("*/*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_shipped_files_are_laid_out(file: object) -> None:
    text = file.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert tidy(text, ORDER) == text


@pytest.mark.parametrize("seed", range(8))
def test_any_order_of_keys_becomes_the_usual_one(seed: int) -> None:
    text = FILES[seed * 5].read_text(encoding="utf-8")
    chance = random.Random(seed)
    root = YAML(typ="rt", pure=True).compose(text)
    starts = [key.start_mark.line for key, _ in root.value]
    lines = text.split("\n")[:-1]
    parts = [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]
    chance.shuffle(parts)
    shuffled = "\n".join(
        [
            *lines[: starts[0]],
            *(f"{line}  " if line and chance.random() < 0.1 else line for part in parts for line in part),
        ]
    )
    assert tidy(shuffled, ORDER) == text


def test_comments_move_with_the_key_below_them() -> None:
    text = (
        "# head\n\n# of the title\ntitle: x\n# of the kind\n# and more\nkind: skill  # behind\n\n\n\nmore: 1\n# last\n"
    )
    laid = tidy(text, ORDER)
    assert (
        laid
        == "# head\n\n# of the title\n# of the kind\n# and more\nkind: skill  # behind\n\ntitle: x\nmore: 1\n# last\n"
        or (Counter(laid.split()) == Counter(text.split()) and laid.index("kind:") < laid.index("title:"))
    )
    assert laid.index("# and more\nkind:") > 0
    assert values(laid) == values(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("id: x\r\nkind: skill\r\n", "kind: skill\nid: x\n"),
        ("\ufeffkind: skill\n\n\n\n\nid: x", "kind: skill\n\nid: x\n"),
        ("kind: skill   \nsummary: >-\n  one\n  two  \nid: x\n", "kind: skill\nid: x\nsummary: >-\n  one\n  two\n"),
        ("{id: x, kind: skill}\n", "{id: x, kind: skill}\n"),
        ("- a\n-  b \n", "- a\n-  b\n"),
    ],
)
def test_line_ends_blanks_and_gaps(text: str, wanted: str) -> None:
    assert tidy(text, ORDER) == wanted
    assert tidy(wanted, ORDER) == wanted


def test_blanks_that_mean_something_stay() -> None:
    text = 'title: "a  \\\n  b"\nkind: skill\n'
    assert values(tidy(text, ORDER)) == values(text)


def test_what_is_no_yaml_is_refused() -> None:
    with pytest.raises(EditError):
        tidy("a: [\n", ORDER)
