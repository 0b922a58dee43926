"""The reporter's own identity: seen, given later, corrected. The receipt is asked for each time it is opened. See withdrawal.py as well."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, Invalid, NoRecipient
from complaints.policy import Action
from complaints.services import own_identity, questions
from complaints.services.casework import FileLine
from complaints.services.unit import Unit
from complaints.services.uploads import stream_file
from complaints.vocabulary import IDENTITY_FIELD_SIZE, IdentityField, Locale
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.own.blueprint import blueprint
from complaints.web.own.pages import own_page
from complaints.web.own.receipt_again import Again, ask_again, code_field, open_from_page, seal_for_page
from complaints.web.replies import Download, Page, Redirect, Reply
from complaints.web.reporter.pages import FormField, doubt_lines
from complaints.web.view_models import words
from crypto import PrivateKey

_TOO_LONG = _("This is too long.")
_GIVEN = _("What you gave is sealed, and counts from now on.")


def standing_page(visit: Visit, unit: Unit, template: str, problem: str | None = None) -> Page:
    standing = own_identity.standing(unit, visit.reporter, visit.keys)
    kept = timedelta(days=visit.app.settings.backup_days)
    values = {
        "standing": standing,
        "code": code_field(problem),
        "last_backup": (standing.withdrawn or unit.today) + kept,
        "backups_left": standing.withdrawn is None or unit.today <= standing.withdrawn + kept,
    }
    return own_page(visit, template, values, 400 if problem else 200)


def code_again(template: str, visit: Visit, error: Invalid) -> Page:
    with visit.app.units.reading() as unit:
        return standing_page(visit, unit, template, error.problems["code"])


@blueprint.get("/identity")
@guarded(Action.SEE_OWN_IDENTITY, UnitKind.READING)
def identity(visit: Visit, locale: Locale) -> Page:
    del locale
    return standing_page(visit, visit.unit, "mailbox/identity.html")


@blueprint.post("/identity")
@guarded(
    Action.SEE_OWN_IDENTITY,
    UnitKind.WRITING,
    prepare=ask_again,
    on_error={Invalid: lambda visit, error: code_again("mailbox/identity.html", visit, error)},
)
def open_identity(visit: Visit, locale: Locale) -> Page:
    del locale
    again: Again = visit.prepared
    key = again.seed.identity()
    seen = own_identity.see(visit.unit, visit.reporter, visit.keys, key)
    texts = {name.value: text for name, text in seen.fields.items()}
    texts |= {questions.field_of(answer.question): answer.typed(visit.locale) for answer in seen.asked}
    wordings = {questions.field_of(answer.question): answer.wording(visit.locale) for answer in seen.asked}
    return _form_page(visit, texts, key, wordings, originals=seen.originals)


def _form_page(
    visit: Visit,
    texts: dict[str, str],
    key: PrivateKey | None,
    wordings: Mapping[str, str],
    *,
    originals: Sequence[FileLine] = (),
    problems: dict[str, str] | None = None,
    alarm: str = "",
    doubted: Sequence[Mapping[str, Any]] = (),
) -> Page:
    """`wordings`: the channel's own questions that were answered, by their fields. `doubted`: of what was just saved, what may be mistyped."""
    labels = {name.value: words(name) for name in IdentityField} | dict(wordings)
    fields = [
        (FormField(name, name, texts.get(name, ""), [_TOO_LONG] if name in (problems or {}) else []), label)
        for name, label in labels.items()
    ]
    values = {
        "fields": fields,
        "sealed": seal_for_page(visit, key) if key else "",
        "alarm": alarm,
        "originals": originals,
        "doubts": doubted,
        "given": _GIVEN if doubted else "",
    }
    return own_page(
        visit, "mailbox/identity_form.html", values, 400 if problems or alarm else 200, other_language=False
    )


def _typed() -> dict[str, str]:
    return {name.value: _as_typed(name.value) for name in IdentityField}


def _typed_asked() -> dict[str, str]:
    """Of the channel's own questions, by their fields."""
    return {name: _as_typed(name) for name in request.form if questions.question_of(name)}


def _as_typed(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n")[: 4 * IDENTITY_FIELD_SIZE]


def _wordings(visit: Visit) -> dict[str, str]:
    """What was asked, of the channel's own questions on the page that came back."""
    with visit.app.units.reading() as unit:
        return questions.wordings(unit, _typed_asked(), visit.locale)


def take_key(visit: Visit) -> PrivateKey:
    key = open_from_page(visit, request.form.get("sealed", ""))
    if key is None:
        raise Invalid({"sealed": "expired"})
    return key


def _keep_words(visit: Visit, error: Invalid) -> Page:
    if "sealed" in error.problems:
        return _unsent(visit)
    return _form_page(visit, _typed() | _typed_asked(), take_key(visit), _wordings(visit), problems=error.problems)


def _not_taken(visit: Visit, error: NoRecipient | Conflict) -> Page:
    alarm = "nobody" if isinstance(error, NoRecipient) else "often"
    return _form_page(visit, _typed() | _typed_asked(), take_key(visit), _wordings(visit), alarm=alarm)


def _unsent(visit: Visit) -> Page:
    """The session of this form has ended: what was typed goes back into the page, and nowhere else."""
    typed = [(words(name), _typed()[name.value]) for name in IdentityField]
    typed += [(wording, _as_typed(name)) for name, wording in _wordings(visit).items()]
    return own_page(visit, "mailbox/unsent_identity.html", {"typed": typed}, 403, other_language=False)


@blueprint.post("/identity/change")
@guarded(
    Action.GIVE_IDENTITY,
    UnitKind.WRITING,
    prepare=take_key,
    on_error={Invalid: _keep_words, NoRecipient: _not_taken, Conflict: _not_taken},
    unsent=_unsent,
)
def give(visit: Visit, locale: Locale) -> Reply:
    """What may be mistyped is saved like all else, and asked about after that: nobody is held up by the question."""
    fields = {IdentityField(name): text for name, text in _typed().items()}
    asked = {questions.question_of(name): text for name, text in _typed_asked().items()}
    own_identity.give(visit.unit, visit.reporter, visit.keys, visit.prepared, fields, asked)
    if doubted := doubt_lines(fields):
        wordings = questions.wordings(visit.unit, _typed_asked(), visit.locale)
        return _form_page(visit, _typed() | _typed_asked(), visit.prepared, wordings, doubted=doubted)
    return Redirect("own.identity", {"locale": locale}, notice=_GIVEN)


@blueprint.get("/identity/change")
@guarded(Action.GIVE_IDENTITY, UnitKind.NONE)
def give_again(visit: Visit, locale: Locale) -> Redirect:
    """Somebody asks for the address of a page that only comes as an answer."""
    del visit
    return Redirect("own.identity", {"locale": locale})


def _to_begin(visit: Visit, _error: Invalid) -> Redirect:
    """The session of this page has ended, or is another one."""
    return Redirect("own.identity", {"locale": visit.locale})


@blueprint.post("/identity/original/<id:file>")
@guarded(Action.SEE_OWN_IDENTITY, UnitKind.WRITING, prepare=take_key, on_error={Invalid: _to_begin})
def original(visit: Visit, locale: Locale, file: bytes) -> Download:
    """One of the files as it was sent, from a page that was made with the receipt."""
    del locale
    opened = own_identity.open_original(visit.unit, visit.reporter, visit.keys, visit.prepared, file)
    units = visit.app.units
    return Download(opened.name, opened.length, lambda: stream_file(units, opened.id, opened.key, opened.length))
