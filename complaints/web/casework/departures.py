"""Leaving a case of one's own accord, and the new keys that a lead begins after that."""

from flask import request
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from complaints.errors import Denied, DomainError, Invalid
from complaints.policy import Action
from complaints.services import backoff, caseload, departures, holdings
from complaints.services.unit import Unit
from complaints.web.casework.cases import unsent
from complaints.web.casework.frame import blueprint
from complaints.web.forms.casework import RecusalForm
from complaints.web.forms.people import PassphraseForm, show
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.passphrase_again import account_seed
from complaints.web.replies import Page, Redirect, Reply
from crypto import AccountSeed

_LAST_HOLDER = _(
    "Nobody else could hand this case over after you. Ask an administrator to have another lead named first."
)


# -- Leaving ---------------------------------------------------------------------------------------------------------


@blueprint.get("/<id:case>/recuse")
@guarded(Action.RECUSE, UnitKind.READING)
def recusing(visit: Visit, case: bytes) -> Reply:
    return _recusal_page(visit, visit.unit, case, RecusalForm())


def _recusal_page(visit: Visit, unit: Unit, case: bytes, form: RecusalForm, status: int = 200) -> Page:
    line = caseload.find_line(unit, visit.staff, case)
    last = not holdings.has_another_lead(unit, visit.staff.account, case, line.channel_id)
    return Page("casework/recuse.html", {"line": line, "form": form, "last": _LAST_HOLDER if last else ""}, status)


def _recusal_again(visit: Visit, error: DomainError) -> Reply:
    del error
    form = RecusalForm(request.form)
    form.text.errors = [str(_LAST_HOLDER)]
    with visit.app.units.reading() as unit:
        return _recusal_page(visit, unit, visit.values["case"], form, 409)


def _unsent_recusal(visit: Visit) -> Reply:
    return unsent("recusal", RecusalForm(request.form), visit)


@blueprint.post("/<id:case>/recuse")
@guarded(Action.RECUSE, UnitKind.WRITING, on_error={Denied: _recusal_again}, unsent=_unsent_recusal)
def recuse(visit: Visit, case: bytes) -> Reply:
    form = RecusalForm(request.form)
    if not form.validate():
        return _recusal_page(visit, visit.unit, case, form, 400)
    departures.recuse(visit.unit, visit.staff, visit.keys, case, form.text.data)
    notice = _("You have left the case: it is not open to you any more. Its leads read your reason.")
    return Redirect("casework.list_cases", notice=notice)


# -- New keys --------------------------------------------------------------------------------------------------------


@blueprint.get("/renewals")
@guarded(Action.RENEW_KEYS, UnitKind.READING)
def renewals(visit: Visit) -> Reply:
    return _renewals_page(visit, visit.unit, PassphraseForm())


def _renewals_page(visit: Visit, unit: Unit, form: PassphraseForm, status: int = 200) -> Page:
    values = {
        "waiting": departures.waiting(unit, visit.staff),
        "count": departures.count_waiting(unit, visit.staff),
        "form": form,
    }
    return Page("casework/renewals.html", values, status)


def _unlock(visit: Visit) -> AccountSeed:
    return account_seed(visit, PassphraseForm(request.form).passphrase.data, "renewal")


def _renewals_again(visit: Visit, error: Invalid) -> Reply:
    form = PassphraseForm(request.form)
    show(form, error.problems)
    with visit.app.units.reading() as unit:
        return _renewals_page(visit, unit, form, 400)


@blueprint.post("/renewals")
@guarded(Action.RENEW_KEYS, UnitKind.WRITING, prepare=_unlock, on_error={Invalid: _renewals_again})
def renew(visit: Visit) -> Reply:
    """Each case is an act and an entry of its own, all in one transaction."""
    seed: AccountSeed = visit.prepared
    renewed = departures.renew_all(visit.unit, visit.staff, visit.keys, seed.identity())
    backoff.forget_mistakes(visit.unit, visit.staff.account)
    left = departures.count_waiting(visit.unit, visit.staff)
    said = ngettext("%(num)s case has new keys.", "%(num)s cases have new keys.", renewed)
    if left:
        more = ngettext("%(num)s case still waits.", "%(num)s cases still wait.", left)
        return Redirect("casework.renewals", notice=f"{said} {more}")
    return Redirect(
        "casework.list_cases", notice=said + " " + gettext("Whoever left reads nothing written from now on.")
    )
