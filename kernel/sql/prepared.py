"""Statements that are asked all day: put together and typed once, for each kind of database, and then the driver's own.
What differs from one question to another goes in beside them, as values; nothing handed in becomes part of their text.

Of columns of TEXT, BYTEA and BIGINT, which come from both drivers as they are.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.sql.direct import told

Row = dict[str, Any]
_LIST = re.compile(r"\(__\[POSTCOMPILE_\w+\]\)")  # where a list goes, as SQLAlchemy leaves it open


def any_of(name: str) -> BindParameter[Any]:
    """A list of values, for `IN`."""
    return bindparam(name, expanding=True)


@dataclass(frozen=True)
class _Spelled:
    """As one kind of database reads it. places: of the values, in order; () where they go by name. lists: the names
    of values that are lists. always: values that are the same each time."""

    text: str
    places: tuple[str, ...]
    lists: frozenset[str]
    always: Mapping[str, Any]

    def given(self, values: Mapping[str, Any]) -> tuple[str, Any]:
        """The text for so many values, and those."""
        every = {**self.always, **values}
        if not self.places:
            return self.text, every
        counts, flat = [], list[Any]()
        for name in self.places:
            if name in self.lists:
                full = _filled(every[name])
                counts.append(len(full))
                flat += full
            else:
                flat.append(every[name])
        return _marked(self.text, counts), tuple(flat)


class Prepared:
    """One question. names: of what comes back, in order."""

    def __init__(self, question: Select[Any]) -> None:
        self._question = question
        self.names = tuple(str(column.key) for column in question.selected_columns)
        self._spelled: dict[str, _Spelled] = {}

    async def rows(self, connection: AsyncConnection, **values: Any) -> list[Row]:
        """All rows, by name; lists are for `any_of`. Raises what the database raises."""
        names = self.names
        return [dict(zip(names, row, strict=True)) for row in await self.tuples(connection, **values)]

    async def tuples(self, connection: AsyncConnection, **values: Any) -> list[tuple[Any, ...]]:
        """The same, by place."""
        spelled = self._spelled.get(connection.dialect.name) or self._spell(connection)
        return await told(connection, *spelled.given(values))

    def _spell(self, connection: AsyncConnection) -> _Spelled:
        """Two threads that come here first at once make the same."""
        options = connection.sync_connection.get_execution_options() if connection.sync_connection else {}
        translated = options.get("schema_translate_map")
        made = self._question.compile(
            dialect=connection.dialect, schema_translate_map=translated, render_schema_translate=bool(translated)
        )  # fmt: skip
        lists = frozenset(name for name in made.params if made.binds[name].expanding)
        text, places = made.string, tuple(made.positiontup or ())
        if not places:  # a list is one value there
            for name in lists:
                text = text.replace(f"IN (__[POSTCOMPILE_{name}])", f"= ANY(%({name})s)")
        always = {name: value for name, value in made.params.items() if value is not None}
        found = self._spelled[connection.dialect.name] = _Spelled(text, places, lists, always)
        return found


def _filled(values: Sequence[Any]) -> list[Any]:
    """With the last one said again up to a power of two: few texts, which the driver knows by then."""
    least = len(values)
    return [*values, *[values[-1]] * ((1 << (least - 1).bit_length()) - least)] if least else []


def _marked(text: str, counts: Sequence[int]) -> str:
    """With a mark for each value of a list, in the order in which they stand."""
    parts = _LIST.split(text)
    lists = [f"({', '.join('?' * count)})" for count in counts]
    return "".join([one for both in zip(parts, [*lists, ""], strict=True) for one in both])
