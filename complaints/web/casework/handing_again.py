"""Handing over again what somebody held under keys that are lost."""

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from complaints.errors import Invalid
from complaints.policy import Action
from complaints.services import backoff, hand_again
from complaints.services.replacement import Replaced
from complaints.services.unit import Unit
from complaints.web.casework.frame import blueprint
from complaints.web.forms.people import HandAgainForm, id_of, show
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.passphrase_again import account_seed
from complaints.web.replies import Page, Redirect, Reply
from crypto import AccountSeed

_NOBODY = {"value": "", "text": _("Choose a person")}


@blueprint.get("/hand-over-again")
@guarded(Action.HAND_OVER_AGAIN, UnitKind.READING)
def owed(visit: Visit) -> Reply:
    return _page(visit, visit.unit, HandAgainForm())


def _page(visit: Visit, unit: Unit, form: HandAgainForm, done: Replaced | None = None, status: int = 200) -> Page:
    waiting = hand_again.owed(unit, visit.staff)
    ready = [{"value": one.account.hex(), "text": f"{one.name} ({len(one.cases)})"} for one in waiting if one.ready]
    values = {
        "owed": waiting,
        "people": [_NOBODY, *ready],
        "form": form,
        "done": done,
        "after": done.after.hex() if done else "",
    }
    return Page("casework/hand_again.html", values, status)


def _unlock(visit: Visit) -> AccountSeed:
    form = HandAgainForm(request.form)
    if id_of(form.person) is None:
        raise Invalid({"person": "unknown"})
    return account_seed(visit, form.passphrase.data, "assignment")


def _not_done(visit: Visit, error: Invalid) -> Page:
    form = HandAgainForm(request.form)
    show(form, error.problems)
    with visit.app.units.reading() as unit:
        return _page(visit, unit, form, status=400)


@blueprint.post("/hand-over-again")
@guarded(Action.HAND_OVER_AGAIN, UnitKind.WRITING, prepare=_unlock, on_error={Invalid: _not_done})
def hand_over_again(visit: Visit) -> Reply:
    seed: AccountSeed = visit.prepared
    form = HandAgainForm(request.form)
    person, after = id_of(form.person) or b"", id_of(form.after) or b""
    done = hand_again.hand_over(visit.unit, visit.staff, visit.keys, seed.identity(), person, after)
    backoff.forget_mistakes(visit.unit, visit.staff.account)
    if done.after or done.refused:
        return _page(visit, visit.unit, form, done)
    said = gettext("Handed over, with new keys: %(cases)s.", cases=", ".join(done.done))
    return Redirect("casework.list_cases", notice=said)
