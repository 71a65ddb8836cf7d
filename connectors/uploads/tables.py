"""Files and their rows. See the package for what is found when somebody writes them."""

from sqlalchemy import BigInteger, LargeBinary, Table, Text
from sqlalchemy import Column as C

from connectors.tables import metadata

_BEFORE_EPOCH = ("tenant_id", "source", "version", "id", "state", "client", "rows", "made_at", "until", "wrapped")
# state: 0 its rows are coming in, 1 they are all there, 2 it counts, 3 it is gone. key: the file's own, with its salt,
# under the KEK of the room; empty once gone. until: ms. client: organisation/application. epoch: where its line leaves
# the fence of its source; absent in rows from before there was one, which nobody had moved.
uploads = Table(
    "uploads",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("source", Text, primary_key=True),
    C("version", BigInteger, primary_key=True),
    C("id", Text, nullable=False),
    C("state", BigInteger, nullable=False),
    C("client", Text, nullable=False),
    C("rows", BigInteger, nullable=False),
    C("made_at", BigInteger, nullable=False),
    C("until", BigInteger, nullable=False),
    C("wrapped", LargeBinary, nullable=False),
    C("mac", LargeBinary, nullable=False),
    C("epoch", BigInteger),
    info={"mac": {1: _BEFORE_EPOCH, 2: (*_BEFORE_EPOCH, "epoch")}},
)

# owner: keyed hash of a number, under the file's key. sealed: that row, bound to its place.
upload_rows = Table(
    "upload_rows",
    metadata,
    C("tenant_id", Text, primary_key=True),
    C("id", Text, primary_key=True),
    C("owner", Text, primary_key=True),
    C("sealed", LargeBinary, nullable=False),
)
