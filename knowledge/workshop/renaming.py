"""Another id for a topic or an item: file, references and `formerly` in one go, so that progress follows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from knowledge.draft import Draft
from knowledge.errors import Problem, TutorError
from knowledge.files import File, Files, gather
from knowledge.format import FULL_ID, SLUG, TOPIC
from knowledge.links import references
from knowledge.loader import Survey, survey
from knowledge.model import FOLDERS
from knowledge.names import nearest, nearest_topic
from knowledge.workshop import edit

ORDER = tuple(TOPIC.keys)


class RenameError(TutorError):
    """A topic or item cannot be renamed; nothing was changed. `problems` names what the base would suffer from."""

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        self.problems = problems
        super().__init__(message)


def rename(folder: Path, old: str, new: str) -> dict[str, str | None]:
    """What must be written to call `old` (a topic's full id, or an item's key) `new`: by path, None to delete it.

    Nothing is written here. The base with these changes has been loaded, and holds.

    Args:
        folder: the base.
        old: "practice/fault-tolerance", or "practice/fault-tolerance#ft-standby".
        new: the full id; for an item its new id alone, or its key in the same topic.

    Raises:
        RenameError: there is no such thing, the new name is taken or no id, or the base would not load.
        EditError: a file is written in a way that cannot be changed safely.
    """
    files = gather(folder)
    before = survey(files)
    drafts = {draft.id: draft for draft in before.drafts}
    if before.library is None:
        raise RenameError("the base has errors: mend them first, tutor knowledge check lists them", before.problems)
    topic, _, item = old.partition("#")
    if topic not in drafts:
        meant = nearest_topic(topic, drafts)
        raise RenameError(f"there is no topic {topic}" + (f': did you mean "{meant}"?' if meant else ""))
    texts = {file.path: file.data.decode("utf-8") for file in files.files if not file.problem}
    changed = _item(drafts[topic], item, new, texts) if item else _topic(drafts, topic, new, texts)
    after = survey_with(files, changed)
    if after.library is None:
        raise RenameError("the base would not load afterwards", after.problems)
    return changed


def _topic(drafts: dict[str, Draft], old: str, new: str, texts: dict[str, str]) -> dict[str, str | None]:
    if not re.fullmatch(FULL_ID, new):
        raise RenameError(f'"{new}" is no full id such as {old}')
    if new in drafts:
        raise RenameError(f"{new} exists already, in {drafts[new].sheet.path}")
    own = drafts[old]
    (kind, slug), (new_kind, new_slug) = old.split("/"), new.split("/")
    text = texts[own.sheet.path]
    if new in (own.values.get("formerly") or ()):
        raise RenameError(f"{new} is a former id of {old}: delete it from formerly to go back to it")
    if kind != new_kind:
        text = edit.replace(text, ("kind",), new_kind)
    if slug != new_slug:
        text = edit.replace(text, ("id",), new_slug)
    text = edit.append(text, "formerly", old, ORDER)
    changed: dict[str, str | None] = {own.sheet.path: None}
    for draft in drafts.values():
        body = text if draft is own else texts[draft.sheet.path]
        for at in [at for _, at, id in references(draft) if id == old]:
            body = edit.replace(body, at, new)
        if draft is own:
            folder = next(folder for known, folder in FOLDERS.items() if known == new_kind)
            changed[f"{folder}/{new_slug}.yaml"] = body
        elif body != texts[draft.sheet.path]:
            changed[draft.sheet.path] = body
    return changed


def _item(draft: Draft, old: str, new: str, texts: dict[str, str]) -> dict[str, str | None]:
    home, _, slug = new.rpartition("#")
    if home not in ("", draft.id):
        raise RenameError("an item stays in its topic: move it by hand, with its old key in formerly")
    if not re.fullmatch(SLUG, slug):
        raise RenameError(f'"{slug}" is no id: small letters a-z, digits and single hyphens')
    ids = [item["id"] for item in draft.values.get("quiz") or ()]
    if old not in ids:
        meant = nearest(old, ids)
        raise RenameError(f"{draft.id} has no item {old}" + (f': did you mean "{meant}"?' if meant else ""))
    if slug in ids:
        raise RenameError(f"{draft.id} has an item {slug} already")
    number = ids.index(old)
    text = edit.replace(texts[draft.sheet.path], ("quiz", number, "id"), slug)
    return {draft.sheet.path: edit.append(text, "formerly", old, at=("quiz", number))}


def survey_with(files: Files, changed: Mapping[str, str | None]) -> Survey:
    """What the loader would say if these files held these texts; None: if they were gone."""
    return survey(Files(tuple(sorted(_with(files, changed), key=lambda file: file.path)), files.problems))


def _with(files: Files, changed: Mapping[str, str | None]) -> Iterator[File]:
    yield from (file for file in files.files if file.path not in changed)
    yield from (File(path, text.encode()) for path, text in changed.items() if text is not None)
