"""What a message says, and which change is told. Pure.

It names no purpose, no office and no data: whoever sees an envelope or a notice on a screen learns nothing of it. What
was chosen stands in the receipt that comes with it.
"""

import json
from typing import Any, Final

from consent.contract import ConsentReceipt
from kernel.canonical import read_canonical

TOLD: Final = {
    "toestemming.gegeven": ("U gaf toestemming", "You gave permission"),
    "toestemming.hervat": ("U liet een toestemming weer doorgaan", "You let a permission go on again"),
    "toestemming.vernieuwd": ("U gaf opnieuw toestemming", "You gave permission again"),
    "toestemming.verkort": ("Een toestemming van u duurt korter", "A permission of yours will last shorter"),
    "toestemming.gepauzeerd": ("Een toestemming van u staat stil", "A permission of yours stands still"),
    "toestemming.ingetrokken": ("Een toestemming van u is gestopt", "A permission of yours has stopped"),
}
_TEXT: Final = {
    "nl": "{what}. Het bewijs zit hierbij. Bewaar het goed. Heeft u dit niet zelf gedaan, of klopt het niet? Kijk op "
    "{address} bij uw toestemmingen, of kom naar de balie. Liever geen berichten? Kies dat op {address}/berichten.",
    "en": "{what}. The proof comes with this message. Keep it. Did you not do this yourself, or is it wrong? Look at "
    "{address}/en under your permissions, or come to the town hall. No more messages? Choose that at "
    "{address}/en/berichten.",
}


def composed(message_id: str, kind: str, receipt: ConsentReceipt, language: str, address: str) -> dict[str, Any]:
    """Without whom it is for. language: that in which the resident chose."""
    english = language == "en"
    what = TOLD[kind][english]
    proof = {"ontvangstbewijs": read_canonical(receipt.document), "sdjwt": receipt.sd_jwt}
    return {
        "id": message_id,
        "soort": "toestemmingsbewijs",
        "taal": "en" if english else "nl",
        "onderwerp": what,
        "tekst": _TEXT["en" if english else "nl"].format(what=what, address=address),
        "bijlage": {"naam": f"bewijs-{receipt.id}.json", "mediatype": "application/json", "inhoud": proof},
    }


def addressed(message: bytes, number: str) -> bytes:
    """With whom it is for: in the body and nowhere else."""
    return json.dumps({"ontvanger": {"bsn": number}, **json.loads(message)}, ensure_ascii=False).encode()
