"""A file as the reporter sent it, which may tell who they are: asked for as their identity is, and given in the one answer to that."""

from functools import partial

from flask import request

from complaints.errors import Conflict, Denied, DomainError, Invalid, PassphraseRefused
from complaints.policy import Action
from complaints.services import backoff, uploads
from complaints.services import identity as identities
from complaints.vocabulary import OpeningReason
from complaints.web.casework.frame import blueprint
from complaints.web.casework.identity import form_page, line_of_holder, no_key, prepare, send_back
from complaints.web.forms.casework import IdentityForm
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Download, Reply


@blueprint.get("/<id:case>/originals/<id:file>")
@guarded(Action.READ_ORIGINAL, UnitKind.READING, on_error={Denied: no_key})
def original(visit: Visit, case: bytes, file: bytes) -> Reply:
    return form_page(line_of_holder(visit.unit, visit.staff, case), IdentityForm(), original=file)


def _sent_back(visit: Visit, error: DomainError) -> Reply:
    return send_back(visit, error, original=visit.values["file"])


@blueprint.post("/<id:case>/originals/<id:file>")
@guarded(
    Action.READ_ORIGINAL,
    UnitKind.WRITING,
    prepare=prepare,
    on_error={Denied: no_key, Invalid: _sent_back, PassphraseRefused: _sent_back, Conflict: _sent_back},
)
def open_original(visit: Visit, case: bytes, file: bytes) -> Reply:
    form = IdentityForm(request.form)
    opened = identities.open_original(
        visit.unit,
        visit.staff,
        visit.keys,
        visit.prepared,
        case,
        file,
        OpeningReason(form.reason.data),
        form.words.data,
    )
    backoff.forget_mistakes(visit.unit, visit.staff.account)
    chunks = partial(uploads.stream_file, visit.app.units, opened.id, opened.key, opened.length)
    return Download(opened.name, opened.length, chunks)
