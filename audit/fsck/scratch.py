"""What the lines so far have led to, in a file of its own, so that memory does not grow with the log.

The file lies in the system's folder for temporary files and has no name there: it is gone when the check ends, however
it ends. It holds what the tables hold in clear, and nothing of what is sealed. Written by nobody but this process.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

Row = tuple[Any, ...]
# name: (columns of the key, other columns); first the tables of the log that follow from its lines
EXPECTED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "fences": (("fence",), ("epoch", "term", "idx")),
    "series": (("subject",), ("n", "term", "idx", "leaf_hash")),
    "under_way": (("term", "idx"), ("event_id", "logged_at", "fences")),
    "outcomes": (("term", "idx"), ("closed_term", "closed_idx", "outcome")),
    "destroyed": (("subject", "year"), ("at", "term", "idx", "done_term", "done_idx")),
    # what is no table: the same once more, to be looked up; stretches of numbers that lines name as gone; keys that are
    # not there and years of which a line is empty
    "declared": (("subject", "year"), ("at", "term", "idx", "done_term", "done_idx")),
    "gone": (("subject", "year", "first"), ("last",)),
    "absent": (("subject", "year"), ("what",)),
}
_AT_ONCE = 500  # keys in one question


class Scratch:
    """Rows by key, per table of EXPECTED."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)  # "": a file that only this connection can reach
        self._file.execute("PRAGMA journal_mode=OFF")
        self._file.execute("PRAGMA synchronous=OFF")
        for name, (key, rest) in EXPECTED.items():
            columns = ", ".join((*key, *rest))
            self._file.execute(f"CREATE TABLE {name} ({columns}, PRIMARY KEY ({', '.join(key)})) WITHOUT ROWID")

    def rows(self, name: str, keys: Iterable[Row]) -> dict[Row, Row]:
        """Those that are there: key -> the other columns."""
        key, rest = EXPECTED[name]
        wanted, found, marks = list(dict.fromkeys(keys)), {}, f"({', '.join('?' * len(key))})"
        for at in range(0, len(wanted), _AT_ONCE):
            part = wanted[at : at + _AT_ONCE]
            query = (
                f"SELECT {', '.join((*key, *rest))} FROM {name} "  # noqa: S608 - names of our own table above
                f"WHERE ({', '.join(key)}) IN (VALUES {', '.join([marks] * len(part))})"
            )
            for row in self._file.execute(query, [value for each in part for value in each]):
                found[row[: len(key)]] = row[len(key) :]
        return found

    def put(self, name: str, rows: dict[Row, Row]) -> None:
        """New or in place of what was there."""
        key, rest = EXPECTED[name]
        marks = ", ".join("?" * (len(key) + len(rest)))
        self._file.execute("BEGIN")
        self._file.executemany(
            f"INSERT OR REPLACE INTO {name} VALUES ({marks})",  # noqa: S608 - names of our own table above
            [(*place, *values) for place, values in rows.items()],
        )
        self._file.execute("COMMIT")

    def drop(self, name: str, keys: Sequence[Row]) -> None:
        """These are no longer expected."""
        where = " AND ".join(f"{column} = ?" for column in EXPECTED[name][0])
        self._file.execute("BEGIN")
        self._file.executemany(f"DELETE FROM {name} WHERE {where}", keys)  # noqa: S608 - names of our own table above
        self._file.execute("COMMIT")

    def under(self, name: str, begin: Row) -> list[tuple[Row, Row]]:
        """Those whose key begins like this."""
        key, _ = EXPECTED[name]
        where = " AND ".join(f"{column} = ?" for column in key[: len(begin)])
        found = self._file.execute(f"SELECT * FROM {name} WHERE {where}", begin)  # noqa: S608 - names of our own table above
        return [(row[: len(key)], row[len(key) :]) for row in found]

    def left(self, name: str) -> Iterator[tuple[Row, Row]]:
        """All that is there still, in the order of its key."""
        key, _ = EXPECTED[name]
        for row in self._file.execute(f"SELECT * FROM {name} ORDER BY {', '.join(key)}"):  # noqa: S608 - names of our own table above
            yield row[: len(key)], row[len(key) :]

    def close(self) -> None:
        """And it is gone."""
        self._file.close()
