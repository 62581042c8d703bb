"""Writes `bot/locale/tutor.pot`: every learner-facing sentence in the code, for translators. Run by `make words`."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("bot", "adapters")
POT = ROOT / "bot" / "locale" / "tutor.pot"
# `say("…")` is a sentence, `say.many(one, other, n)` a plural, `say.label` a button or a pattern, `say.synonyms` words.
KEYWORDS: dict[str, tuple[int, ...] | None] = {"say": None, "label": None, "many": (1, 2), "synonyms": None}


def catalogue() -> Catalog:
    """Every sentence found, with where it stands."""
    found = Catalog(project="tutor", version="1", copyright_holder="The Tutor authors", charset="utf-8")
    for room in ROOMS:
        messages = extract_from_dir(
            str(ROOT / room),
            method_map=[("**.py", "python")],
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
        )
        for name, _line, message, comments, _context in messages:
            # No line numbers: they would change with every edit, and the text with them.
            found.add(message, None, [(f"{room}/{Path(name).as_posix()}", 0)], auto_comments=comments)
    return found


def as_text(found: Catalog) -> str:
    """The catalogue as a PO template, the same for the same sentences."""
    out = io.BytesIO()
    write_po(out, found, omit_header=True, sort_output=True, include_lineno=False, width=120)
    return out.getvalue().decode()


if __name__ == "__main__":
    POT.parent.mkdir(exist_ok=True)
    POT.write_text(as_text(catalogue()), encoding="utf-8")
