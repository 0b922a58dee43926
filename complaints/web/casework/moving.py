"""Moving a case to another channel."""

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, Denied, DomainError, Invalid, PassphraseRefused
from complaints.policy import Action
from complaints.services import backoff, caseload, moving
from complaints.services.moving import Move
from complaints.services.unit import Unit
from complaints.vocabulary import Locale, ReportField
from complaints.web.casework.frame import blueprint
from complaints.web.casework.passphrase import identity_key, refusal_text
from complaints.web.forms.casework import MoveForm
from complaints.web.forms.people import id_of
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect, Reply
from complaints.web.view_models import answered
from crypto import PrivateKey

_TOLD = {
    Locale.THAI: (
        "เรื่องของคุณเกี่ยวข้องกับงานของอีกทีมหนึ่งมากกว่า เราจึงส่งต่อให้ทีมนั้นดูแลแล้ว คนที่ไม่ได้อยู่ในทีมนั้นจะเปิดเรื่องนี้ไม่ได้อีก "
        "คนที่คุณขอไม่ให้เห็นเรื่องก็ยังจะไม่เห็น คุณไม่ต้องทำอะไร และใช้รหัสติดตามเดิมได้ต่อไป"
    ),
    Locale.ENGLISH: (
        "Your report is more a matter for another of our teams, so we have passed it on to them. Whoever is not one of that team cannot open it any more. "
        "Whoever you asked to keep it from still does not see it. You need do nothing, and your tracking code stays the same."
    ),
}
"""With what the message to the reporter begins, in their language."""

_DENIALS = (_("nobody in that channel may lead this case"),)
"""The service's own reason, named here so that it is translated; the others stand beside assignment."""


@blueprint.get("/<id:case>/move")
@guarded(Action.MOVE_CASE, UnitKind.WRITING)
def moving_form(visit: Visit, case: bytes) -> Reply:
    del case
    return _page(visit, visit.unit)


def _page(
    visit: Visit, unit: Unit, form: MoveForm | None = None, *, conflict: bool = False, status: int = 200
) -> Reply:
    case = visit.values["case"]
    plan = moving.plan(unit, visit.staff, visit.keys, case)
    if plan.closed and form is None:
        return Redirect("casework.read_case", {"case": case})
    locale = Locale(plan.language) if plan.language in set(Locale) else visit.locale
    values = {
        "plan": plan,
        "case_id": case,
        "form": form or MoveForm(data={"told": _TOLD[locale]}),
        "language": answered(ReportField.LANGUAGE, plan.language),
        "choices": [_choice(one, visit.locale) for one in plan.destinations if one.possible],
        "barred": [_name(one, visit.locale) for one in plan.destinations if not one.possible],
        "conflict": conflict,
    }
    return Page("casework/move.html", values, status)


def _choice(destination: moving.Destination, locale: Locale) -> dict[str, str]:
    hint = gettext("Would hold it: %(names)s", names=", ".join(destination.receivers))
    return {"value": destination.channel.id.hex(), "text": _name(destination, locale), "hint": hint}


def _name(destination: moving.Destination, locale: Locale) -> str:
    channel = destination.channel
    return channel.name_th if locale is Locale.THAI else channel.name_en


def _prepare(visit: Visit) -> PrivateKey:
    case, form = visit.values["case"], MoveForm(request.form)
    with visit.app.units.reading() as unit:
        caseload.find_line(unit, visit.staff, case)
    if not form.validate() or id_of(form.target) is None:
        raise Invalid({"target": "form"})
    return identity_key(visit, case, form.passphrase.data, "moving")


def _sent_back(visit: Visit, error: DomainError) -> Reply:
    """The form again, with every word as it was typed, beside what the case is by now."""
    form = MoveForm(request.form)
    form.validate()
    if isinstance(error, PassphraseRefused):
        form.passphrase.errors = [refusal_text(error)]
    elif isinstance(error, Denied):
        form.target.errors = [gettext(str(error))]
    elif isinstance(error, Invalid) and not form.errors:
        form.target.errors = [gettext("Choose a channel")]
    conflict = isinstance(error, Conflict)
    with visit.app.units.writing() as unit:
        return _page(visit, unit, form, conflict=conflict, status=409 if conflict else 400)


@blueprint.post("/<id:case>/move")
@guarded(
    Action.MOVE_CASE,
    UnitKind.WRITING,
    prepare=_prepare,
    on_error=dict.fromkeys((Invalid, PassphraseRefused, Conflict, Denied), _sent_back),
)
def move(visit: Visit, case: bytes) -> Reply:
    form = MoveForm(request.form)
    wanted = Move(id_of(form.target) or b"", form.reason.data, form.told.data)
    channel = moving.move(visit.unit, visit.staff, visit.keys, visit.prepared, case, wanted, form.revision.data)
    backoff.forget_mistakes(visit.unit, visit.staff.account)
    name = channel.name_th if visit.locale is Locale.THAI else channel.name_en
    notice = gettext("The case went to: %(name)s. Its new leads hold the keys, and the reporter is told.", name=name)
    return Redirect("casework.list_cases", notice=notice)
