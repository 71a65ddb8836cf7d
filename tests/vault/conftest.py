"""The four rooms, for the tests here."""

from tests.four_rooms import both, empty, house, migrated, sqlite_urls

__all__ = ["both", "empty", "house", "migrated", "sqlite_urls"]
