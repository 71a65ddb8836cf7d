"""The folder of declared sources, read and judged at the start: `<folder>/<tenant>/<name>.toml`."""

import re
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from audit.contract import Trust
from connectors.brp import BrpSource
from connectors.catalogue import BRP, VAULT, catalogue
from connectors.contract import Source
from connectors.declared.credentials import headers_of
from connectors.declared.declaration import Declaration, read
from connectors.declared.rest import RestSource
from connectors.declared.sql import SqlSource, open_engine
from connectors.hiding import Hiding, all_hidden
from connectors.outside.addresses import networks
from connectors.outside.asking import Asker
from connectors.outside.guarding import Limits, guarded
from connectors.outside.opening import Certificates, open_outside
from connectors.sources import Placed
from connectors.together import BrpTogether
from connectors.uploads.source import UploadSource
from connectors.uploads.standing import Files
from kernel.address import plain_address
from kernel.clock import Clock
from kernel.settings import SettingsWrong, read_secret

BYTES_MOST, FILES_MOST = 64 << 10, 200
PLACE = re.compile(r"at line (\d+), column (\d+)")  # all of tomllib's words that quote nothing


@dataclass(frozen=True)
class Surroundings:
    """What declared sources work with. outside: closes what they opened. files: what owners sent. hiding: who of the
    people around a resident may not be found."""

    trust: Callable[[], Awaitable[Trust]]
    clock: Clock
    outside: AsyncExitStack
    files: Files | None = None
    hiding: Hiding = all_hidden


def read_file(file: Path) -> Declaration:
    """Raises SettingsWrong, which names the file and what is wrong in it and where, never a value."""
    try:
        with file.open("rb") as content:
            text = content.read(BYTES_MOST + 1)
        if len(text) > BYTES_MOST:
            raise SettingsWrong([f"{file}: dit bestand is groter dan {BYTES_MOST >> 10} KiB."])
        said = tomllib.loads(text.decode())
        declared = read(said)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        raise SettingsWrong(f"{file}: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in faults) from None
    except FileNotFoundError:
        raise SettingsWrong([f"{file}: dit bestand is er niet."]) from None
    except (OSError, ValueError) as error:
        where = PLACE.search(str(error)) if isinstance(error, tomllib.TOMLDecodeError) else None
        at = f" Kijk bij regel {where[1]}, teken {where[2]}." if where else ""
        raise SettingsWrong([f"{file}: dit is geen leesbaar TOML-bestand.{at}"]) from None
    wrong = [*_strange(declared), *([] if declared.name == file.stem else ["de naam is niet die van het bestand"])]
    if wrong:
        raise SettingsWrong(f"{file}: {one}" for one in wrong)
    return declared


def read_folder(folder: Path, tenants: Mapping[str, object]) -> dict[str, dict[str, Declaration]]:
    """By tenant and name. Raises SettingsWrong."""
    strangers = [one.name for one in folder.iterdir() if one.is_dir() and one.name not in tenants]
    if strangers:
        raise SettingsWrong(f"{folder}: de gemeente {name} kennen wij niet." for name in strangers)
    found: dict[str, dict[str, Declaration]] = {}
    for tenant in tenants:
        files = sorted((folder / tenant).glob("*.toml"))
        if len(files) > FILES_MOST:
            raise SettingsWrong([f"{folder / tenant}: dit zijn meer dan {FILES_MOST} bronnen."])
        found[tenant] = {one.stem: read_file(one) for one in files}
        _demand_no_circle(tenant, found[tenant])
    return found


def placed(declared: Declaration, around: Surroundings) -> Placed:
    """The source, with all that stands before it. Raises SettingsWrong."""
    limits = declared.limits
    if (
        declared.kind == "csv" and around.files is not None
    ):  # our own database: nothing to be guarded against, and many are asked as one
        files = UploadSource(declared, around.files, around.trust, around.clock)
        return Placed(files, limits.seconds, together=files)
    guard = Limits(limits.seconds, limits.at_once, limits.waiting, limits.failures, limits.rest)
    if declared.kind == "brp":
        knows_us, asker = headers_of(declared.credential, around.clock), asker_of(declared, around.outside)
        made = (asker, declared.gateway, around.trust, around.clock, knows_us, limits.seconds)
        return placed_brp(BrpSource(*made, hiding=around.hiding), guard)
    return Placed(guarded(declared.name, _source(declared, around), guard), limits.seconds, needs(declared))


def placed_brp(brp: BrpSource, limits: Limits) -> Placed:
    """The register of residents, for one and for many behind the same guard."""
    chain = guarded(BRP, brp, limits)
    return Placed(chain, limits.seconds, together=BrpTogether(brp, chain.guard))


def asker_of(declared: Declaration, outside: AsyncExitStack) -> Asker:
    """The way to a source that is asked over HTTP."""
    credential, url = declared.credential, plain_address(declared.url)
    certificates = Certificates(credential.authority, credential.certificate)
    http = open_outside(url, networks(declared.networks), declared.limits.seconds, certificates)
    outside.push_async_callback(http.aclose)
    return Asker(http, url, declared.limits.bytes)


def needs(declared: Declaration) -> frozenset[str]:
    """Sources whose word it needs."""
    return frozenset(catalogue()[key.element].element.source for key in declared.keys.values())


def _source(declared: Declaration, around: Surroundings) -> Source:
    if declared.kind == "rest":
        headers = headers_of(declared.credential, around.clock)
        return RestSource(declared, asker_of(declared, around.outside), headers, around.trust, around.clock)
    if declared.credential.file is None:
        raise SettingsWrong([f"{declared.name}: zonder bestand is er geen adres."])
    address = read_secret(declared.credential.file).decode().strip()
    engine = open_engine(address, declared.limits.at_once)
    around.outside.push_async_callback(engine.dispose)
    return SqlSource(declared, engine, around.trust, around.clock)


def _strange(declared: Declaration) -> list[str]:
    """What does not fit the catalogue: only its elements can be asked for, and only from the source it names."""
    known, wrong = catalogue(), []
    if declared.name == VAULT or (declared.name == BRP) != (declared.kind == "brp"):
        wrong.append(f"{declared.name} is ingebouwd: alleen een bron van de soort brp heet zo, en geen andere")
    for element in declared.elements:
        if element not in known or known[element].element.source != declared.name:
            wrong.append(f"elements.{element}: in de catalogus is dit geen gegeven van {declared.name}")
        elif {key.element for key in declared.keys.values()} - {one for _, one in known[element].element.inputs}:
            wrong.append(f"elements.{element}: de catalogus noemt niet wat hiervoor wordt gelezen")
    wrong += [f"keys: {key.element} kennen wij niet" for key in declared.keys.values() if key.element not in known]
    return wrong


def _demand_no_circle(tenant: str, declared: Mapping[str, Declaration]) -> None:
    left = dict(declared)
    while left:
        ready = [name for name, one in left.items() if not needs(one) & set(left)]
        if not ready:
            raise SettingsWrong([f"{tenant}: deze bronnen wachten op elkaar: {', '.join(sorted(left))}."])
        left = {name: one for name, one in left.items() if name not in ready}
