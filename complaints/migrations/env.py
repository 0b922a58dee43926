"""Runs revisions on the connection that `complaints.migrate` hands over, inside its transaction."""

from alembic import context

from complaints.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,  # SQLite too: its transactions hold DDL, and ours begins before the first statement
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
