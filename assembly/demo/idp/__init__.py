"""A login provider for development: OpenID Connect with a list of invented people instead of a password.

Anybody who reaches it can be anybody on its list, so it cannot be built in production mode (`DemoOnly`), knows nobody
but the personas it was given, and says on every page what it is. It remembers a login for minutes, in memory, and has
no session of its own: who logs in again chooses again.
"""
