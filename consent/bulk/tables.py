"""About how many residents each application asked in bulk. Lost or written by an attacker: some more may be asked, each
decided and in the log."""

from sqlalchemy import BigInteger, Column, Table, Text

from consent.tables import metadata

asked = Table(
    "asked",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("application", Text, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("residents", BigInteger, nullable=False),
)
