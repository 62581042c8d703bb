"""What Slack does with what comes in an acknowledgement: a slash command's answer, a modal's errors or next view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.slack import chat, views
from tests.fakes.slack.api import Context, Refused
from tests.fakes.slack.state import Call, Delivery, Json, View

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack


def to_slash(fake: FakeSlack, delivery: Delivery) -> None:
    """Show the answer to a slash command: its text for the person alone, or as it says."""
    body: Any = delivery.body
    if isinstance(body, str):
        body = {"text": body} if body.strip() else None
    if not body:
        return
    to = fake.response_urls[delivery.payload["response_url"]]
    call = Call("acknowledgement", body, "", fake.now())
    fake.calls.append(call)
    context = Context(fake, call, body, delivery.workspace)
    try:
        chat.respond(context, to)
        to.uses -= 1  # an acknowledgement uses nothing up
        call.outcome, call.executed = "ok", True
    except Refused as refused:
        call.outcome = delivery.refused = refused.error
        call.rule = refused.rule or refused.error
    for after in context.after:
        after()


def to_submission(fake: FakeSlack, delivery: Delivery, view: View) -> None:
    """Close, change or push the modal, as the acknowledgement of its submission says."""
    stack = fake.modals.get(view.user, [])
    body: Any = delivery.body
    if isinstance(body, str) and body.strip():
        _complain(fake, delivery, {"body": body}, "must be JSON or empty")
        return
    told: Json = body or {}
    what = told.get("response_action")
    try:
        if what == "errors":
            _check_errors(view, told.get("errors"))
        elif view not in stack:
            return  # closed meanwhile
        elif what is None:
            stack.remove(view)
        elif what == "clear":
            stack.clear()
        elif what == "update":
            views.replace(fake, view, views.check_body(fake, told.get("view"), "modal"))
        elif what == "push":
            views.push(fake, stack, views.check_body(fake, told.get("view"), "modal"))
        else:
            raise Refused("invalid_response_action", f"response_action {what}")
    except Refused as refused:
        _complain(fake, delivery, told, refused.rule or refused.error)


def _check_errors(view: View, errors: Any) -> None:
    if not isinstance(errors, dict) or not errors:
        raise Refused("invalid_errors", "errors must name at least one block_id")
    inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
    for block_id, words in errors.items():
        if block_id not in inputs:
            raise Refused("invalid_errors", f"{block_id} is no input block of the modal")
        if not isinstance(words, str) or not 1 <= len(words) <= 2000:
            raise Refused("invalid_errors", f"the error for {block_id} must be a text of 1 to 2000 characters")


def _complain(fake: FakeSlack, delivery: Delivery, told: Json, rule: str) -> None:
    """The person sees "We had some trouble connecting"."""
    delivery.refused = rule
    fake.calls.append(Call("acknowledgement", told, "", fake.now(), outcome="refused", rule=rule))
