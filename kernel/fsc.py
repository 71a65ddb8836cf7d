"""What is asked about a token of FSC, and what is answered; whoever can say so is asked each time.

FSC Core 1.1 and FSC Logging 1.0 (Logius): https://gitdocumentatie.logius.nl/publicatie/fsc/core/
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from pydantic import Field

from kernel.caller import Caller
from kernel.message import Message, Short

TOKEN_BYTES = 8 << 10
Code = Literal[
    "ERROR_CODE_ACCESS_TOKEN_MISSING",
    "ERROR_CODE_ACCESS_TOKEN_INVALID",
    "ERROR_CODE_ACCESS_TOKEN_EXPIRED",
    "ERROR_CODE_WRONG_GROUP_ID_IN_TOKEN",
    "ERROR_CODE_SERVICE_NOT_FOUND",
    "MISSING_LOG_RECORD_ID",
    "INVALID_LOG_RECORD_ID",
]
MISSING: Code = "ERROR_CODE_ACCESS_TOKEN_MISSING"
INVALID: Code = "ERROR_CODE_ACCESS_TOKEN_INVALID"
EXPIRED: Code = "ERROR_CODE_ACCESS_TOKEN_EXPIRED"
WRONG_GROUP: Code = "ERROR_CODE_WRONG_GROUP_ID_IN_TOKEN"
NO_SERVICE: Code = "ERROR_CODE_SERVICE_NOT_FOUND"
NO_TRANSACTION: Code = "MISSING_LOG_RECORD_ID"
BAD_TRANSACTION: Code = "INVALID_LOG_RECORD_ID"


class Presented(Message):
    """A token, at which root, and the thumbprint of the certificate that its bearer showed to the gateway."""

    tenant: Short
    root: Short
    token: Annotated[str, Field(max_length=TOKEN_BYTES, repr=False)]
    certificate: Short


class Found(Message):
    """Whose token it is; else why it does not hold."""

    caller: Caller | None = None
    code: Code = INVALID


Ask = Callable[[Presented], Awaitable[Found]]  # raises Problem when it cannot be known now
