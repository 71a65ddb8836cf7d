"""Signatures of Standard Webhooks 1.0 with a key pair, so that no secret is shared. Pure.

webhook-id, webhook-timestamp (seconds), webhook-signature: "v1a," base64(Ed25519 of "<id>.<timestamp>.<body>")
public key: "whpk_" base64(32 bytes)
"""

from base64 import b64encode

from kernel.crypto import Signer

PUBLIC = "whpk_"


def signed(signer: Signer, event_id: str, seconds: int, body: bytes) -> dict[str, str]:
    """The three headers. seconds: when it is sent; a receiver refuses what is older than five minutes."""
    signature = signer.sign(f"{event_id}.{seconds}.".encode() + body)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1a,{b64encode(signature).decode()}",
    }


def public_text(public: bytes) -> str:
    """As receivers store it."""
    return PUBLIC + b64encode(public).decode()
