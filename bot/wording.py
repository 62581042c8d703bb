"""Every sentence a learner reads comes through here: whole, with named values and plurals, one catalogue a language.

The English text is the message id (gettext's own convention), so the code reads as the learner will. Values are
escaped for light Markdown unless they are `Md` already: a topic title or a typed word cannot inject markup.
`bot/locale/tutor.pot` is extracted by Babel (`make words`); a test keeps it current.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from knowledge.markup import Md, escape

LOCALES = Path(str(files("bot"))) / "locale"
DOMAIN = "tutor"


class Words:
    """The words of one language. Calling it gives a sentence; all results are light Markdown."""

    def __init__(self, language: str, catalogue: gettext.NullTranslations) -> None:
        self.language = language
        self._catalogue = catalogue

    def __call__(self, text: str, /, **values: object) -> Md:
        """The sentence `text` in this language, its `{names}` filled in."""
        found = self._catalogue.gettext(text)
        return Md(found.format_map(_escaped(values)) if values else found)

    def many(self, one: str, other: str, n: int, /, **values: object) -> Md:
        """The plural form that `n` asks for; `{n}` is filled in too."""
        return Md(self._catalogue.ngettext(one, other, n).format_map(_escaped({"n": n, **values})))

    def label(self, text: str, /, **values: object) -> str:
        """A button's label or a notice: plain text, nothing escaped."""
        return self._catalogue.gettext(text).format_map(values) if values else self._catalogue.gettext(text)

    def synonyms(self, text: str, /) -> tuple[str, ...]:
        """A list of command words, separated by commas in the catalogue."""
        return tuple(word.strip() for word in self._catalogue.gettext(text).split(",") if word.strip())


def _escaped(values: Mapping[str, object]) -> Mapping[str, object]:
    return {
        name: value if isinstance(value, Md) or not isinstance(value, str) else escape(value)
        for name, value in values.items()
    }


@cache
def words(language: str, locales: Path = LOCALES) -> Words:
    """The words for a BCP 47 language; the nearest catalogue, else English."""
    code = language.replace("-", "_")
    wanted = [code, code.split("_")[0]]
    return Words(language, gettext.translation(DOMAIN, str(locales), languages=wanted, fallback=True))


def join(parts: Sequence[str], between: str = " ") -> Md:
    """Put sentences together; those that are not Md are escaped."""
    return Md(between.join(part if isinstance(part, Md) else escape(part) for part in parts if part))
