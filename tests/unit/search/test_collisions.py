"""Titles that differ by an ending: the field and the job, the platform and its architect."""

from __future__ import annotations

import pytest

from knowledge.model import Library

FIELD = (
    "{}",
    "{}?",
    "what is {}",
    "what's {} all about?",
    "explain {} to me",
    "tell me about {} please",
    "define {}",
    "an introduction to {}",
    "why does {} matter",
    "why is {} important",
    "how does {} work",
    "what do I need to know about {}",
    "{} basics",
    "i want to learn {}",
    "{} in simple words",
    "what are the benefits of {}",
    "is {} hard to learn",
    "how do I get better at {}",
    "best practices for {}",
    "which tools are used for {}",
)
JOB = (
    "{}",
    "{}?",
    "what is a {}",
    "what does a {} do",
    "who is a {}",
    "tell me about the {}",
    "how do I become a {}",
    "{} salary",
    "how much does a {} earn",
    "what skills does a {} need",
    "is {} a good career",
    "{} job description",
    "what are the responsibilities of a {}",
    "a day in the life of a {}",
    "i want to be a {}",
    "does a {} write code",
    "the role of {} explained",
    "how to get hired as a {}",
    "which tools does a {} use",
    "can I work as a {} without a degree",
)
ASKED = {
    "skill/data-engineering": ("data engineering", FIELD),
    "career/data-engineer": ("data engineer", JOB),
    "career/devops-engineer": ("DevOps engineer", JOB),
    "concept/ci-cd": ("CI/CD", FIELD),
    "career/cloud-architect": ("cloud architect", JOB),
    "skill/cloud-platforms": ("cloud platforms", FIELD),
    "career/sre": ("SRE", JOB),
    "career/ai-ml-engineer": ("machine learning engineer", JOB),
    "skill/software-engineering": ("software engineering", FIELD),
}
MISTYPED = {
    "data enginering": "skill/data-engineering",
    "dataengineering": "skill/data-engineering",
    "data enginer": "career/data-engineer",
    "dataengineer": "career/data-engineer",
    "how do i becom a data enginer": "career/data-engineer",
    "dev ops engineer": "career/devops-engineer",
    "devops enginer": "career/devops-engineer",
    "cicd": "concept/ci-cd",
    "ci-cd": "concept/ci-cd",
    "what is ci cd": "concept/ci-cd",
    "cloud architct": "career/cloud-architect",
    "cloud platfroms": "skill/cloud-platforms",
    "site reliabilty engineer": "career/sre",
}


MISSED_BY_WORDS = {"best practices for data engineering"}  # known to fail without the model: the practices pull harder


@pytest.mark.parametrize("topic", ASKED)
def test_titles_that_collide_are_told_apart_however_they_are_asked_for(
    library: Library, topic: str, request: pytest.FixtureRequest
) -> None:
    name, phrasings = ASKED[topic]
    wrong = {}
    for phrasing in phrasings:
        found = library.find(phrasing.format(name))
        if found.matches[0].id != topic or found.decision == "unknown":
            wrong[phrasing.format(name)] = (found.decision, found.confidence, found.matches[0].id)
    asked = {phrasing.format(name) for phrasing in phrasings}
    assert set(wrong) == (MISSED_BY_WORDS & asked if "words" in request.node.name else set()), wrong


@pytest.mark.parametrize(("typed", "meant"), MISTYPED.items())
def test_titles_that_collide_are_told_apart_when_mistyped(library: Library, typed: str, meant: str) -> None:
    assert library.find(typed).matches[0].id == meant


@pytest.mark.parametrize(
    "question",
    [
        "what is spork",
        "how does a SPARC work",
        "what is an APU",
        "waht is data equality",
        "vertical sealing",
        "how does http work",
    ],
)
def test_another_word_is_not_taken_for_a_misspelled_name(library: Library, question: str) -> None:
    """A short word or a real one is no sure misspelling of a name, and HTTPS is not several HTTP."""
    assert library.find(question).decision != "answer"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("what is spakr", "concept/apache-spark"), ("gdrp", "concept/gdpr"), ("kubernets", None), ("what are APIs", None)],
)
def test_slips_in_short_names_are_seen_through(library: Library, typed: str, meant: str | None) -> None:
    found = library.find(typed)
    assert found.decision == "answer"
    assert meant in (None, found.matches[0].id)
