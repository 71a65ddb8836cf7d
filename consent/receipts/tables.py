"""Which place of which status list is whose. Protected: who moved one would make a consent that stopped look given.

One row is a whole list, so that no place can be taken out alone. seed: what its other places say. document: place ->
consent and holder. open: 1 while receipts may get a place. Lost: there is no list (404). Set back as a whole: of the
last places it says what it says of nobody's, which nothing here finds.
"""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from consent.tables import metadata

status_lists = Table(
    "status_lists",
    metadata,
    Column("tenant_id", Text, primary_key=True, nullable=False),
    Column("id", Text, primary_key=True, nullable=False),
    Column("seed", LargeBinary, nullable=False),
    Column("document", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("open", BigInteger, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    Index("ix_status_lists_open", "tenant_id", "open"),
)
