"""The `regie` command. `regie verify`, the signer and the witness are dispatched before any other import: a verifier
trusts no room of the house, and a process that holds the key of a log or a witness loads no room but its own."""

import sys


def main() -> None:
    """Run the command of this process's arguments. Ends the process with the command's exit status."""
    if sys.argv[1:2] == ["verify"]:
        import regie_verify  # noqa: PLC0415 - the other commands need no verifier

        sys.exit(regie_verify.main(sys.argv[2:]))
    if sys.argv[1:] == ["serve", "signer"]:
        from audit.signing import process  # noqa: PLC0415 - the signer opens no room but its own

        return process.main()
    if sys.argv[2:] == ["witness"] and sys.argv[1] in ("serve", "init"):
        from audit.witness import process as witness  # noqa: PLC0415 - a witness may run where there is no house

        return witness.main() if sys.argv[1] == "serve" else witness.found()
    from assembly import cli  # noqa: PLC0415 - opens every room, which verifying must not

    cli.main()


if __name__ == "__main__":
    main()
