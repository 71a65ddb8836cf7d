"""Answers sealed to the recipient (JWE, RFC 7516). Pure but for its dice.

Each part has a key of its own. It is made here, encrypted to the recipient's registered key, and not kept: once sealed,
nobody but the recipient reads an answer. One answer is one JWE, so that one that fell can be left out later.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from joserfc import jwe
from joserfc.jwk import ECKey, OctKey, RSAKey

from connectors.bulk.stands import result_of
from kernel.errors import Problem

CONTENT = "A256GCM"
DIRECT = ["dir", CONTENT]
ANSWER_BYTES = 64 << 10  # of one resident; what a reader of JWE takes without being told otherwise
_KEYS: Mapping[str, type[ECKey] | type[RSAKey]] = {"EC": ECKey, "RSA": RSAKey}


class AnswerTooLarge(Problem):
    """Ask about this resident alone."""

    code, status, title = "te-groot-voor-bulk", 413, "Dit antwoord is te groot"


def sealed_part(jwk: str, name: str, answers: Sequence[tuple[int, bytes]]) -> bytes:
    """The lines of a part. jwk: the recipient's public key, with `kid` and `alg`. name: of the key of this part.
    answers: by number of their resident, in order."""
    key = OctKey.generate_key(256)
    inner = {**key.as_dict(private=True), "kid": name, "alg": "dir", "use": "enc"}
    to = json.loads(jwk)
    header = {"alg": to["alg"], "enc": CONTENT, "kid": to["kid"], "cty": "jwk+json"}  # RFC 7517 section 7
    head = jwe.encrypt_compact(header, json.dumps(inner), _public(to), algorithms=[to["alg"], CONTENT])
    own = {"alg": "dir", "enc": CONTENT, "kid": name}
    sealed = ((nr, jwe.encrypt_compact(dict(own), text, key, algorithms=DIRECT)) for nr, text in answers)
    return result_of({"sleutel": head}, sealed)


def _public(jwk: Mapping[str, Any]) -> ECKey | RSAKey:
    return _KEYS[jwk["kty"]].import_key(dict(jwk))


def told(problem: Problem) -> dict[str, Any]:
    """A problem as a member of an answer: what a single release would have answered, without address and instance."""
    said = {"title": problem.title, "status": problem.status, "code": problem.code, "detail": problem.detail}
    return {**problem.members, **said}
