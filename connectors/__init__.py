"""The release desk, and the sources behind it. Purpose binding is checked here, before any release.

If the desk's tables are lost, a repeated request is decided and logged anew; if an attacker can write them, the same.
No source acts without a permit that it checked itself. Nothing is sent when the check behind it is older than 2 s.
"""
