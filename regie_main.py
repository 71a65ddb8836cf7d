"""The `regie` command. `regie verify` and the signer are dispatched before any other import: a verifier trusts no room
of the house, and the process that holds the key of the log loads no room but its own."""

import sys


def main() -> None:
    """Run the command of this process's arguments. Ends the process with the command's exit status."""
    if sys.argv[1:2] == ["verify"]:
        import regie_verify  # noqa: PLC0415 - the other commands need no verifier

        sys.exit(regie_verify.main(sys.argv[2:]))
    if sys.argv[1:] == ["serve", "signer"]:
        from audit.signing import process  # noqa: PLC0415 - the signer opens no room but its own

        return process.main()
    from assembly import cli  # noqa: PLC0415 - opens every room, which verifying must not

    cli.main()


if __name__ == "__main__":
    main()
