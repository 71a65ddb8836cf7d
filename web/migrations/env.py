"""The portal's history of tables."""

from kernel.sql.migration_env import run
from web.tables import metadata

run(metadata, "web")
