"""Requests for nobody in particular are counted. Written out, as every migration."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0021", "0020"


def upgrade() -> None:
    """Of a recipient, those that still wait."""
    schema = "consent" if op.get_bind().dialect.name == "postgresql" else None
    loose = sa.text("resident = ''")
    op.create_index("ix_consents_loose", "consents", ["tenant_id", "recipient", "answer_by"], schema=schema,
                    sqlite_where=loose, postgresql_where=loose)  # fmt: skip


def downgrade() -> None:
    """Nothing depends on it but time."""
    raise NotImplementedError
