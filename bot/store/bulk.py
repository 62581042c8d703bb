"""Statements over many rows at once, each in the form that its database runs fastest.

PostgreSQL gets one statement with all rows in one JSON parameter: one plan and one round trip for a whole batch, and no
work in Python (psycopg writes arrays of text with a regular expression for each element, which took longer than the
statement). SQLite has no round trips: it gets plain tuples by `executemany`, past SQLAlchemy's own parameters, which
took a quarter of a batch's time; where rows must come back, a JSON parameter too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    Executable,
    FromClause,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy import Dialect as Compiling
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.sql import ClauseElement
from sqlalchemy.types import TypeEngine

from bot.store.types import Json, UtcDateTime, from_json, to_json, utc, utc_of_text, utc_text

Row = dict[str, Any]
Change = Callable[[Any, Any], Any]
DialectName = Literal["sqlite", "postgresql"]
DIALECTS: tuple[DialectName, ...] = ("sqlite", "postgresql")

_LITE: Compiling = pysqlite.dialect()
_COMPILING: dict[DialectName, Compiling] = {"sqlite": _LITE, "postgresql": psycopg.dialect()}  # type: ignore[no-untyped-call]
_rows = bindparam("rows", type_=Json)


def dialect_of(conn: Connection) -> DialectName:
    """Which of the two databases a connection leads to."""
    return "postgresql" if conn.dialect.name == "postgresql" else "sqlite"


def given(dialect: DialectName, columns: Mapping[str, Column[Any]]) -> tuple[FromClause, dict[str, ColumnElement[Any]]]:
    """Rows passed as the parameter "rows", a list of objects, to select from.

    Returns the FROM clause, and its columns by name, typed as those in `columns`. Values pass through JSON.
    """
    if dialect == "postgresql":
        types = {name: JSON() if isinstance(like.type, Json) else like.type for name, like in columns.items()}
        rows = func.json_to_recordset(cast(_rows, JSON)).table_valued(*(column(n, t) for n, t in types.items()))
        derived = rows.render_derived(name="given", with_types=True)
        return derived, {
            name: cast(derived.c[name], Text) if isinstance(kind, JSON) else derived.c[name]
            for name, kind in types.items()
        }
    each = func.json_each(_rows).table_valued("value", name="given")
    return each, {
        name: func.json_extract(each.c.value, literal_column(f"'$.{name}'"), type_=like.type)
        for name, like in columns.items()
    }


def given_values(dialect: DialectName, like: Column[Any]) -> Select[Any]:
    """A select of the values passed as the parameter "rows", a plain list; for `IN`."""
    if dialect == "postgresql":
        text = func.json_array_elements_text(cast(_rows, JSON)).table_valued("value", name="given")
        return select(cast(text.c.value, like.type))
    return select(func.json_each(_rows).table_valued("value", name="given").c.value)


class Upsert:
    """Inserts rows of some columns; where a row of that key exists, it is changed."""

    def __init__(
        self, table: Table, columns: Sequence[str], key: Sequence[str] = (), change: Mapping[str, Change] | None = None
    ) -> None:
        """Prepare both forms.

        Args:
            table: where to insert.
            columns: the columns given for every row.
            key: the columns of the unique key; none: a plain insert.
            change: what becomes of columns of a row that exists, from the old and the given value; None: all columns
                take what is given.
        """
        changes = change or {name: _new for name in columns if name not in key}

        def conflict(statement: Any) -> Any:
            if not key:
                return statement
            changed = {name: make(table.c[name], statement.excluded[name]) for name, make in changes.items()}
            return statement.on_conflict_do_update(index_elements=list(key), set_=changed)

        single = sqlite.insert(table).values({name: bindparam(name) for name in columns})
        _, cells = given("postgresql", {name: table.c[name] for name in columns})
        many = postgresql.insert(table).from_select(list(columns), select(*(cells[name] for name in columns)))
        self._many: Executable = conflict(many)
        self._single = _Tuples(conflict(single), {name: table.c[name] for name in columns})

    def __call__(self, conn: Connection, rows: Sequence[Row]) -> None:
        """Write the rows; each holds every column. The rows may be changed."""
        _write(conn, self._many, self._single, rows)


class Update:
    """Changes columns of rows found by a key column."""

    def __init__(self, table: Table, key: str, columns: Sequence[str]) -> None:
        """Prepare both forms."""
        names = (key, *columns)
        _, cells = given("postgresql", {name: table.c[name] for name in names})
        self._many: Executable = (
            update(table).values({name: cells[name] for name in columns}).where(table.c[key] == cells[key])
        )
        single = update(table).values({name: bindparam(name) for name in columns}).where(
            table.c[key] == bindparam(f"of_{key}")
        )  # fmt: skip
        self._single = _Tuples(single, {name: table.c[name] for name in names})

    def __call__(self, conn: Connection, rows: Sequence[Row]) -> None:
        """Write the rows; each holds the key and every column. The rows may be changed."""
        _write(conn, self._many, self._single, rows)


class Rows:
    """A select of rows named by the parameter "rows", compiled once, its values decoded without SQLAlchemy's own types.

    Its result equals that of `conn.execute(statement)`.
    """

    def __init__(self, make: Callable[[DialectName], Select[Any]]) -> None:
        """Prepare the select that `make` gives for each database."""
        self._forms = {name: _Form(name, make(name)) for name in DIALECTS}

    def __call__(self, conn: Connection, given_rows: Sequence[Any]) -> list[list[Any]]:
        """The rows found for `given_rows`, as `given` or `given_values` take them."""
        form = self._forms[dialect_of(conn)]
        found = conn.exec_driver_sql(form.sql, form.parameters(to_json(given_rows))).all()
        rows = [list(row) for row in found]
        for place, decode in form.decoders:
            for row in rows:
                value = row[place]
                if value is not None:
                    row[place] = decode(value)
        return rows


class _Form:
    """A select for one database."""

    def __init__(self, name: DialectName, statement: Select[Any]) -> None:
        compiled = statement.compile(dialect=_COMPILING[name])
        self.sql = str(compiled)
        self.parameters = _named if name == "postgresql" else _single
        decoders = ((place, _decoder(name, each.type)) for place, each in enumerate(statement.selected_columns))
        self.decoders = [(place, decode) for place, decode in decoders if decode is not None]


def _named(text: str) -> Any:
    return {"rows": text}


def _single(text: str) -> Any:
    return (text,)


def _decoder(name: DialectName, kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    if isinstance(kind, Json):
        return from_json
    if isinstance(kind, UtcDateTime):
        return utc_of_text if name == "sqlite" else utc
    if name == "sqlite" and isinstance(kind, Date):
        return date.fromisoformat
    return bool if name == "sqlite" and isinstance(kind, Boolean) else None


class _Tuples:
    """A statement for one row, compiled once for SQLite, to be run with plain tuples."""

    def __init__(self, statement: ClauseElement, columns: Mapping[str, Column[Any]]) -> None:
        compiled = statement.compile(dialect=_LITE)
        order = [name.removeprefix("of_") for name in getattr(compiled, "positiontup", None) or ()]
        self.sql = str(compiled)
        self._pick = itemgetter(*order)
        self._encoders = [
            (name, encode) for name, like in columns.items() if (encode := _encoder(like.type)) is not None
        ]

    def __call__(self, rows: Sequence[Row]) -> list[Any]:
        for name, encode in self._encoders:
            for row in rows:
                value = row[name]
                if value is not None:
                    row[name] = encode(value)
        return [self._pick(row) for row in rows]


def _encoder(kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """How a value of a column is written in SQLite, None as it is: what SQLAlchemy does, in fewer calls."""
    if isinstance(kind, Json):
        return to_json
    if isinstance(kind, UtcDateTime):
        return utc_text
    return date.isoformat if isinstance(kind, Date) else None


def _new(_old: Any, new: Any) -> Any:
    return new


def _write(conn: Connection, many: Executable, single: _Tuples, rows: Sequence[Row]) -> None:
    if not rows:
        return
    if dialect_of(conn) == "postgresql":
        conn.execute(many, {"rows": rows})
    else:
        conn.exec_driver_sql(single.sql, single(rows))
