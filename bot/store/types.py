"""Column types that mean the same in SQLite and in PostgreSQL."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine


def _instant(value: Any) -> str:
    """Dates and aware datetimes as ISO 8601, wherever they are in a value."""
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError(f"a naive datetime ({value}) cannot be stored: pass an aware one")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _encoder() -> Callable[[Any], str]:
    """What `json.JSONEncoder.encode` does, without building its C encoder anew for each value: that took a third."""
    slow = json.JSONEncoder(separators=(",", ":"), check_circular=False, ensure_ascii=False, default=_instant)
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:  # an interpreter without the C module
        return slow.encode
    write = json.encoder.encode_basestring
    fast = make(None, _instant, write, None, ":", ",", False, False, True)
    return lambda value: "".join(fast(value, 0))


_encode = _encoder()
_decode = json.JSONDecoder().decode
_ZERO = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")  # an escaped zero, unless the backslash itself is escaped


def clean(text: str) -> str:
    """`text` without what PostgreSQL or UTF-8 cannot hold: zero bytes, and halves of surrogate pairs."""
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def to_json(value: Any) -> str:
    """`value` as compact JSON, cleaned like `clean`; dates and datetimes as ISO 8601."""
    text = clean(_encode(value))
    return _ZERO.sub(r"\1", text) if "\\u0000" in text else text


def from_json(text: str) -> Any:
    """What `to_json` was given, tuples as lists."""
    return _decode(text)


def utc(moment: datetime) -> datetime:
    """The same instant in UTC; ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"a naive datetime ({moment}) cannot be stored: pass an aware one")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def utc_text(moment: datetime) -> str:
    """An aware datetime as SQLite keeps it: of constant width, so that it sorts as time does."""
    return utc(moment).isoformat(" ", "microseconds")


def utc_of_text(text: str) -> datetime:
    """The instant that `utc_text` wrote."""
    return utc(datetime.fromisoformat(text))


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware UTC in and out.

    PostgreSQL keeps a timestamptz. SQLite has no such type and would return naive values, so it keeps ISO text of
    constant width with its offset, which sorts as time does. Naive values are refused: nobody knows what they mean.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, timestamptz elsewhere."""
        return dialect.type_descriptor(String(32) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Check and normalise a value on its way in."""
        if value is None:
            return None
        return utc_text(value) if dialect.name == "sqlite" else utc(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """An aware UTC datetime."""
        if value is None:
            return None
        return utc_of_text(value) if isinstance(value, str) else utc(value)


class Json(TypeDecorator[Any]):
    """JSON kept as text: the same bytes in every database, decoded only where somebody looks."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Encode a value, None becoming NULL."""
        return None if value is None else to_json(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Decode a value, NULL becoming None."""
        return None if value is None else _decode(value)


# Keys are compared byte by byte everywhere, so that sorting them in Python is the order in which a database locks them.
Key = String().with_variant(String(collation="C"), "postgresql")
BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only in a plain INTEGER primary key
