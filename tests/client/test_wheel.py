"""What an application installs: the client and the verifier, byte for byte, and no room of the house."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.imports import ROOMS, ROOT
from tests.patience import PATIENCE

OURS = ("regie_verify", "regie_policy")
LOADING = """
import sys
import regie_client, regie_verify
assert ".whl" in regie_client.__file__ and ".whl" in regie_verify.__file__
print(*{name.partition(".")[0] for name in sys.modules})
"""


@pytest.mark.slow
def test_the_package_holds_the_verifier_itself_and_works_alone(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    subprocess.run(
        [*build, "--no-build-isolation", "-w", str(tmp_path), str(ROOT / "client")], check=True, timeout=PATIENCE
    )
    (wheel,) = tmp_path.glob("regie_client-*.whl")
    with ZipFile(wheel) as content:
        names = {name for name in content.namelist() if ".dist-info/" not in name}
        assert {name.partition("/")[0] for name in names} == {"regie_client", *(f"{one}.py" for one in OURS)}
        assert "regie_client/py.typed" in names
        for one in OURS:
            assert content.read(f"{one}.py") == (ROOT / f"{one}.py").read_bytes()
    alone = f"import sys; sys.path.insert(0, {str(wheel)!r})\n{LOADING}"
    seen = subprocess.run([sys.executable, "-c", alone], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert not set(seen.stdout.split()) & set(ROOMS)
