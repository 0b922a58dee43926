"""What happened in a case, who did it and when, as the access log has it."""

from typing import Any

from flask import request, url_for

from complaints.policy import Action
from complaints.services import timeline
from complaints.services.timeline import Step, Timeline
from complaints.vocabulary import Locale
from complaints.web.audit_words import FACTS, entry_view
from complaints.web.casework.frame import blueprint
from complaints.web.forms.people import number_in
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Reply

_SAID_ABOVE = ("case", "channel")
"""What every entry of the page would say again."""


@blueprint.get("/<id:case>/timeline")
@guarded(Action.SEE_TIMELINE, UnitKind.READING)
def see_timeline(visit: Visit, case: bytes) -> Reply:
    before = request.args.get("before", "")
    read = timeline.read(visit.unit, visit.staff, case, number_in(before))
    values = {
        "line": read.case,
        "case_id": case,
        "steps": [_step(step, read, visit.locale) for step in read.steps],
        "older": read.older is not None and url_for("casework.see_timeline", case=case, before=read.older),
        "newest": before and url_for("casework.see_timeline", case=case),
    }
    return Page("casework/timeline.html", values)


def _step(step: Step, read: Timeline, locale: Locale) -> dict[str, Any]:
    view = entry_view(step.line, read.names, locale)
    said = {value for name, value, _stored in _named(step, view.fields) if name in _SAID_ABOVE}
    return {
        "what": view.kind,
        "who": view.who,
        "when": view.when,
        "about": [text for text in view.about if text not in said],
        "times": step.times,
        "changed": [_fact(name, value) for name, value in step.changed if name in FACTS],
    }


def _named(step: Step, fields: tuple[tuple[str, str, str], ...]) -> list[tuple[str, str, str]]:
    """The fields in words, under the names that the log gives them."""
    return [(name, said, stored) for name, (_label, said, stored) in zip(step.line.fields, fields, strict=True)]


def _fact(name: str, value: str) -> tuple[str, str]:
    label, put = FACTS[name]
    try:
        return str(label), put(value)
    except ValueError:
        return str(label), value
