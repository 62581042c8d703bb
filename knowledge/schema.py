"""A JSON Schema of topic files, for editors, made from the same tables that the loader reads by.

`topic.schema.json` beside this module is its dump; a test keeps the two alike. Topic files in content/<folder>/ name it
in their first line: `# yaml-language-server: $schema=../../topic.schema.json`.
"""

from __future__ import annotations

import json
from typing import Any

from knowledge.format import TOPIC, Day, Flag, ListOf, Reasons, Table, Type, Whole, Words
from knowledge.rules import CODES

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def topic_schema() -> dict[str, Any]:
    """The schema of a topic file (JSON Schema 2020-12)."""
    return {
        "$schema": DIALECT,
        "title": "Tutor topic",
        "description": "One topic of a Tutor knowledge base. Save it as <folder of its kind>/<id>.yaml.",
        **_schema(TOPIC),
    }


def dump() -> str:
    """The schema as it is committed."""
    return json.dumps(topic_schema(), indent=2, ensure_ascii=False) + "\n"


def _schema(type: Type) -> dict[str, Any]:
    match type:
        case Words(one_of=()) if type.pattern:
            return {"type": "string", "minLength": 1, "maxLength": type.most, "pattern": f"^{type.pattern}$"}
        case Words(one_of=()):
            return {"type": "string", "minLength": 1, "maxLength": type.most}
        case Words():
            return {"enum": list(type.one_of)}
        case Whole():
            return {"type": "integer", "minimum": type.least, "maximum": type.most}
        case Flag():
            return {"type": "boolean"}
        case Day():
            return {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
        case Reasons():
            return {
                "type": "object",
                "propertyNames": {"enum": list(CODES)},
                "additionalProperties": {"type": "string"},
            }
        case ListOf():
            bounds = {"minItems": type.least, "maxItems": type.most}
            schema = {"type": "array", "items": _schema(type.of), **{name: n for name, n in bounds.items() if n}}
            if type.one:
                flag = {"properties": {type.one: {"const": True}}, "required": [type.one]}
                schema |= {"contains": flag, "minContains": 1, "maxContains": 1}
            return schema
        case Table():
            return _table(type)


def _table(table: Table) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: {"description": key.help, **_schema(key.type)} for name, key in table.keys.items()},
        "required": [name for name, key in table.keys.items() if key.required],
        "additionalProperties": False,
    }
    kinds = (
        table.keys["kind"].type.one_of if "kind" in table.keys and isinstance(table.keys["kind"].type, Words) else ()
    )
    rules = [rule for kind in kinds if (rule := _of_kind(table, kind))]
    return {**schema, "allOf": rules} if rules else schema


def _of_kind(table: Table, kind: str) -> dict[str, Any]:
    """What holds for one kind only: keys that it must not have, keys that it must."""
    then: dict[str, Any] = {}
    allowed = {name for name, _ in table.of_kind(kind)}
    if misplaced := [name for name in table.keys if name not in allowed]:
        then["properties"] = {name: False for name in misplaced}
    if needed := [name for name, key in table.keys.items() if kind in key.needed]:
        then["required"] = needed
    return {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": then} if then else {}
