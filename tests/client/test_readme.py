"""What the client's README shows can be typed, and names what there is."""

import ast
import inspect
import re

import regie_client
from regie_client import RegieError
from tests.imports import ROOT

README = (ROOT / "client" / "README.md").read_text()


def test_every_example_compiles_and_takes_what_the_package_offers() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    trees = [ast.parse(block) for block in blocks]
    taken = {
        name.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "regie_client"
        for name in node.names
    }
    assert len(blocks) >= 2 and taken and taken <= set(regie_client.__all__)
    assert all(hasattr(regie_client, name) for name in regie_client.__all__)


def test_every_example_says_what_there_is_to_say() -> None:
    """Who types it over gets no TypeError: `Removal(user=…)` stood here after it was gone."""
    said = 0
    for block in re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in regie_client.__all__:
                made = inspect.signature(getattr(regie_client, node.func.id))
                made.bind(*node.args, **{str(one.arg): one.value for one in node.keywords})
                said += 1
    assert said > 5


def test_every_error_has_its_advice() -> None:
    errors = {
        name for name, one in vars(regie_client).items() if isinstance(one, type) and issubclass(one, RegieError)
    } - {"RegieError"}
    assert errors == {name for name in errors if f"`{name}`" in README or f"except {name}" in README}
