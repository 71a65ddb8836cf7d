"""The demo: invented residents of the invented Gemeente Spaarnewoude, and story 1 told from start to end."""
