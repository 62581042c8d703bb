"""views.*: modals and Home tabs."""

from __future__ import annotations

import json
from typing import Any

from tests.fakes.slack.api import Context, Refused, method, problems
from tests.fakes.slack.chat import with_block_ids
from tests.fakes.slack.rules import VIEW_TOTAL, check_view, pings_in
from tests.fakes.slack.state import Json, Trigger, View, Workspace, new_id

TRIGGER_SECONDS = 3.0
STACK = 3


@method("views.open")
def open_view(c: Context) -> Json:
    trigger = _trigger(c)
    view = make_view(c.fake, c.workspace, trigger.user, _view(c, "modal"))
    c.fake.modals[trigger.user] = [view]
    trigger.used = True
    return {"view": c.fake.view_json(view)}


@method("views.push")
def push_view(c: Context) -> Json:
    trigger = _trigger(c)
    stack = c.fake.modals.get(trigger.user)
    if not stack or not trigger.view:
        raise Refused("invalid_trigger_id", "no modal is open for a view to be pushed on")
    body = _view(c, "modal")
    view = push(c.fake, stack, body)
    trigger.used = True
    return {"view": c.fake.view_json(view)}


@method("views.update")
def update_view(c: Context) -> Json:
    view_id, external = c.text("view_id", required=False), c.text("external_id", required=False)
    if not view_id and not external:
        raise Refused("invalid_arguments", "needs view_id or external_id", **problems(["missing view_id"]))
    for view in _all(c.fake, c.workspace):
        if (view_id and view.id == view_id) or (external and view.body.get("external_id") == external):
            _same_hash(c, view)
            replace(c.fake, view, _view(c, str(view.body["type"])))
            return {"view": c.fake.view_json(view)}
    raise Refused("not_found")


@method("views.publish")
def publish(c: Context) -> Json:
    person = c.person(c.text("user_id"))
    body = _view(c, "home")
    view = c.fake.homes.get(person.id)
    if view is None:
        view = c.fake.homes[person.id] = make_view(c.fake, c.workspace, person.id, body)
    else:
        _same_hash(c, view)
        replace(c.fake, view, body)
    return {"view": c.fake.view_json(view)}


def make_view(fake: Any, workspace: Workspace, user: str, body: Json) -> View:
    """A view as Slack keeps it."""
    body = {**body, "blocks": with_block_ids(body["blocks"])}
    view_id = new_id("V")
    return View(view_id, user, workspace, body, fake.new_hash(), root=view_id)


def push(fake: Any, stack: list[View], body: Json) -> View:
    """Put a view on top of a stack of modals."""
    if len(stack) >= STACK:
        raise Refused("push_limit_reached", f"more than {STACK} modals")
    view = make_view(fake, stack[0].workspace, stack[0].user, body)
    view.root, view.previous = stack[0].id, stack[-1].id
    stack.append(view)
    return view


def replace(fake: Any, view: View, body: Json) -> None:
    """Put another body in a view's place; what was filled in under the same ids stays."""
    view.body = {**body, "blocks": with_block_ids(body["blocks"])}
    view.hash = fake.new_hash()


def check_body(fake: Any, body: Any, kind: str) -> Json:
    """A view's body, or Refused."""
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            body = None
    found = check_view(body)
    if not found and body["type"] != kind:
        found = [f"must be of type {kind} [json-pointer:/view/type]"]
    if found:
        raise Refused("invalid_arguments", "; ".join(found), **problems(found))
    if len(json.dumps(body)) > VIEW_TOTAL:
        raise Refused("view_too_large", "more than 250 kB")
    fake.pings += pings_in("", body["blocks"])
    return dict(body)


def _view(c: Context, kind: str) -> Json:
    return check_body(c.fake, c.params.get("view"), kind)


def _trigger(c: Context) -> Trigger:
    given = c.text("trigger_id")
    trigger = c.fake.triggers.get(given)
    if trigger is None or trigger.workspace is not c.workspace:
        raise Refused("invalid_trigger_id", "no such trigger_id")
    if trigger.used:
        raise Refused("exchanged_trigger_id", "a trigger_id is good once")
    if c.fake.now() - trigger.at > TRIGGER_SECONDS:
        raise Refused("expired_trigger_id", "a trigger_id is good for 3 seconds")
    return trigger


def _same_hash(c: Context, view: View) -> None:
    if (given := c.text("hash", required=False)) and given != view.hash:
        raise Refused("hash_conflict")


def _all(fake: Any, workspace: Workspace) -> list[View]:
    views = [*fake.homes.values(), *(view for stack in fake.modals.values() for view in stack)]
    return [view for view in views if view.workspace is workspace]
