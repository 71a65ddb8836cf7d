"""The witnesses that a policy file names, for all logs of this process: who they are, and a line to each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from audit.cosigned import Keeping
from audit.cosigning import Cosigning
from audit.keeping import read_limited
from audit.service import Desk
from audit.settings import AuditSettings
from audit.witness.client import SECONDS, WitnessClient
from audit.witnessed import Witnessed
from kernel.clock import Clock
from kernel.http.client import open_client
from kernel.proof.hashes import ProofError
from kernel.proof.note import COSIGNATURE
from kernel.proof.policy import MAX_POLICY_BYTES, NONE, Known, Policy
from kernel.settings import SettingsWrong

STARTING_SECONDS = 12.0  # for the first round; who is away then is asked again in the next


@dataclass(frozen=True)
class Witnesses:
    """policy: None when nobody is asked; then there are no rounds, and permits wait for nobody."""

    policy: Policy | None
    limit: timedelta
    folder: Path
    clients: tuple[WitnessClient, ...] = ()

    def seen(self) -> Witnessed:
        """For one log, at its start."""
        return Witnessed(self.limit if self.policy else None)

    def rounds(self, desks: Sequence[Desk], clock: Clock) -> dict[str, Cosigning]:
        """By tenant."""
        if self.policy is None:
            return {}
        keeping = Keeping(self.folder, self.policy)
        return {desk.log.tenant: Cosigning(desk.log, desk.prover, self.clients, keeping, clock) for desk in desks}

    async def close(self) -> None:
        """Give all connections back."""
        for each in self.clients:
            await each.http.aclose()


def witnesses_of(settings: AuditSettings) -> Witnesses:
    """Raises SettingsWrong."""
    policy, limit = policy_of(settings), timedelta(minutes=settings.unwitnessed_minutes)
    known = policy.witnesses if policy else ()
    return Witnesses(policy, limit, settings.signer, tuple(map(_client, known)))


def policy_of(settings: AuditSettings) -> Policy | None:
    """None when there is none to be asked. Raises SettingsWrong."""
    if settings.policy is None:
        return None
    try:
        content = read_limited(settings.policy, MAX_POLICY_BYTES)
        policy = Policy.parse(content or b"")
    except (OSError, ProofError) as error:
        raise SettingsWrong([f"{settings.policy} is geen leesbare C2SP-policy: {error}."]) from None
    wrong = [f"Getuige {each.name}: {why}" for each in policy.witnesses if (why := _unfit(each, settings.mode))]
    if policy.quorum == NONE:
        wrong.append("Deze policy vraagt geen enkele getuige: laat REGIE_AUDIT_POLICY dan weg.")
    if wrong:
        raise SettingsWrong(wrong)
    return policy


def _unfit(witness: Known, mode: str) -> str:
    place = urlsplit(witness.url)
    if witness.key.kind != COSIGNATURE:
        return "een sleutel van dit soort kunnen wij nog niet nakijken."
    if place.scheme not in ("https", "http") or not place.hostname or place.query or place.username:
        return "een adres (https) ontbreekt."
    return "het adres moet met https beginnen." if mode == "productie" and place.scheme != "https" else ""


def _client(witness: Known) -> WitnessClient:
    http: httpx2.AsyncClient = open_client(witness.url, timeout_seconds=SECONDS)
    return WitnessClient(http, witness.key, witness.name)
