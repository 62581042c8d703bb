"""The settings modal: what Slack takes, and what becomes of what is filled in, in the real conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import modal
from adapters.slack.home import Screens
from bot.lookup import Lookup
from bot.messages import Address, Event
from bot.records import Learner
from bot.settings import NAMES
from bot.store.queries import learner as read
from bot.wording import words
from tests.fakes.slack import forms
from tests.fakes.slack.rules import check_view
from tests.fakes.slack.state import View, Workspace
from tests.flow.talking import MONDAY, World, world

HOME = Address("slack", "T1", "U1")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


def someone(**fields: Any) -> Learner:
    return replace(Learner(id=1, created_at=MONDAY), **fields)


def shown(learner: Learner) -> View:
    """The modal before somebody, seen to be one that Slack takes."""
    body = modal.view(learner, words("en"))
    assert check_view(body) == []
    return View("V1", "U1", Workspace("T1", "team", "x", "UBOT", "B1"), body, "hash")


def filled(view: View, **given: Any) -> dict[str, str]:
    forms.fill(view, given)
    assert forms.missing(view) == []
    return modal.fields_of({"values": forms.values(view.body["blocks"], view.filled)})


async def stored(here: World) -> Learner | None:
    return await here.db.fetch(lambda conn: read.learner_by_account(conn, "slack:T1:U1"))


async def submit(here: World, fields: dict[str, str]) -> dict[str, str]:
    """Send the form; returns the errors."""
    id = f"slack:T1:V:{next(here.ids)}"
    sent = Event(id, "submit", here.now, "U1", HOME, action=modal.CALLBACK, fields=fields, home=HOME)
    receipt = await here.inbox.receive(sent)
    assert receipt.outcome == "done"
    return dict(receipt.errors)


@pytest.mark.parametrize(
    "learner",
    [
        someone(),
        someone(zone="Europe/Berlin", consent="yes", quiz_at=23 * 60 + 59, days=0b0000001, cap=50, retention=0.95),
        someone(zone="Etc/GMT-1", quiet_from=0, quiet_to=0, retention=0.87, cap=1),
        someone(zone="America/Argentina/ComodRivadavia", days=0, cap=0, retention=0.7, paused="learner", consent="yes"),
    ],
)
def test_slack_takes_it_whatever_is_set(learner: Learner) -> None:
    shown(learner)


def test_blocks_are_the_fields_that_the_conversation_knows() -> None:
    blocks = {block["block_id"] for block in shown(someone()).body["blocks"]}
    assert blocks == (NAMES - {"quiet"}) | {"reminders", "quiet_from", "quiet_to"}
    every = dict.fromkeys([*NAMES, "reminders"], "wrong")
    assert set(modal.errors_by_block(every)) <= blocks
    assert modal.errors_by_block({"quiet": "*no*"}) == {"quiet_from": "*no*"}


def test_what_is_shown_is_what_comes_back() -> None:
    learner = someone(
        zone="Europe/Berlin", consent="yes", quiz_at=7 * 60 + 30, days=0b0010101, cap=12, retention=0.9, quiet_to=6 * 60
    )
    assert filled(shown(learner)) == {
        "reminders": "on",
        "time": "07:30",
        "zone": "Europe/Berlin",
        "days": "mon wed fri",
        "cap": "12",
        "quiet": "22:00-06:00",
        "retention": "90",
    }


def test_quiet_hours_may_be_none_and_half_a_pair_is_passed_on() -> None:
    assert filled(shown(someone(quiet_from=0, quiet_to=0)))["quiet"] == "off"
    assert filled(shown(someone()), quiet_from="", quiet_to="")["quiet"] == "off"
    assert filled(shown(someone()), quiet_from="08:00", quiet_to="08:00")["quiet"] == "off"
    assert filled(shown(someone()), quiet_to="")["quiet"] == "22:00-"


def test_what_is_not_there_is_left_as_it_is() -> None:
    assert modal.fields_of({}) == {}
    assert modal.fields_of({"values": {}}) == {}
    assert "zone" not in filled(shown(someone()))
    assert "zone" not in filled(shown(someone(zone="Europe/Berlin")), zone="  ")


async def test_saving_without_a_change_changes_nothing(here: World) -> None:
    here.now = MONDAY
    assert await submit(here, {"zone": "UTC+1", "retention": "87"}) == {}
    before = await stored(here)
    assert before is not None
    assert await submit(here, filled(shown(before))) == {}
    assert await stored(here) == before


async def test_what_is_filled_in_is_set(here: World) -> None:
    view = shown(someone())
    fields = filled(
        view, reminders="on", time="07:30", zone="berlin", days=["mon", "fri"], cap="5", quiet_from="", quiet_to="",
        retention="90",
    )  # fmt: skip
    assert await submit(here, fields) == {}
    found = await stored(here)
    assert found is not None
    assert (found.consent, found.zone, found.quiz_at, found.days) == ("yes", "Europe/Berlin", 7 * 60 + 30, 0b0010001)
    assert (found.cap, found.retention, found.quiet_from == found.quiet_to) == (5, 0.9, True)
    assert found.home == HOME


@pytest.mark.parametrize(
    ("given", "block"),
    [
        ({"zone": "Atlantis"}, "zone"),
        ({"quiet_to": ""}, "quiet_from"),
        ({"reminders": "on"}, "zone"),
    ],
)
async def test_what_is_wrong_is_said_where_it_is(here: World, given: dict[str, str], block: str) -> None:
    view = shown(someone())
    errors = modal.errors_by_block(await submit(here, filled(view, **given)))
    assert list(errors) == [block]
    assert block in {each["block_id"] for each in view.body["blocks"] if each["type"] == "input"}
    assert 0 < len(errors[block]) <= 150
    found = await stored(here)
    assert found is None or (found.zone, found.consent) == ("", "")


async def test_it_opens_filled_in_for_somebody_known_and_for_somebody_new(here: World) -> None:
    screens = Screens(Lookup(here.db), lambda: here.library, lambda: here.now)
    assert check_view(await screens.settings("T1", "U1")) == []
    await submit(here, {"cap": "17"})
    view = await screens.settings("T1", "U1")
    cap = next(block for block in view["blocks"] if block["block_id"] == "cap")
    assert cap["element"]["initial_value"] == "17"
