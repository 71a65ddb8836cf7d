"""The four rooms, for the tests here."""

from tests.four_rooms import empty, house, migrated, sqlite_urls

__all__ = ["empty", "house", "migrated", "sqlite_urls"]
