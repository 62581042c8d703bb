"""The settings modal: its form, and what was filled in as plain text.

What is filled in goes through the conversation like any other event, which checks it and names what is wrong by field.
A field's block has the field's name, but for quiet hours, which have two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.form import OFF, ON
from bot.records import Learner
from bot.schedule import weekdays
from bot.settings import CAP_MAX, zone_name
from bot.wording import Words
from knowledge.markup import plain

CALLBACK = "settings"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
RETENTIONS = (70, 75, 80, 85, 90, 95)  # percent
TITLE_MAX = 24
OPTION_MAX = 75
ZONE_MAX = 60  # characters that may be typed
_BLOCKS = {"quiet": "quiet_from"}  # where a field's errors are shown, if not at a block of its name

Json = dict[str, Any]


def view(learner: Learner, say: Words) -> Json:
    """The modal, filled in with the learner's settings."""
    on = learner.consent == "yes" and not learner.paused
    yes, no = _option(say.label("Yes, bring questions back"), ON), _option(say.label("No, I'll ask"), OFF)
    percent = [_option(f"{share} %", str(share)) for share in _retentions(learner)]
    quiet = learner.quiet_from != learner.quiet_to
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": _plain(say.label("Settings"), TITLE_MAX),
        "submit": _plain(say.label("Save"), TITLE_MAX),
        "close": _plain(say.label("Cancel"), TITLE_MAX),
        "blocks": [
            _input(
                "reminders",
                say.label("May I write to you when questions are due?"),
                {"type": "radio_buttons", "options": [yes, no], "initial_option": yes if on else no},
                hint=say.label("At most once a day, at the time below."),
            ),
            _input("time", say.label("Time"), _clock(learner.quiz_at)),
            _input(
                "zone",
                say.label("Time zone"),
                {
                    "type": "plain_text_input",
                    "max_length": ZONE_MAX,
                    "placeholder": _plain(say.label("Europe/Berlin, or Berlin"), 150),
                    **({"initial_value": zone_name(learner.zone)} if learner.zone else {}),
                },
                optional=True,  # it is asked for where it is needed and not known
                hint=say.label("Your city, or the time it is for you, such as 14:30."),
            ),
            _input("days", say.label("Days"), _days(learner, say)),
            _input(
                "cap",
                say.label("Questions a day, at most"),
                {
                    "type": "number_input",
                    "is_decimal_allowed": False,
                    "min_value": "1",
                    "max_value": str(CAP_MAX),
                    "initial_value": str(min(max(learner.cap, 1), CAP_MAX)),
                },
            ),
            _input(
                "quiet_from",
                say.label("Quiet from"),
                _clock(learner.quiet_from if quiet else None),
                optional=True,
                hint=say.label("Leave both empty, or the same, for no quiet hours."),
            ),
            _input("quiet_to", say.label("Quiet until"), _clock(learner.quiet_to if quiet else None), optional=True),
            _input(
                "retention",
                say.label("How much you'd recall when a question comes back"),
                {
                    "type": "static_select",
                    "options": percent,
                    "initial_option": _option(f"{_percent(learner)} %", str(_percent(learner))),
                },
                hint=say.label("More means more questions."),
            ),
        ],
    }


def fields_of(view_state: Mapping[str, Any]) -> dict[str, str]:
    """What was filled in, as plain text for `Event.fields`.

    Args:
        view_state: a view's "state", or the "values" in it. What is not there, or an empty zone, is left out, and stays
            as it is.
    """
    values: Mapping[str, Any] = view_state.get("values", view_state)
    fields: dict[str, str] = {}
    for block in ("reminders", "retention"):
        if chosen := _element(values, block).get("selected_option"):
            fields[block] = str(chosen["value"])
    if zone := str(_element(values, "zone").get("value") or "").strip():
        fields["zone"] = zone
    if "cap" in values:
        fields["cap"] = str(_element(values, "cap").get("value") or "")
    if "time" in values:
        fields["time"] = str(_element(values, "time").get("selected_time") or "")
    if "days" in values:
        fields["days"] = " ".join(option["value"] for option in _element(values, "days").get("selected_options") or ())
    if "quiet_from" in values or "quiet_to" in values:
        start, end = (_element(values, block).get("selected_time") or "" for block in ("quiet_from", "quiet_to"))
        # Half a pair goes on as it is, to be refused in words.
        fields["quiet"] = "off" if start == end else f"{start}-{end}"
    return fields


def errors_by_block(errors: Mapping[str, str]) -> dict[str, str]:
    """Errors by field, as Slack wants them: by the block that shows them."""
    return {_BLOCKS.get(field, field): text for field, text in errors.items()}


def _element(values: Mapping[str, Any], block: str) -> Mapping[str, Any]:
    """The one element in a block, whatever its action id."""
    found: Mapping[str, Any] = next(iter(values.get(block, {}).values()), {})
    return found


def _input(block: str, label: str, element: Json, *, optional: bool = False, hint: str = "") -> Json:
    return {
        "type": "input",
        "block_id": block,
        "label": _plain(label, 2000),
        "element": {**element, "action_id": block},
        "optional": optional,
        **({"hint": _plain(hint, 2000)} if hint else {}),
    }


def _clock(minutes: int | None) -> Json:
    shown = {} if minutes is None else {"initial_time": f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"}
    return {"type": "timepicker", **shown}


def _days(learner: Learner, say: Words) -> Json:
    options = [_option(plain(name), day) for name, day in zip(weekdays(say), DAYS, strict=True)]
    chosen = [option for day, option in enumerate(options) if learner.days >> day & 1]
    return {"type": "checkboxes", "options": options, **({"initial_options": chosen} if chosen else {})}


def _retentions(learner: Learner) -> Iterable[int]:
    """The usual shares, and the learner's own, which may have been typed."""
    return sorted({*RETENTIONS, _percent(learner)})


def _percent(learner: Learner) -> int:
    return round(learner.retention * 100)


def _option(text: str, value: str) -> Json:
    return {"text": _plain(text, OPTION_MAX), "value": value}


def _plain(text: str, most: int) -> Json:
    cut = text if len(text) <= most else text[: most - 1] + "…"
    return {"type": "plain_text", "text": cut, "emoji": False}
