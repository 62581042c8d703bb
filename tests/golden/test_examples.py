"""The second base shows that nothing is tied to the first: another subject, the same commands."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from adapters import user_cache
from knowledge.check import check
from knowledge.search import searchable
from knowledge.search.golden import ask_file, ask_topics
from knowledge.search.late import late
from knowledge.search.questions import TopicIds, read_questions

ONBOARDING = Path(__file__).parents[2] / "examples" / "onboarding"


def test_joining_a_software_team() -> None:
    survey = check(ONBOARDING, datetime.now(UTC).date())
    assert not survey.problems
    assert survey.library is not None
    library = searchable(survey.library, user_cache(), late())
    file = ONBOARDING / "golden" / "asked.yaml"
    asked = read_questions(file.name, file.read_bytes(), TopicIds(library))
    assert not asked.problems
    assert len(asked.questions) >= 25
    assert not list(ask_topics(library, survey.drafts))
    assert not list(ask_file(library, asked))
    for question in ("what is fault tolerance", "how do i become a data engineer", "kubernetes"):  # the first base's
        assert library.find(question).decision != "answer"
