"""The error family of Tutor, and the problems that a knowledge base can have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


class TutorError(Exception):
    """Head of the family: anything a person can mend. Its text says where, what and how."""


class SettingsError(TutorError):
    """A setting is wrong or missing."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a knowledge base, placed so that an editor can jump to it.

    `line` and `column` count from 1 (0: the whole file); `text` is the line itself.
    """

    severity: Literal["error", "warning"]
    code: str
    message: str
    path: str
    line: int = 0
    column: int = 0
    text: str = ""
    suggestion: str = ""


class KnowledgeError(TutorError):
    """A knowledge base could not be loaded; `problems` holds every reason, in file order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        errors = [problem for problem in problems if problem.severity == "error"]
        text = f"{len(errors)} problem{'s' * (len(errors) != 1)} in the knowledge base"
        if errors:
            first = errors[0]
            place = f"{first.path}:{first.line}:{first.column} " if first.line else f"{first.path} ".lstrip()
            text += f"; first: {place}{first.message} ({first.suggestion})"
        super().__init__(text)
