"""The portal on real rooms, for the tests here."""

from tests.web.portal import both, empty, house, migrated, portal, sqlite_urls, web_file

__all__ = ["both", "empty", "house", "migrated", "portal", "sqlite_urls", "web_file"]
