"""What is known of a log outside its database: the signer's memory, its key, checkpoints in anybody's hands."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from audit.fsck.trees import Signed
from audit.signer import Fork, HeadSigner, SignedHead
from audit.slots import Remembered, StateLost
from kernel.crypto import KeyUnavailable, verify
from kernel.proof.checkpoint import open_checkpoint
from kernel.proof.hashes import ProofError
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


def outside_of(signer: Callable[[str], HeadSigner], tenant: str, anchors: Mapping[str, str], with_key: bool) -> Outside:
    """Read before the database. anchors: public keys in hex by origin. with_key: the signer signs its newest head once
    more, which changes nothing, and that is held against the anchors."""
    mine = {origin: key for origin, key in anchors.items() if origin.split("/")[1:2] == [tenant]}
    signed, unjudged, wrong = [], [] if mine else [NO_ANCHOR], False
    for origin, key in mine.items():
        one = signer(origin)
        try:
            state = one.remembered()
            signed.append(Signed("ondertekenaar", state.size, state.root, state.map_root, origin))
            wrong = wrong or (with_key and not _signs(one, state, key))
        except FileNotFoundError:
            unjudged.append(NO_STATE)
        except StateLost:
            unjudged.append(STATE_LOST)
        except (KeyUnavailable, OSError):
            unjudged.append(NO_KEY if signed else NO_STATE)
    return Outside(tuple(signed), tuple(mine), tuple(unjudged), wrong)


def doubts(unjudged: Sequence[str], kept: Sequence[int], size: int) -> tuple[str, ...]:
    """What stays in doubt beside checkpoints of these sizes: they say what a signer would say, up to where they go."""
    newest = max(kept, default=0)
    if not newest:
        return tuple(unjudged)
    rest = [one for one in unjudged if one not in (NO_STATE, STATE_LOST)]
    if len(rest) < len(unjudged) and newest < size:
        rest.append(f"vergeleken met een kop van {newest} regels: of er daarna is teruggezet, is niet te zeggen")
    return tuple(rest)


def _signs(signer: HeadSigner, state: Remembered, key: str) -> bool:
    """Whether its word on its newest head is that of the published key."""
    signer.open()
    try:
        head = signer.sign(state.size, state.root, state.size, ())
        verifier = VerifierKey(signer.origin, bytes.fromhex(key))
        return isinstance(head, SignedHead) and bool(open_checkpoint(head.note, [verifier], verify))
    except (Fork, ProofError):
        return False


def checkpoint_in(note: str, anchors: Mapping[str, str], tenant: str) -> Signed | None:
    """A signed head that somebody kept; None when it is another municipality's. Raises ProofError: not signed by a log
    that the anchors know."""
    keys = [VerifierKey(origin, bytes.fromhex(key)) for origin, key in anchors.items()]
    found = open_checkpoint(note, keys, verify)
    if found.origin.split("/")[1:2] != [tenant]:
        return None
    return Signed("checkpoint", found.size, found.root, origin=found.origin)
