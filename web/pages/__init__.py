"""What each address shows: asks the rooms, fills a view, draws it. Nothing here knows HTML or a database."""
