"""Programs for those who work on Regie; nothing here runs in production."""
