"""Replacing one person by another on all the cases that a lead holds."""

from collections.abc import Sequence

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from complaints.errors import Invalid
from complaints.policy import Action
from complaints.services import approvals, backoff, replacement
from complaints.services.replacement import Replaced
from complaints.services.unit import Unit
from complaints.web.casework.frame import blueprint
from complaints.web.forms.people import ReplaceForm, id_of, show
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.passphrase_again import account_seed
from complaints.web.replies import Page, Redirect, Reply
from crypto import AccountSeed

_NOBODY = {"value": "", "text": _("Choose a person")}


@blueprint.get("/replace")
@guarded(Action.REPLACE_INVESTIGATOR, UnitKind.READING)
def replacing(visit: Visit) -> Reply:
    return _page(visit, visit.unit, ReplaceForm(request.args))


def _page(visit: Visit, unit: Unit, form: ReplaceForm, done: Replaced | None = None, status: int = 200) -> Page:
    colleagues = replacement.colleagues(unit, visit.staff)
    values = {
        "form": form,
        "people": [_NOBODY, *({"value": c.account.hex(), "text": f"{c.name} ({c.cases})"} for c in colleagues)],
        "newcomers": [_NOBODY, *({"value": c.account.hex(), "text": c.name} for c in colleagues)],
        "colleagues": colleagues,
        "done": done,
        "after": done.after.hex() if done else "",
    }
    return Page("casework/replace.html", values, status)


def _unlock(visit: Visit) -> AccountSeed:
    form = ReplaceForm(request.form)
    problems = {name: "unknown" for name in ("person", "by") if id_of(form[name]) is None}
    if problems:
        raise Invalid(problems)
    return account_seed(visit, form.passphrase.data, "assignment")


def _again(visit: Visit, error: Invalid) -> Reply:
    form = ReplaceForm(request.form)
    show(form, error.problems)
    with visit.app.units.reading() as unit:
        return _page(visit, unit, form, status=400)


@blueprint.post("/replace")
@guarded(Action.REPLACE_INVESTIGATOR, UnitKind.WRITING, prepare=_unlock, on_error={Invalid: _again})
def replace(visit: Visit) -> Reply:
    seed: AccountSeed = visit.prepared
    form = ReplaceForm(request.form)
    person, by, after = id_of(form.person) or b"", id_of(form.by) or b"", id_of(form.after) or b""
    done = replacement.replace(visit.unit, visit.staff, visit.keys, seed.identity(), person, by, after)
    backoff.forget_mistakes(visit.unit, visit.staff.account)
    if done.after or done.refused or done.unread:
        return _page(visit, visit.unit, form, done)
    approvals.fulfil(visit.unit, visit.staff, person, by)
    return Redirect("casework.list_cases", notice=_said(done.done))


def _said(references: Sequence[str]) -> str:
    if not references:
        return str(gettext("There was no case to hand over."))
    return str(gettext("Handed over, with new keys: %(cases)s.", cases=", ".join(references)))
