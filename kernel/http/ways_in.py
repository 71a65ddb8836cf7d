"""How one comes in at a gate, as descriptions say it: each way is enough by itself (OpenAPI 3.1, security)."""

from typing import Any, Final

WAYS_IN: Final[dict[str, dict[str, Any]]] = {
    "toegangstoken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Van /oauth/token (RFC 9068); met DPoP of een certificaat erbij als het token daaraan vastzit.",
    },
    "fsc": {
        "type": "apiKey",
        "in": "header",
        "name": "Fsc-Authorization",
        "description": "Een token van de Manager, langs een Inway, met Fsc-Transaction-Id; waar dat is ingericht.",
    },
}
