"""Faults that a test can order, with the very words of the real server."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.fakes.telegram.world import Json


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a call instead of, or (`after`) on top of its being carried out.

    `drop` closes the connection without an answer; `hang` seconds pass before anything happens; `body` is sent as it
    is, as HTML, in place of JSON.
    """

    status: int = 400
    description: str = ""
    parameters: Json = field(default_factory=dict)
    body: str = ""
    drop: bool = False
    hang: float = 0.0
    after: bool = False


def too_many(retry_after: int = 3) -> Fault:
    """429: asked to wait so many seconds."""
    return Fault(429, f"Too Many Requests: retry after {retry_after}", {"retry_after": retry_after})


def server_error(status: int = 500) -> Fault:
    """A 5xx with a JSON body."""
    words = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}
    return Fault(status, words[status])


def bad_gateway() -> Fault:
    """The HTML page of the server in front."""
    title = "502 Bad Gateway"
    page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
    return Fault(502, "Bad Gateway", body=page + "<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n")


def drop(*, after: bool = False) -> Fault:
    """The connection breaks: before the call is carried out, or `after` it."""
    return Fault(drop=True, after=after)


def hang(seconds: float = 60.0, *, after: bool = False) -> Fault:
    """No answer for so many seconds (real ones), then the connection breaks."""
    return Fault(hang=seconds, drop=True, after=after)


def slow(seconds: float) -> Fault:
    """The call is carried out, but its answer comes so much later."""
    return Fault(status=200, hang=seconds, after=True)


def migrated(to: int) -> Fault:
    """The group became a supergroup."""
    return Fault(400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": to})


BLOCKED = Fault(403, "Forbidden: bot was blocked by the user")
DEACTIVATED = Fault(403, "Forbidden: user is deactivated")
KICKED = Fault(403, "Forbidden: bot was kicked from the supergroup chat")
NOT_A_MEMBER = Fault(403, "Forbidden: bot is not a member of the supergroup chat")
NEVER_STARTED = Fault(403, "Forbidden: bot can't initiate conversation with a user")
CHAT_NOT_FOUND = Fault(400, "Bad Request: chat not found")
NOT_MODIFIED = Fault(
    400,
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message",
)
QUERY_TOO_OLD = Fault(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
EDIT_NOT_FOUND = Fault(400, "Bad Request: message to edit not found")
CANT_EDIT = Fault(400, "Bad Request: message can't be edited")
UNAUTHORIZED = Fault(401, "Unauthorized")

NAMED: dict[str, Fault] = {
    "429": too_many(),
    "500": server_error(500),
    "502": server_error(502),
    "bad gateway": bad_gateway(),
    "drop": drop(),
    "drop after": drop(after=True),
    "hang": hang(),
    "hang after": hang(after=True),
    "blocked": BLOCKED,
    "deactivated": DEACTIVATED,
    "kicked": KICKED,
    "not a member": NOT_A_MEMBER,
    "never started": NEVER_STARTED,
    "chat not found": CHAT_NOT_FOUND,
    "not modified": NOT_MODIFIED,
    "query too old": QUERY_TOO_OLD,
    "edit not found": EDIT_NOT_FOUND,
    "can't edit": CANT_EDIT,
    "unauthorized": UNAUTHORIZED,
}
