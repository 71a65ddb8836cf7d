"""How a process of a room by itself begins: with its logs, and with a sentence, no traceback, when it cannot."""

import sys
from collections.abc import Callable
from typing import NoReturn

from kernel.crypto import KeyUnavailable
from kernel.logs import set_up_logs
from kernel.settings import SettingsWrong


def begin(work: Callable[[], None], *, keys: str, system: str) -> None:
    """Until `work` ends. keys, system: what is said, before the reason, when keys are away or the system refuses. Ends
    the process with status 1 then."""
    set_up_logs()
    try:
        work()
    except SettingsWrong as wrong:
        _fail(*wrong.sentences)
    except KeyUnavailable as away:
        _fail(f"{keys}: {away}")
    except OSError as error:
        _fail(f"{system}: {error.strerror or error}.")


def _fail(*sentences: str) -> NoReturn:
    for sentence in sentences:
        sys.stderr.write(f"regie: {sentence}\n")
    sys.exit(1)
