"""The key of the next term, made before it begins, so that witnesses know it in time. It signs nothing but the head of
an empty log, which shows that they do: who put their name to that will put it to the first line as well.

A key that lies there for weeks is no use to whoever takes it: nobody trusts it before the term begins. But it may be
taken with the other one, so after a theft a term begins whose key was not there yet.
"""

from audit.log import Log
from audit.signer import Fork, HeadSigner, SignedHead
from audit.slots import StateLost
from audit.terms import origin_in, term_after
from kernel.crypto import KeyUnavailable
from kernel.proof.hashes import EMPTY_ROOT


def is_made(signer: HeadSigner) -> bool:
    """Whether this term has a key, or had one. Raises OSError, KeyUnavailable. Waits."""
    try:
        signer.remembered()
    except FileNotFoundError:
        return False
    except StateLost:
        return True
    return True


def empty_head(signer: HeadSigner) -> SignedHead | None:
    """Of a term that has a key and no lines; None also when its key cannot be used now. Waits."""
    try:
        signer.open()
        head = signer.sign(0, EMPTY_ROOT, 0, ())
    except (Fork, StateLost, KeyUnavailable, OSError):
        return None
    return head if isinstance(head, SignedHead) and head.size == 0 else None


def unforeseen(log: Log) -> str:
    """The next term that has no key yet. Raises as `is_made`. Waits."""
    term = term_after(log.term)
    while is_made(log.signers.of(origin_in(log.origin, term))):
        term = term_after(term)
    return term
