from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from knowledge.loader import look
from knowledge.reading import Map, Node, Scalar, Seq, read
from knowledge.schema import dump, topic_schema
from knowledge.shape import plain_value
from tests.unit.knowledge.bases import CONTENT, FIXTURES, GOOD, ROOT, base_with

SCHEMA = topic_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
# Wrong in ways that no schema can see: between files, in names, or before there are any values.
BEYOND = {
    "answer-of-marks", "dates-impossible", "duplicate-items", "file-name", "long-id", "name-of-marks", "references",
    "repeated", "same-options", "wrong-folder",
}  # fmt: skip


def value(node: Node | None) -> Any:
    """What an editor's YAML reader makes of a node."""
    if isinstance(node, Map):
        return {key: value(child) for key, child in node.values.items()}
    if isinstance(node, Seq):
        return [value(item) for item in node.items]
    return plain_value(node) if isinstance(node, Scalar) else None


def errors(data: bytes) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(value(read("x.yaml", data).root))]


def test_the_committed_schema_is_current() -> None:
    assert (ROOT / "knowledge" / "topic.schema.json").read_text() == dump(), (
        "write it anew with knowledge.schema.dump()"
    )


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(dump()) == SCHEMA


def test_every_key_is_described() -> None:
    assert all(key["description"] for key in SCHEMA["properties"].values())
    assert all(key["description"] for key in SCHEMA["properties"]["quiz"]["items"]["properties"].values())


@pytest.mark.parametrize(
    "path", sorted([*GOOD.glob("*/*.yaml"), *CONTENT.glob("*/*.yaml")]), ids=lambda path: path.stem
)
def test_topics_are_valid(path: Path) -> None:
    assert errors(path.read_bytes()) == []


@pytest.mark.parametrize("path", sorted((FIXTURES / "broken").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_schema_objects_to_what_the_loader_objects_to(path: Path, tmp_path: Path) -> None:
    survey = look(base_with(tmp_path, {"practices/sample.yaml": path.read_bytes()}))
    codes = {problem.code for problem in survey.problems}
    before = {"yaml-syntax", "yaml-anchor", "yaml-alias", "yaml-tag", "yaml-key", "duplicate-key", "many-documents"}
    if path.stem not in BEYOND and not codes & (before | {"too-deep", "empty-file", "control-character"}):
        assert errors(path.read_bytes())


@pytest.mark.parametrize("kind", ["skill", "practice", "career", "concept", "path"])
def test_the_rules_of_each_kind(kind: str) -> None:
    text = f"kind: {kind}\nid: a\ntitle: A\nsummary: A.\n"
    own = {"concept": "part_of: skill/b\n", "career": "needs: []\n", "path": "steps: [skill/b]\n"}
    assert (errors(text.encode()) == []) == (kind != "path")
    for other, more in own.items():
        assert (
            errors((text + own.get(kind, "" if kind != "path" else own["path"]) * (other != kind) + more).encode())
            == []
        ) == (other == kind)
