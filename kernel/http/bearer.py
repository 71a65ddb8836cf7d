"""Who an application is: the access token that our own issuer signed for this root (RFC 9068, RFC 6750).

A token says who somebody was at most five minutes ago. It is no permit: what ended since is found at the next line,
and whoever was stopped since does not come in (kernel.standing).
One that is bound to a key (RFC 9449) or a certificate (RFC 8705) is of no use to whoever cannot show to hold that.
Whoever comes through an Inway of FSC has a token of another issuer: kernel.http.fsc.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from kernel.access import KeySource, Proven, is_now
from kernel.caller import Caller
from kernel.clock import Clock, utc_now
from kernel.dpop import Once, Shown, shown
from kernel.errors import NotLoggedIn
from kernel.fsc import Ask
from kernel.http.certificate import ClientCertificates
from kernel.http.fsc import presented, through_the_inway
from kernel.http.hosts import Hosts
from kernel.standing import Holder, Standing

SCHEMES = ("bearer", "dpop")


@dataclass(frozen=True)
class Beside:
    """What a gate looks at beside the token. standing: who may still come in; None where nobody can be stopped before
    the token ends. certificates: from which gateways one is believed. fsc: whose a token of FSC is; None where nobody
    comes that way."""

    standing: Standing | None = None
    certificates: ClientCertificates = field(default_factory=ClientCertificates)
    fsc: Ask | None = None


class BearerGate(SecurityBase):
    """A FastAPI dependency, `Depends(gate)`: the Caller of an application, else NotLoggedIn, which says no why.

    root: the path of the one API behind this gate, such as "/dingen/v1". Tokens for another root do not hold here.
    """

    def __init__(self, issuers: Mapping[str, str], keys: KeySource, root: str, clock: Clock = utc_now,
                 beside: Beside | None = None) -> None:  # fmt: skip
        self._hosts, self._proven, self._root, self._clock = Hosts(issuers), Proven(keys), root, clock
        self._beside = beside or Beside()
        self._once = Once()
        self.model, self.scheme_name = HTTPBearer(), "toegangstoken"  # for the description: kernel.http.openapi

    async def __call__(self, request: Request) -> Caller:
        """From the headers and nowhere else: what stands in an address ends up in logs."""
        given, proofs = request.headers.getlist("authorization"), request.headers.getlist("dpop")
        place = self._hosts.at(request)
        if place and presented(request):
            here = (place[1], self._root)
            return await through_the_inway(request, here, self._beside.fsc, self._beside.certificates)
        if len(given) != 1 or len(proofs) > 1 or place is None or "access_token" in request.query_params:
            raise NotLoggedIn()
        scheme, _, token = given[0].partition(" ")
        if scheme.lower() not in SCHEMES:
            raise NotLoggedIn()
        if scheme.lower() == "bearer":  # beside a proof too (RFC 9449 section 7.1): then a bound token does not hold
            return await self.check(token, *place, certificate=self._beside.certificates.shown(request))
        found = self._shown("".join(proofs), request.method, place[0] + request.scope["path"], token)
        caller = await self.check(token, *place, found.key)
        # remembered only of a token that holds: proofs alone anybody can make, as many as they like
        if not self._once.spend(found, self._clock().timestamp()):
            raise NotLoggedIn()
        return caller

    async def check(self, token: str, issuer: str, tenant: str, holder: str = "", certificate: str = "") -> Caller:
        """The Caller in a token that came in at this issuer's host. holder: the thumbprint of the key that was proven
        to be held; certificate: that of the certificate which was shown. Raises NotLoggedIn, and what `keys` raises."""
        # 1 small, spelled in one way, signed by the tenant's key that the header names
        claims = await self._proven.read(token, tenant)
        # 2 issued here, for here, to the application itself
        here = claims.iss == issuer and claims.gemeente == tenant and claims.aud == issuer + self._root
        if not here or claims.sub != claims.client_id:
            raise NotLoggedIn()
        # 3 now, and not for longer than five minutes
        if not is_now(claims, self._clock().timestamp()):
            raise NotLoggedIn()
        # 4 shown by who holds the key that it is bound to: a bound one is no bearer token, nor the other way round
        bound = claims.cnf
        if holder != (bound.jkt if bound else "") or (bound and bound.x5t and bound.x5t != certificate):
            raise NotLoggedIn()
        # 5 and by somebody who was not stopped since
        standing = self._beside.standing
        if standing and not await standing.holds(Holder.of(claims)):
            raise NotLoggedIn()
        return Caller(
            tenant=tenant,
            organisation=claims.ontvanger,
            application=claims.client_id,
            kind=claims.soort,
            scope=tuple(claims.scope.split()),
            key=claims.sleutel,
        )

    def _shown(self, proof: str, method: str, address: str, token: str) -> Shown:
        try:
            return shown(proof, method, address, self._clock().timestamp(), token)
        except ValueError:
            raise NotLoggedIn() from None
