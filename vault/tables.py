"""The vault's rows. Lost: values must be delivered again. Written by an attacker: a moved value does not open, a
changed resident row fails its MAC, a removed one makes a resident a stranger, for whom nothing is opened."""

from sqlalchemy import BigInteger, Index, LargeBinary, MetaData, Table, Text
from sqlalchemy import Column as C

from kernel.sql.key_rows import key_table

metadata = MetaData(schema="vault")

keys = key_table(metadata)

# epoch: of the resident fence when this row was written. opened_at: ms; 0 while the vault is not open.
residents = Table(
    "residents",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("id", Text, primary_key=True),
    C("bsn_index", LargeBinary, nullable=False),
    C("enrolled_at", BigInteger, nullable=False),
    C("opened_at", BigInteger, nullable=False),
    C("epoch", BigInteger, nullable=False),
    C("position", Text, nullable=False),
    C("mac", LargeBinary, nullable=False),
    Index("residents_by_bsn", "tenant_id", "bsn_index", unique=True),
)

# How a recipient that gets no number calls a resident. Written before it is told, and checked by deriving it again, so
# that a row of an attacker's names nobody; a removed one makes a resident a stranger to that recipient.
pseudonyms = Table(
    "pseudonyms",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("pseudonym", Text, primary_key=True),
    C("resident", Text, nullable=False),
)

# A number, sealed: registers know nothing else. until: ms, 0 of who holds on to it. Deleting the salt shreds it.
numbers = Table(
    "numbers",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("resident", Text, primary_key=True),
    C("salt", LargeBinary, nullable=False),
    C("sealed", LargeBinary, nullable=False),
    C("until", BigInteger, nullable=False),
    Index("numbers_until", "tenant_id", "until"),
)

# D[r], wrapped. Pending while the resident's row says that the vault is not open. entry: the act as given to the log.
resident_keys = Table(
    "resident_keys",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("resident", Text, primary_key=True),
    C("version", BigInteger, primary_key=True),
    C("key_id", LargeBinary, nullable=False),
    C("wrapped", LargeBinary, nullable=False),
    C("kek_version", BigInteger, nullable=False),
    C("entry", Text, nullable=False),
    C("created_at", BigInteger, nullable=False),
)

# Vaults that go, or went. version: of the D[r] that goes. position: of the line that says it is done, "" until then.
# Lost before that: what is left is found by its fence at the next start.
erasures = Table(
    "erasures",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("resident", Text, primary_key=True),
    C("version", BigInteger, primary_key=True),
    C("asked_at", BigInteger, nullable=False),
    C("position", Text, nullable=False),
    C("mac", LargeBinary, nullable=False),
    Index("erasures_unfinished", "tenant_id", "position", "asked_at"),
)

# Single values that go, or went. position: as above. Lost before that: what is left is found by its fence at the next
# start.
removals = Table(
    "removals",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("record_id", Text, primary_key=True),
    C("resident", Text, nullable=False),
    C("element", Text, nullable=False),
    C("asked_at", BigInteger, nullable=False),
    C("position", Text, nullable=False),
    C("mac", LargeBinary, nullable=False),
    Index("removals_unfinished", "tenant_id", "position", "asked_at"),
    Index("removals_of", "tenant_id", "resident", "element"),
)

# Deleting a salt shreds that record, however well D[r] is known.
record_salts = Table(
    "record_salts",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("record_id", Text, primary_key=True),
    C("salt", LargeBinary, nullable=False),
)

# state: pending | effective. content: keyed hash of what was given, to know a repeated act from another one.
# replaces: the record whose place it takes, which goes when this one takes effect; "" for none. No row says where a
# record's fence stands: it counts while that never moved, and a row that somebody put back moves with it.
records = Table(
    "records",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("record_id", Text, primary_key=True),
    C("resident", Text, nullable=False),
    C("element", Text, nullable=False),
    C("version", BigInteger, nullable=False),
    C("state", Text, nullable=False),
    C("envelope", LargeBinary, nullable=False),
    C("content", LargeBinary, nullable=False),
    C("entry", Text, nullable=False),
    C("position", Text, nullable=False),
    C("created_at", BigInteger, nullable=False),
    C("replaces", Text, nullable=False),
    Index("records_by_element", "tenant_id", "resident", "element", "state", unique=True),
)
