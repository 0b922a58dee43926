"""What a proxy or a monitor asks. The answers say yes, or nothing that a stranger could use."""

from flask import Blueprint
from sqlalchemy import literal, select

from complaints.policy import Action
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Text

blueprint = Blueprint("health", __name__)

_ANYTHING = select(literal(1))


@blueprint.get("/health/live")
@guarded(Action.SEE_PUBLIC, UnitKind.NONE)
def live(visit: Visit) -> Text:
    """The process answers."""
    del visit
    return Text("live\n")


@blueprint.get("/health/ready")
@guarded(Action.SEE_PUBLIC, UnitKind.READING)
def ready(visit: Visit) -> Text:
    """And so does its database; 503 when it does not."""
    visit.unit.run(_ANYTHING)
    return Text("ready\n")
