"""A reporter's identity: asked for with a reason and the passphrase, shown in the one answer to that, and nowhere else."""

import secrets

from flask import request, session

from complaints.errors import Conflict, Denied, DomainError, Failure, Invalid, PassphraseRefused
from complaints.policy import Action, Staff
from complaints.services import backoff, caseload, keyrings
from complaints.services import identity as identities
from complaints.services.caseload import CaseLine
from complaints.services.unit import Unit
from complaints.vocabulary import CompartmentName, Event, IdentityField, OpeningReason
from complaints.web.casework.frame import blueprint, identity_label
from complaints.web.casework.passphrase import identity_key, refusal_text
from complaints.web.forms.casework import IdentityForm
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Reply
from complaints.web.view_models import words
from crypto import PrivateKey

_ONCE = "identity-once"
_FORMS_KEPT = 8


def line_of_holder(unit: Unit, actor: Staff, case_id: bytes) -> CaseLine:
    """Raises NotFound without the case, Denied without a key to its identity. The grant itself is asked when it opens."""
    line = caseload.find_line(unit, actor, case_id)
    if not line.holds_identity:
        fields = {"case": case_id.hex(), "reason": "no-grant"}
        raise Denied("no key to this identity was given to you", failure=Failure(Event.IDENTITY_REFUSED, fields))
    return line


def no_key(visit: Visit, error: Denied) -> Reply:
    del error
    with visit.app.units.reading() as unit:
        line = caseload.find_line(unit, visit.staff, visit.values["case"])
        erased = CompartmentName.IDENTITY not in keyrings.newest_epochs(unit, line.id)
    return Page("casework/no_identity.html", {"line": line, "erased": erased}, 403)


@blueprint.get("/<id:case>/identity")
@guarded(Action.OPEN_IDENTITY, UnitKind.READING, on_error={Denied: no_key})
def identity(visit: Visit, case: bytes) -> Reply:
    return form_page(line_of_holder(visit.unit, visit.staff, case), IdentityForm())


def form_page(
    line: CaseLine, form: IdentityForm, *, again: bool = False, status: int = 200, original: bytes | None = None
) -> Page:
    """`original`: the file that is asked for, when it is not the identity itself."""
    values = {
        "line": line,
        "form": form,
        "reasons": [{"value": reason.value, "text": words(reason)} for reason in OpeningReason],
        "again": again,
        "once": draw_once(line.id),
        "original": original,
    }
    return Page("casework/identity_form.html", values, status)


# -- Good for one try ------------------------------------------------------------------------------------------------


def draw_once(case_id: bytes) -> str:
    """A browser keeps a form, passphrase and all, to send it again on reload; whoever sits there then must not get in by that."""
    kept = dict(session.get(_ONCE, {}))
    kept.pop(case_id.hex(), None)
    kept[case_id.hex()] = secrets.token_urlsafe(12)
    session[_ONCE] = dict(list(kept.items())[-_FORMS_KEPT:])
    return str(kept[case_id.hex()])


def take_once(case_id: bytes, given: str) -> None:
    """Raises Conflict for a form that was sent before."""
    kept = dict(session.get(_ONCE, {}))
    drawn = kept.pop(case_id.hex(), "")
    session[_ONCE] = kept
    if not drawn or not secrets.compare_digest(drawn.encode(), given.encode()):
        raise Conflict("this form was sent before")


# -- Opening ---------------------------------------------------------------------------------------------------------


def prepare(visit: Visit) -> PrivateKey:
    case_id, form = visit.values["case"], IdentityForm(request.form)
    with visit.app.units.reading() as unit:
        line_of_holder(unit, visit.staff, case_id)
    take_once(case_id, form.once.data or "")
    if not form.validate():
        raise Invalid(dict.fromkeys(form.errors, "form"))
    return identity_key(visit, case_id, form.passphrase.data, "identity")


def _sent_back(visit: Visit, error: DomainError) -> Reply:
    return send_back(visit, error)


def send_back(visit: Visit, error: DomainError, original: bytes | None = None) -> Reply:
    """The form again, with what was typed in it, but for the passphrase."""
    form = IdentityForm(request.form)
    with visit.app.units.reading() as unit:
        line = line_of_holder(unit, visit.staff, visit.values["case"])
    if isinstance(error, Conflict):
        return form_page(line, form, again=True, original=original)
    form.validate()
    if isinstance(error, PassphraseRefused):
        form.passphrase.errors = [refusal_text(error)]
    return form_page(line, form, status=400, original=original)


@blueprint.post("/<id:case>/identity")
@guarded(
    Action.OPEN_IDENTITY,
    UnitKind.WRITING,
    prepare=prepare,
    on_error={Denied: no_key, Invalid: _sent_back, PassphraseRefused: _sent_back, Conflict: _sent_back},
)
def open_identity(visit: Visit, case: bytes) -> Reply:
    form = IdentityForm(request.form)
    opened = identities.open_identity(
        visit.unit,
        visit.staff,
        visit.keys,
        visit.prepared,
        case,
        OpeningReason(form.reason.data),
        form.words.data,
    )
    backoff.forget_mistakes(visit.unit, visit.staff.account)
    labels = [(name, identity_label(name)) for name in IdentityField]
    return Page("casework/identity.html", {"identity": opened, "labels": labels, "case_id": case})
