"""The policies of a tenant for conformance suites. Lost or written by an attacker: suites see other answers."""

from sqlalchemy import Column, Table, Text

from consent.tables import metadata

policies = Table(
    "policies",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("document", Text, nullable=False),
)
