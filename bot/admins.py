"""Who looks after the base: a name in the setting ADMINS is an account on a platform, and a chat to write to.

`telegram:<user id>`, `slack:<team id>:<user id>`, or `terminal`: whoever sits at the machine.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from bot.messages import Address

_NAME = re.compile(r"telegram:[0-9]+|slack:[A-Z0-9]+:[A-Z0-9]+|terminal")
_AT_THE_MACHINE = "local"  # the user and the chat of the terminal


def address(name: str) -> Address:
    """Where an admin is alone with Tutor: the private chat has the user's id, on Telegram and on Slack.

    Raises:
        ValueError: this names no admin.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not an admin; write telegram:<user id>, slack:<team id>:<user id> or terminal")
    platform, *rest = name.split(":")
    *workspace, user = rest or (_AT_THE_MACHINE,)
    return Address(platform, "".join(workspace), user)


def account(name: str) -> str:
    """The account (`Event.account`) behind an admin's name. Raises ValueError as `address` does."""
    return address(name).lane  # a private chat is named like the one person in it


def is_admin(account: str, admins: Collection[str]) -> bool:
    """Whether the account of an event (`Event.account`) is one of `admins`, names as the setting has them."""
    return account in accounts(admins)


def accounts(admins: Iterable[str]) -> frozenset[str]:
    """The accounts behind names."""
    return frozenset(map(account, admins))
