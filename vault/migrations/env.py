"""The vault's history of tables."""

from kernel.sql.migration_env import run
from vault.tables import metadata

run(metadata, "vault")
