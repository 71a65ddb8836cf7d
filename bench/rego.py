"""regorus, Microsoft's engine for Rego, beside the rule: the same policies in Rego, over the register as data.

The registry of Python packages has it under another's name: `gordon-to-regorus` is built from the unchanged source of
microsoft/regorus, but for the names in its package; its recipe is public, and its hash is in `requirements.txt` here.
It is fetched into a folder that goes, and is no part of the product.
"""

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from consent.activity import ActivityVersion

NEEDED = Path(__file__).parent / "requirements.txt"
ASKED = "data.regie.allow"
POLICY = """package regie
default allow := false
version := data.activities[input.activity]
open if {
  not input.restricted
  version.parties[input.recipient]
}
allow if {
  open
  version.law[input.element]
}
allow if {
  open
  version.choice[input.element]
  input.element in input.consented
  input.at <= input.until
}
"""
Judge = Callable[[], list[bool]]


@contextmanager
def regorus() -> Iterator[Any]:
    """The module; None where it does not come."""
    with TemporaryDirectory(prefix="regie-bench-rego-") as folder:
        words = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
        command = [sys.executable, "-m", "pip", *words, "--require-hashes", "--target", folder, "-r", str(NEEDED)]
        if subprocess.run(command, check=False).returncode:  # noqa: S603 - named above
            yield None
            return
        sys.path.append(folder)
        try:
            yield importlib.import_module("regorus")
        finally:
            sys.path.remove(folder)


def judges(engine: Any, versions: Iterable[ActivityVersion], requests: Sequence[Mapping[str, Any]]) -> dict[str, Judge]:
    """What answers all questions, by the ways that regorus has: its interpreter, and a program for its machine.
    Policies and questions are ready before."""
    data = json.dumps({"activities": {one.slug: _version(one) for one in versions}})
    asked = [json.dumps(_input(one)) for one in requests]
    interpreter, machine = engine.Engine(), engine.Rvm()
    interpreter.add_policy("regie.rego", POLICY)
    interpreter.add_data_json(data)
    machine.load_program(engine.Program.compile_from_modules(data, [("regie.rego", POLICY)], [ASKED]))
    machine.set_data_json(data)

    def interpreted(question: str) -> bool:
        interpreter.set_input_json(question)
        return bool(interpreter.eval_rule(ASKED))

    def compiled(question: str) -> bool:
        machine.set_input_json(question)
        return bool(machine.execute() == "true")

    return {
        "regorus": lambda: [interpreted(one) for one in asked],
        "regorus, compiled": lambda: [compiled(one) for one in asked],
    }


def _version(version: ActivityVersion) -> dict[str, dict[str, bool]]:
    return {
        "parties": {one.recipient: True for one in version.parties},
        "law": {one.name: True for one in version.elements if one.class_ != "C"},
        "choice": {one.name: True for one in version.elements if one.class_ == "C"},
    }


def _input(request: Mapping[str, Any]) -> dict[str, object]:
    names = {"recipient": "principal", "activity": "action", "element": "resource"}
    return {**{name: request[theirs]["id"] for name, theirs in names.items()}, **request["context"]}
