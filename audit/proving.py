"""What lets somebody check a line offline: its proof against a signed head, and its body for whoever may read it."""

from base64 import b64encode

from sqlalchemy import RowMapping

from audit.contract import Bundle, NoSuchLine
from audit.covert import is_covert
from audit.leaf import act_place, opened
from audit.log import Log
from audit.nodes import inclusion_proofs, stored_tile
from audit.permit import Position
from audit.reading import Reader, opened_body, row_at
from audit.signer import SignedHead
from kernel.canonical import canonical, read_canonical
from kernel.proof.hashes import MAX_SIZE
from kernel.proof.tiles import TileRef
from kernel.proof.tlogproof import TlogProof


class Prover:
    """Proofs from one open log. Every verb raises LogUnavailable when the database or the keys are away."""

    def __init__(self, log: Log, reader: Reader) -> None:
        self._log, self._tenant, self._reader = log, log.tenant, reader

    async def proof(self, position: Position) -> str:
        """See Audit.proof. extra: {act, actZout, blad}, each base64."""
        with self._log.guarded():
            return await self._proof(await self._row(position))

    async def bundle(self, position: Position) -> Bundle:
        """See Audit.bundle. Of a destroyed line the proof alone, and of a covert one."""
        with self._log.guarded():
            row = await self._row(position)
            owner = (row["subject"], row["year"])
            keys = await self._log.keychain.bodies([owner])
            if not keys and await self._reader.gone([owner]):
                return Bundle(proof=await self._proof(row))
            if is_covert(row["subject"]):
                return Bundle(proof=await self._proof(row))
            body, salt = opened_body(self._tenant, row, keys)
            content = {"body": _base64(body.encode()), "bodyZout": _base64(salt)}
            return Bundle(proof=await self._proof(row), content=content, earlier=await self._earlier(body))

    async def _earlier(self, body: str) -> Bundle | None:
        """Of the covert line that this one opens: that it stood there all along, and since when."""
        shown = read_canonical(body).get("opgeheven")
        if not shown:
            return None
        row = await self._row(Position.parse(shown["plaats"]))
        return Bundle(proof=await self._proof(row), content={name: shown[name] for name in ("body", "bodyZout")})

    async def _row(self, position: Position) -> RowMapping:
        return await self._log.database.seen(self._tenant, lambda reading: row_at(reading, self._tenant, position))

    async def checkpoint(self, term: str = "") -> str:
        """See Audit.checkpoint; of a term that ended: its last head. Raises NoSuchLine for a term that is not there."""
        with self._log.guarded():
            seen = self._seen(term or self._log.term)
            return (seen or await self.signed(MAX_SIZE, term)).note

    def _seen(self, term: str, size: int = 0) -> SignedHead | None:
        """The newest head of the open term under the words of witnesses, if this is that term and it covers `size`."""
        return self._log.witnessed.covering(self._log.origin, size) if term == self._log.term else None

    async def tile(self, term: str, tile: TileRef) -> bytes | None:
        """The tile's hashes, for everybody; None when the tree under the newest signed head does not have it.
        Raises NoSuchLine for a term that is not there."""
        with self._log.guarded():
            if (await self.signed(tile.leaves, term)).size < tile.leaves:
                return None
            async with self._log.database.snapshot(self._tenant) as reading:
                return await stored_tile(reading, (self._tenant, term), tile)

    async def _proof(self, row: RowMapping) -> str:
        keys, index, term = await self._log.keys(row["term"]), row["idx"], row["term"]
        act, salt = opened(keys.act(term), act_place(self._tenant, term, row["event_id"]), bytes(row["act"]))
        signed = self._seen(term, index + 1) or await self.signed(index + 1, term)
        hashes = await self._log.database.seen(
            self._tenant, lambda reading: inclusion_proofs(reading, (self._tenant, term), [index], signed.size)
        )
        extra = {"act": _base64(act.encode()), "actZout": _base64(salt), "blad": _base64(bytes(row["leaf"]))}
        return TlogProof(index, hashes[index], signed.note, canonical(extra).encode()).encode()

    async def signed(self, size: int, term: str = "") -> SignedHead:
        """The newest head of this process; when it does not cover `size` lines, that of the log, however long it is.
        Of a term that ended: its last one, which the term after it kept. Raises NoSuchLine for another term, and what
        `Log.guarded` turns into LogUnavailable."""
        log, term = self._log, term or self._log.term
        if term > log.term:
            await log.caught_up()
        if term < log.term:
            keys = await log.keys()
            async with log.database.snapshot(self._tenant) as reading:
                return await log.heads.last(reading, term, keys)
        if term != log.term:
            raise NoSuchLine("Deze logregel is er niet.")
        newest = log.signed
        if newest is not None and newest.size >= size:
            return newest
        memory = await log.caught_up()
        if term != memory.term:
            return await self.signed(size, term)
        # Anybody may ask for any size: the signer is bothered only with what another instance wrote since.
        return newest if newest is not None and newest.size >= memory.size else await log.heads.sign(memory)


def _base64(content: bytes) -> str:
    return b64encode(content).decode()
