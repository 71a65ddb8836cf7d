"""Databases: one schema per room on PostgreSQL, one file per room on SQLite.

Protected tables hold TEXT, BYTEA and BIGINT only (times in milliseconds, documents as canonical text): SQLite drops
time zones and jsonb reorders, and a row MAC must give the same bytes on both.
"""

from kernel.sql.database import Database
from kernel.sql.rows import RowForged, RowSeal

__all__ = ["Database", "RowForged", "RowSeal"]
