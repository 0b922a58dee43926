"""Taking a case away as a ZIP that is made as it leaves: the case as one page, and its files. With the identity only as the identity opens."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, Denied, DomainError, Invalid, PassphraseRefused
from complaints.policy import Action
from complaints.services import backoff, caseload, export, sealed_copies
from complaints.services.export import Copy, WithIdentity
from complaints.services.unit import Unit
from complaints.services.uploads import stream_file
from complaints.typesetting.process import set_case
from complaints.vocabulary import OpeningReason
from complaints.web.attachment import safe_name
from complaints.web.casework.document import document
from complaints.web.casework.frame import blueprint
from complaints.web.casework.identity import draw_once, line_of_holder, no_key, prepare, take_once
from complaints.web.casework.passphrase import refusal_text
from complaints.web.forms.casework import ExportForm, ExportIdentityForm
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Archive, Page, Reply
from complaints.web.view_models import words
from crypto import Malformed, PrivateKey, PublicKey

_NO_KEY = _("This is not a public key that “complaints export key” printed")


def _page(
    visit: Visit, unit: Unit, form: ExportForm, *, identity: bool, again: bool = False, status: int = 200
) -> Page:
    case = visit.values["case"]
    line = line_of_holder(unit, visit.staff, case) if identity else caseload.find_line(unit, visit.staff, case)
    values = {
        "line": line,
        "form": form,
        "identity": identity,
        "reasons": [{"value": reason.value, "text": words(reason)} for reason in OpeningReason],
        "once": draw_once(case),
        "again": again,
    }
    return Page("casework/export.html", values, status)


def _seal_to(form: ExportForm) -> PublicKey | None:
    """Raises Invalid for what is no key: a copy that was meant to be sealed must not leave open."""
    text = (form.seal_to.data or "").strip()
    try:
        return sealed_copies.read_public(text) if text else None
    except Malformed as error:
        raise Invalid({"seal_to": "malformed"}) from error


def _archive(visit: Visit, copy: Copy, seal_to: PublicKey | None) -> Archive:
    names = {file.id: f"files/{number:02}-{safe_name(file.name)}" for number, file in enumerate(copy.files, start=1)}
    units = visit.app.units
    files = [(names[file.id], partial(stream_file, units, file.id, file.key, file.length)) for file in copy.files]
    made = document(copy, visit.locale, names, visit.app.organisation(visit.locale))
    printed = ("case.pdf", partial(_printed, made.as_data(visit.locale)))
    name = f"{copy.case.reference}.zip"
    return Archive(name, "case.html", "casework/copy.html", {"document": made}, files, [printed], seal_to)


def _printed(data: dict[str, Any]) -> Iterator[bytes]:
    yield set_case(data)


# -- Without the identity --------------------------------------------------------------------------------------------


@blueprint.get("/<id:case>/export")
@guarded(Action.EXPORT_CASE, UnitKind.READING)
def exporting(visit: Visit, case: bytes) -> Reply:
    del case
    return _page(visit, visit.unit, ExportForm(), identity=False)


def _prepare(visit: Visit) -> PublicKey | None:
    case, form = visit.values["case"], ExportForm(request.form)
    with visit.app.units.reading() as unit:
        caseload.find_line(unit, visit.staff, case)
    take_once(case, form.once.data or "")
    return _seal_to(form)


def _sent_back(visit: Visit, error: DomainError) -> Reply:
    form = ExportForm(request.form)
    if isinstance(error, Invalid):
        form.seal_to.errors = [str(_NO_KEY)]
    with visit.app.units.reading() as unit:
        again = isinstance(error, Conflict)
        return _page(visit, unit, form, identity=False, again=again, status=200 if again else 400)


@blueprint.post("/<id:case>/export")
@guarded(
    Action.EXPORT_CASE, UnitKind.WRITING, prepare=_prepare, on_error=dict.fromkeys((Invalid, Conflict), _sent_back)
)
def take(visit: Visit, case: bytes) -> Reply:
    return _archive(visit, export.take(visit.unit, visit.staff, visit.keys, case), visit.prepared)


# -- With the identity -----------------------------------------------------------------------------------------------


@blueprint.get("/<id:case>/export/identity")
@guarded(Action.EXPORT_CASE, UnitKind.READING, on_error={Denied: no_key})
def exporting_identity(visit: Visit, case: bytes) -> Reply:
    del case
    return _page(visit, visit.unit, ExportIdentityForm(), identity=True)


def _prepare_identity(visit: Visit) -> tuple[PrivateKey, PublicKey | None]:
    seal_to = _seal_to(ExportForm(request.form))
    return prepare(visit), seal_to


def _identity_sent_back(visit: Visit, error: DomainError) -> Reply:
    form = ExportIdentityForm(request.form)
    again = isinstance(error, Conflict)
    if not again:
        form.validate()
    if isinstance(error, PassphraseRefused):
        form.passphrase.errors = [refusal_text(error)]
    elif isinstance(error, Invalid) and "seal_to" in error.problems:
        form.seal_to.errors = [str(_NO_KEY)]
    with visit.app.units.reading() as unit:
        return _page(visit, unit, form, identity=True, again=again, status=200 if again else 400)


@blueprint.post("/<id:case>/export/identity")
@guarded(
    Action.EXPORT_CASE,
    UnitKind.WRITING,
    prepare=_prepare_identity,
    on_error={Denied: no_key, **dict.fromkeys((Invalid, PassphraseRefused, Conflict), _identity_sent_back)},
)
def take_identity(visit: Visit, case: bytes) -> Reply:
    form, (key, seal_to) = ExportIdentityForm(request.form), visit.prepared
    wanted = WithIdentity(key, OpeningReason(form.reason.data), form.words.data)
    copy = export.take(visit.unit, visit.staff, visit.keys, case, wanted)
    backoff.forget_mistakes(visit.unit, visit.staff.account)
    return _archive(visit, copy, seal_to)
