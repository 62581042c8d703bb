"""Admins by the names that a setting gives them."""

from __future__ import annotations

import pytest

from adapters.slack import events
from adapters.slack.sender import is_person
from adapters.terminal import chat
from bot.admins import account, address, is_admin
from bot.messages import Address, Event
from tests.flow.talking import MONDAY

ADMINS = ("telegram:42", "slack:T01:U02", "terminal")


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("telegram:42", Address("telegram", "", "42")),
        ("slack:T01:U02", Address(events.PLATFORM, "T01", "U02")),
        ("terminal", chat.ADDRESS),
    ],
)
def test_a_name_is_a_private_chat_and_the_account_in_it(name: str, where: Address) -> None:
    assert address(name) == where
    sender = chat.SENDER if name == "terminal" else where.chat
    event = Event("1", "text", MONDAY, sender, where)
    assert account(name) == event.account
    assert is_admin(event.account, ADMINS)


def test_slack_sends_to_a_user_id_as_a_direct_message() -> None:
    assert is_person(address("slack:T01:U02").chat)


@pytest.mark.parametrize("other", ["telegram::4", "telegram::421", "telegram:42", "slack:T02:U02", "slack::U02", ""])
def test_nobody_else_is_an_admin(other: str) -> None:
    assert not is_admin(other, ADMINS)
    assert not is_admin(other, ())


@pytest.mark.parametrize(
    "name", ["bob", "telegram:@ann", "telegram:", "slack:U02", "terminal:1", "", "telegram:4\n", "telegram:٤"]
)
def test_what_names_no_admin_is_refused_with_the_forms_that_do(name: str) -> None:
    with pytest.raises(ValueError, match="write telegram:<user id>, slack:<team id>:<user id> or terminal"):
        address(name)
