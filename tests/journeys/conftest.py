"""Journeys share one founded house. Loaded here and not for every test: it needs all rooms to be whole."""

from tests.house import founded_on_files, founded_on_server, house, own_house, own_plan, plan

__all__ = ["founded_on_files", "founded_on_server", "house", "own_house", "own_plan", "plan"]
