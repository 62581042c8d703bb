"""Why search answered, suggested or declined: the evidence of each stage, for people to read.

Contributes nothing to the answer; `tutor ask QUESTION --explain` renders it, and tests hold that it tells the truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from knowledge.model import Found

Why = Literal[
    "named",  # the question is a title or alias, bare or inside a question frame
    "named after repair",
    "sure",  # evidence says the best match is right, by the calibrated curve
    "follow-up",  # nothing but "it": the last topic
    "adrift",  # nothing but "it", and no last topic
    "unsure",  # near enough to offer choices
    "mentioned",  # not near enough, but its name stands in the question
    "leaning",  # not near enough, but it says "it", and there is a last topic
    "nothing near",
    "empty",  # no words at all
]


@dataclass(frozen=True, slots=True)
class Seen:
    """The evidence for one topic.

    `parts` maps a kind of evidence (`fusion.MEANT`, `fusion.LEXICAL`, "leaning") to what it adds to the topic's
    utility, in log odds; `score` is its probability.
    """

    topic: str
    score: float
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Trace:
    """How one question was looked up.

    `words` after normalisation; `repairs` as (typed, meant); `shape` names of what was recognised ("career",
    "leaning", "elliptical"); `named` ids of topics that the question names whole; `seen` the first topics, best first,
    at most three; `against` maps what speaks for none of the topics to its part of that utility, in log odds; `spent`
    maps a stage to milliseconds; `model` says whether the model was asked, `has_model` whether it could have been.
    """

    found: Found
    why: Why
    words: tuple[str, ...]
    repairs: tuple[tuple[str, str], ...] = ()
    shape: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    seen: tuple[Seen, ...] = ()
    against: Mapping[str, float] = field(default_factory=dict)
    spent: Mapping[str, float] = field(default_factory=dict)
    model: bool = False
    has_model: bool = False
