"""Big logs: what is asked of many lines lies together, and SQLite is told how a log is shaped.

A row is some 2 kB, most of it sealed. The hashes of the tree and what lines are about, without it, are an index of
0.12 kB a line: a proof reads a few pages in place of one for every two lines, and a breach none of the rows.

PostgreSQL counts by itself. SQLite without figures takes ten rows for all that a municipality has, and then walks the
whole log in the order that an answer wants, in place of going by the tags. Figures of ten million lines, written here
once and for all, keep its ways the same however the log grows.
"""

from alembic import op

revision, down_revision = "0004", "0003"

_COLUMNS = "tenant_id, term, idx, subject, label, logged_at, leaf_hash"
# How many rows there are, and how many have the first column alike, the first two, and so on (sqlite.org/fileformat2,
# the sqlite_stat1 table). The names are those that SQLite gave to the keys of migration 0001, in their order.
_SHAPE = (
    ("lines", "sqlite_autoindex_lines_1", "10000000 10000000 5000000 1"),
    ("lines", "sqlite_autoindex_lines_2", "10000000 10000000 1"),
    ("lines", "sqlite_autoindex_lines_3", "10000000 10000000 200 1"),
    ("lines", "lines_narrow", "10000000 10000000 5000000 1 1 1 1 1"),
    ("tags", "sqlite_autoindex_tags_1", "50000000 50000000 1000 500 1"),
    ("under_way", "sqlite_autoindex_under_way_1", "1000 1000 500 1"),
    ("outcomes", "sqlite_autoindex_outcomes_1", "5000000 5000000 2500000 1"),
)


def upgrade() -> None:
    """Reads the whole log once."""
    postgres = op.get_bind().dialect.name == "postgresql"
    op.execute(f"CREATE INDEX lines_narrow ON {'audit.' if postgres else ''}lines ({_COLUMNS})")
    if not postgres:
        op.execute("ANALYZE sqlite_schema")  # makes the table of figures, and counts nothing
        op.execute("DELETE FROM sqlite_stat1")
        for row in _SHAPE:
            op.execute("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('{}', '{}', '{}')".format(*row))  # noqa: S608 - our own words


def downgrade() -> None:
    """A log is not taken back."""
    raise NotImplementedError("restore a backup")
