"""The page that a resident keeps and that checks their proofs offline: data, policy and script in one file.

It is no page of the portal: it is opened from a disk, asks no network and shares no line with the service. Its own
policy (CSP) names the hashes of the script and the style it was made with, so what is in the data cannot run.
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from typing import Final

from audit.contract import Bundle
from web.language import Language
from web.rendering import HOME

OFFLINE: Final = HOME / "offline"


def checking_page(language: Language, vkeys: str, bundles: Sequence[Bundle]) -> str:
    """HTML, for who may read these lines. vkeys: the log's public keys, one a line; the policy inside asks no witness;
    who has one that does puts it in its place. Raises OSError."""
    style = (OFFLINE / "page.css").read_text(encoding="utf-8")
    script = "".join((OFFLINE / name).read_text(encoding="utf-8") for name in ("check.js", "show.js"))
    policy = "".join(f"log {vkey}\n" for vkey in vkeys.split()) + "quorum none\n"
    given = {"bewijzen": [bundle.model_dump(mode="json", exclude_none=True) for bundle in bundles], "beleid": policy}
    parts = {
        "language": language,
        "style": style,
        "style_hash": _hash(style),
        "script": script,
        "script_hash": _hash(script),
        # a `<` could end the element that the data stands in
        "data": json.dumps(given).replace("<", "\\u003c"),
    }
    page = (OFFLINE / "page.html").read_text(encoding="utf-8")
    return re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], page)


def _hash(text: str) -> str:
    """As a Content-Security-Policy names an inline element."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
