"""What is known of a log outside its database: the signer's memory, its key, checkpoints in anybody's hands."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from audit.fsck.trees import Signed
from audit.signer import LogSigner
from audit.slots import StateLost
from kernel.crypto import KeyUnavailable, verify
from kernel.proof.checkpoint import open_checkpoint
from kernel.proof.note import VerifierKey

NO_ANCHOR = "er is geen openbare sleutel van dit logboek: herkomst en handtekeningen zijn niet nagekeken"
NO_STATE = "de ondertekenaar is hier niet: of de database is teruggezet, is niet te zeggen"
STATE_LOST = "de ondertekenaar weet niet wat hij het laatst tekende: of de database is teruggezet, is niet te zeggen"
NO_KEY = "de sleutel van de ondertekenaar is hier niet te lezen"


@dataclass(frozen=True)
class Outside:
    """wrong: the signer has another key than the anchors say."""

    signed: tuple[Signed, ...]
    origins: tuple[str, ...]
    unjudged: tuple[str, ...]
    wrong: bool = False


def outside_of(folder: Path, tenant: str, anchors: Mapping[str, str], with_key: bool) -> Outside:
    """Read before the database. anchors: public keys in hex by origin. with_key: also hold the signer's own key against
    them. Waits for nobody."""
    mine = {origin: key for origin, key in anchors.items() if origin.split("/")[1:2] == [tenant]}
    signed, unjudged, wrong = [], [] if mine else [NO_ANCHOR], False
    for origin, key in mine.items():
        signer = LogSigner(folder, origin)
        try:
            state = signer.remembered()
            signed.append(Signed("ondertekenaar", state.size, state.root))
        except FileNotFoundError:
            unjudged.append(NO_STATE)
        except StateLost:
            unjudged.append(STATE_LOST)
        if with_key:
            try:
                signer.open()
                wrong = wrong or signer.public_key.hex() != key
            except (KeyUnavailable, OSError):
                unjudged.append(NO_KEY)
    return Outside(tuple(signed), tuple(mine), tuple(unjudged), wrong)


def checkpoint_in(note: str, anchors: Mapping[str, str], tenant: str) -> Signed | None:
    """A signed head that somebody kept; None when it is another municipality's. Raises ProofError: not signed by a log
    that the anchors know."""
    keys = [VerifierKey(origin, bytes.fromhex(key)) for origin, key in anchors.items()]
    found = open_checkpoint(note, keys, verify)
    if found.origin.split("/")[1:2] != [tenant]:
        return None
    return Signed("checkpoint", found.size, found.root)
