"""What the access log says of tasks, held against the table that lists read: a day moved or a task taken away shows."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from complaints.models import Task
from complaints.services.check_log import Finding, Logged


def of_tasks(session: Session, logged: Logged) -> Iterator[Finding]:
    seen = set()
    for row in session.scalars(select(Task).order_by(Task.id)):
        name = row.id.hex()
        seen.add(name)
        said = (row.case_id.hex(), row.account_id.hex(), row.due.isoformat())
        if logged.tasks.get(name) != said:
            yield Finding("task", f"task {name} is not as the log says: another case, person or day")
        if logged.tasks_done.get(name, "") != (row.done.isoformat() if row.done else ""):
            yield Finding("task", f"task {name}: whether it is done is not as the log says")
    for missing in sorted(logged.tasks.keys() - seen):
        yield Finding("task", f"task {missing} is in the log and not in the database")
