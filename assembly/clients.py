"""Registering an application: its key is made here once, and its private half is kept by nobody but its owner."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from joserfc.jwk import ECKey

from consent.contract import Application
from consent.registers import Registers
from kernel.caller import Caller

ALGORITHM, SEALING = "ES256", "ECDH-ES+A256KW"
Role = Literal["verstrekking", "toestemming", "logboek", "melden", "beheer", "govstack", "introspectie", "bronhouder"]

ROOTS = {
    "melden": "logboek",
    "beheer": "toestemming",
    "bronhouder": "verstrekking",
}  # roles that are narrower ways into a root


@dataclass(frozen=True)
class NewClient:
    """An application to come. kind: who sits at it. roles: the roots it may have tokens for. bound: as Application."""

    client_id: str
    name: str
    kind: Literal["mens", "burger", "automatisch"]
    roles: tuple[Role, ...] = ("verstrekking", "toestemming")
    bound: bool = False


def resources_of(issuer: str, roles: Iterable[str]) -> dict[str, str]:
    """Where the roots are that these roles lead to, by role."""
    return {role: f"{issuer}/{ROOTS.get(role, role)}/v1" for role in roles}


def make_client_key() -> tuple[dict[str, Any], dict[str, Any]]:
    """A new P-256 key: the private JWK, and the public JWK set to register. Both name algorithm and kid (RFC 7638)."""
    key = ECKey.generate_key("P-256")
    named = {"alg": ALGORITHM, "use": "sig", "kid": key.thumbprint()}
    return {**key.as_dict(private=True), **named}, {"keys": [{**key.as_dict(private=False), **named}]}


def make_sealing_key() -> tuple[dict[str, Any], dict[str, Any]]:
    """A key that results of bulk are encrypted to: private JWK, and the public one to register."""
    key = ECKey.generate_key("P-256")
    named = {"alg": SEALING, "use": "enc", "kid": key.thumbprint()}
    return {**key.as_dict(private=True), **named}, {**key.as_dict(private=False), **named}


async def add_client(
    registers: Registers, caller: Caller, recipient: str, client: NewClient, issuer: str
) -> dict[str, Any]:
    """Registers it and returns its entry for clients.json, the only place where the private keys will ever stand.

    issuer: public address of the municipality, no path. `activities` is left for who knows them. Raises what
    `Registers.add_client` raises; then the key is of no use to anybody.
    """
    private, public = make_client_key()
    opening: dict[str, Any] = {}
    if client.kind != "burger" and "verstrekking" in client.roles:
        opening, sealing = make_sealing_key()
        public["keys"].append(sealing)
    application = Application(
        client_id=client.client_id, name=client.name, kind=client.kind, jwks=json.dumps(public), roles=client.roles,
        bound=client.bound,
    )  # fmt: skip
    await registers.add_client(caller, recipient, application)
    return {
        "naam": client.name,
        "clientId": client.client_id,
        "soort": client.kind,
        "privateJwk": private,
        **({"ontsleutelJwk": opening} if opening else {}),
        "resources": resources_of(issuer, [role for role in client.roles if role != "introspectie"]),
        "activities": [],
    }
