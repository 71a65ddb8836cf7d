"""The `regie` command. `regie verify`, the signer and the witness are dispatched before any other import: a verifier
trusts no room of the house, and a process that holds the key of a log or a witness loads no room but its own."""

import gc
import sys


def main() -> None:
    """Run the command of this process's arguments. Ends the process with the command's exit status."""
    gc.disable()  # while everything is loaded, and nothing is waste: looking for it takes a third of a start
    if sys.argv[1:2] == ["verify"]:
        import regie_verify  # noqa: PLC0415 - the other commands need no verifier

        _loaded()
        sys.exit(regie_verify.main(sys.argv[2:]))
    if sys.argv[1:] == ["serve", "signer"]:
        from audit.signing import process  # noqa: PLC0415 - the signer opens no room but its own

        _loaded()
        return process.main()
    if sys.argv[2:] == ["witness"] and sys.argv[1] in ("serve", "init"):
        from audit.witness import process as witness  # noqa: PLC0415 - a witness may run where there is no house

        _loaded()
        return witness.main() if sys.argv[1] == "serve" else witness.found()
    from assembly import cli  # noqa: PLC0415 - opens every room, which verifying must not

    _loaded()
    cli.main()


def _loaded() -> None:
    """What is there now stays for as long as the process lives, so nobody need look through it again."""
    gc.freeze()
    gc.enable()


if __name__ == "__main__":
    main()
