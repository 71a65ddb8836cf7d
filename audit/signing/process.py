"""`regie serve signer`: listens on a Unix socket until it is told to stop. Imports no other room, HTTP or tables."""

import fcntl
import os
import signal
import socketserver
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore

from audit.signing.dialogue import LINE_MAX
from audit.signing.office import Office
from audit.signing.settings import SignerSettings
from kernel.begin import begin
from kernel.crypto.private_files import make_folder
from kernel.logs import logger
from kernel.settings import SettingsWrong

SECONDS = 5.0  # for a question to arrive
AT_ONCE = 32  # questions; a log asks one at a time, so these are many logs
_WIDEST = 0o710  # a group may pass through: the account of the logs, when the signer has one of its own

_log = logger("audit.signing")


class _Talk(socketserver.StreamRequestHandler):
    """One question, one answer."""

    timeout = SECONDS
    server: "_Door"

    def handle(self) -> None:
        """A line that is too long or late gets no answer."""
        try:
            line = self.rfile.readline(LINE_MAX + 1)
            if line.endswith(b"\n") and len(line) <= LINE_MAX:
                told = self.server.office.answer(line)
                self.wfile.write(told.model_dump_json(exclude_defaults=True).encode() + b"\n")
        except OSError as error:  # whoever asked went away, or never finished asking
            _log.info("question_broken", error=type(error).__name__)


class _Door(socketserver.ThreadingUnixStreamServer):
    """Threads are waited for at the end: what was signed is answered."""

    request_queue_size = 64

    def __init__(self, path: Path, office: Office) -> None:
        self.office, self._room = office, BoundedSemaphore(AT_ONCE)
        super().__init__(str(path), _Talk)

    def process_request(self, request: object, client_address: object) -> None:
        self._room.acquire()
        try:
            super().process_request(request, client_address)  # type: ignore[arg-type]  # what a server accepts, it hands on
        except BaseException:  # no thread, so nobody else gives the place back
            self._room.release()
            raise

    def process_request_thread(self, request: object, client_address: object) -> None:
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]  # the same
        finally:
            self._room.release()

    def handle_error(self, request: object, client_address: object) -> None:
        _log.error("question_failed", exc_info=True)  # in place of a traceback on stderr


@contextmanager
def door(settings: SignerSettings) -> Iterator[_Door]:
    """Bound, and not yet answering. Raises SettingsWrong, KeyUnavailable, OSError."""
    make_folder(settings.folder)
    rights = _rights(settings.socket.parent)
    with _alone(settings.socket.parent):
        settings.socket.unlink(missing_ok=True)  # left by a crash
        before = os.umask(0o777 & ~rights)  # right from the first moment
        try:
            made = _Door(settings.socket, Office(settings.folder, settings.adopt))
        finally:
            os.umask(before)
        with made:
            try:
                yield made
            finally:
                settings.socket.unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody takes away the socket of one that runs; the system lets go when the process dies. Raises SettingsWrong."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingsWrong([f"In {folder} luistert al een ondertekenaar. Geef elke zijn eigen map."]) from None
        yield
    finally:
        os.close(handle)


def _rights(folder: Path) -> int:
    """Of the socket: 0600, or 0660 where a group may pass through the folder. Raises SettingsWrong."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    mode = stat.S_IMODE(found.st_mode)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or mode & ~_WIDEST:
        raise SettingsWrong([f"{folder} moet een map van dit account zijn met rechten 0700, of 0710 voor een groep."])
    return 0o660 if mode & 0o010 else 0o600


def _stop(*_: object) -> None:
    sys.exit(0)


def _serve() -> None:
    with door(SignerSettings.read()) as open_door:
        _log.info("signer_listens")
        open_door.serve_forever()


def main() -> None:
    """Until a signal. Ends with status 1 and a sentence when it cannot start."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    begin(_serve, keys="De sleutels zijn niet bereikbaar", system="De ondertekenaar kan niet luisteren")
