"""The register's history of tables; run by `regie migrate`."""

from consent.tables import metadata
from kernel.sql.migration_env import run

run(metadata, "consent")
