"""A report that somebody of the staff takes down: from a call, a letter, a talk. Checked on the page, sealed as any other.

The answer is a code for the reporter that is good for one exchange, and a sheet that tells them how.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import force_locale
from flask_babel import lazy_gettext as _
from werkzeug.exceptions import HTTPException

from complaints.errors import (
    AlreadyReceived,
    Conflict,
    DomainError,
    Invalid,
    NoRecipient,
    NotReady,
    UploadRefused,
)
from complaints.policy import Action, Staff
from complaints.services import intake, report_draft, routing, taken_down, uploads
from complaints.services.intake import Received, SealedReport
from complaints.services.questions import Question
from complaints.services.report_draft import TakenDownBy
from complaints.services.routing import ChannelOffer, Recipients
from complaints.services.unit import Unit
from complaints.vocabulary import CHOICES, SEVERAL, IdentityField, Locale, ReportField, Source
from complaints.web.body import TEXT_LIMIT, read_form
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.outgoing import PastFile
from complaints.web.replies import Page, Redirect, Reply
from complaints.web.reporter import asking
from complaints.web.reporter.evidence import Arrivals
from complaints.web.reporter.pages import (
    Card,
    FormField,
    asked_on_page,
    fields_asked,
    problem_text,
    refusal_text,
    who_gets,
)
from complaints.web.reporter.posted import ASKED, Posted, ride_along
from complaints.web.view_models import day, words

blueprint = Blueprint("taking_down", __name__, url_prefix="/staff/reports/new")

_MISSING = {
    "source": _("Choose how it came."),
    "language": _("Choose the language of the person."),
    "channel": _("Choose what it is about."),
}


class NotSent(DomainError):
    """There is something to correct, or nothing left to do: the page that says so takes the place of sending."""

    def __init__(self, page: Page) -> None:
        super().__init__("not sent")
        self.page = page


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it came back."""

    posted: Posted = field(default_factory=Posted, repr=False)
    source: Source | None = None
    language: Locale | None = None
    csrf_token: str = field(default="", repr=False)

    @classmethod
    def parse(cls, form: Mapping[str, str], posted: Posted) -> "Typed":
        source, language = form.get("source", ""), form.get("language", "")
        return cls(
            posted,
            Source(source) if source in set(Source) else None,
            Locale(language) if language in set(Locale) else None,
            form.get("csrf_token", ""),
        )

    def draft(self) -> report_draft.ReportDraft:
        """Raises Invalid naming what was not chosen, and `way` "left-behind" when what is filled in would not be sealed."""
        problems = {
            name: "missing"
            for name, value in (("source", self.source), ("language", self.language), ("channel", self.posted.channel))
            if value is None
        }
        if self.left_behind():
            problems[ReportField.WAY] = "left-behind"
        if problems:
            raise Invalid(problems)
        return self.posted.draft(self.posted.channel or b"", self.language or Locale.THAI)

    def identifying(self) -> list[IdentityField]:
        """What is sealed of who somebody is."""
        posted = self.posted
        kept = report_draft.identity_to_seal(posted.answers.get(ReportField.WAY, ""), posted.identity)
        return [name for name in IdentityField if kept.get(name, "").strip()]

    def left_behind(self) -> list[IdentityField]:
        """What is filled in and does not go with the way that was chosen. A reporter may change their mind; here it is a slip."""
        typed = [name for name in IdentityField if self.posted.identity.get(name, "").strip()]
        return [name for name in typed if name not in self.identifying()]

    def fingerprint(self, recipients: Recipients, notice_version: int, asked: Sequence[Question]) -> str:
        """Of everything that is sealed, and for whom: what is sent must be what was read back to the person."""
        shown = (self.posted.fingerprint(recipients, notice_version, asked), self.source or "", self.language or "")
        return sha256(":".join(shown).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Ready:
    """A report that is sealed and waits for its transaction."""

    sealed: SealedReport
    typed: Typed

    @property
    def csrf_token(self) -> str:
        return self.typed.csrf_token


# -- Reading the form ------------------------------------------------------------------------------------------------


def _receive(visit: Visit) -> Typed:
    """Files are sealed as they arrive, and cleaned as a reporter's own would be."""
    arrivals = Arrivals(visit.app.units, visit.app.settings)
    try:
        body = read_form(request, 2 * visit.app.settings.report_limit + TEXT_LIMIT, arrivals.take)
    except HTTPException:
        arrivals.abandon()
        raise
    return Typed.parse(body, arrivals.join(Posted.parse(visit.app.secrets, body, arrivals.staged)))


def _unsent(visit: Visit) -> Page:
    """The session of this form has ended, or is another one by now: what was typed goes back into the page, and nowhere else."""
    prepared = visit.prepared
    typed = prepared.typed if isinstance(prepared, Ready) else prepared
    if typed is None:
        body = read_form(request, 2 * visit.app.settings.report_limit + TEXT_LIMIT, lambda _name, _type: PastFile())
        typed = Typed.parse(body, Posted.parse(visit.app.secrets, body))
    with visit.app.units.reading() as unit:
        return _form_page(visit, unit, typed, unsent=True, status=403)


# -- The page --------------------------------------------------------------------------------------------------------


def _form_page(
    visit: Visit,
    unit: Unit,
    typed: Typed,
    *,
    problems: Mapping[str, str] | None = None,
    recipients: Recipients | None = None,
    changed: bool = False,
    unsent: bool = False,
    status: int = 200,
) -> Page:
    """The form with what is in it. `recipients`: it was checked, and goes to these when it is sent."""
    offers = tuple(routing.channels_offered(unit))
    posted = typed.posted
    wrong = {name: _problem(typed, name, kind) for name, kind in (problems or {}).items()}
    if posted.refused:
        wrong["files"] = [refusal_text(refused, visit.app.settings) for refused in posted.refused]
    own = asking.Asking(asking.questions_for(unit, posted))
    fields = _fields(typed, wrong) | fields_asked(own, posted, wrong)
    values = {
        "fields": fields,
        "errors": [fields[name] for name in fields if name in wrong],
        "posted": posted,
        "code": posted.receipt.grouped(),
        "ride_along": partial(ride_along, visit.app.secrets),
        "who_gets": who_gets,
        "sources": [{"value": source.value, "text": words(source)} for source in Source],
        "channels": [{"value": offer.id.hex(), "text": _name(visit, offer)} for offer in offers],
        "people": _people(offers),
        "choices": _choices,
        "identity_order": tuple(IdentityField),
        "asked": asked_on_page(visit.locale, own, fields),
        "recipients": recipients,
        "receiving": _name(visit, recipients) if recipients else "",
        "identifying": [words(name) for name in typed.identifying()],
        "fingerprint": typed.fingerprint(recipients, intake.notice_version(unit), own.questions) if recipients else "",
        "knows": isinstance(visit.actor, Staff) and visit.actor.account in posted.excluded,
        "changed": changed,
        "unsent": unsent,
        "signed_in": isinstance(visit.actor, Staff),
        "limits": (visit.app.settings.file_count_limit, visit.app.settings.file_limit // (1024 * 1024)),
    }
    return Page("taking_down/form.html", values, status if status != 200 or not wrong else 400)


def _problem(typed: Typed, name: str, kind: str) -> Sequence[Any]:
    if kind == "missing" and name in _MISSING:
        return [_MISSING[name]]
    if kind == "left-behind":
        filled = ", ".join(str(words(one)) for one in typed.left_behind())
        return [_("With this choice these would not be kept: %(names)s. Choose another, or empty them.", names=filled)]
    return problem_text(name, kind)


def _fields(typed: Typed, wrong: Mapping[str, Sequence[Any]]) -> dict[str, FormField]:
    posted = typed.posted
    data: dict[str, Any] = {
        "source": typed.source or "",
        "language": typed.language or "",
        "channel": posted.channel.hex() if posted.channel else "",
        **{name.value: _as_data(name, posted.answers.get(name, "")) for name in ASKED},
        "excluded": [account.hex() for account in posted.excluded],
        "excluded_words": posted.excluded_words,
        **{name.value: posted.identity.get(name, "") for name in IdentityField},
        "files": None,
    }
    return {name: FormField(name, name, value, wrong.get(name, ())) for name, value in data.items()}


def _choices(name: str) -> list[dict[str, Any]]:
    """What can be chosen, without the hints that speak to a reporter."""
    return [{"value": value.value, "text": words(value)} for value in CHOICES[ReportField(name)]]


def _as_data(name: ReportField, answer: str) -> Any:
    return answer.split() if name in SEVERAL else answer


def _name(visit: Visit, channel: ChannelOffer | Recipients) -> str:
    return channel.name_th if visit.locale is Locale.THAI else channel.name_en


def _people(offers: Sequence[ChannelOffer]) -> list[dict[str, str]]:
    """Everybody who receives reports, or may be given one later, once."""
    named = {person.account: person.display_name for offer in offers for person in (*offer.recipients, *offer.members)}
    return [{"value": account.hex(), "text": name} for account, name in sorted(named.items(), key=lambda one: one[1])]


def _reviewed(visit: Visit, unit: Unit, typed: Typed, *, changed: bool = False) -> Page:
    """The form, with who receives it; or with what has to be corrected first."""
    typed = _without_missing_files(unit, typed)
    try:
        draft = typed.draft()
        report_draft.validate(unit, draft)
        recipients = routing.recipients_after(unit, draft)
    except Invalid as error:
        return _form_page(visit, unit, typed, problems=error.problems)
    except NoRecipient:
        return _form_page(visit, unit, typed, problems={"excluded": "nobody-left"})
    if typed.posted.refused:
        return _form_page(visit, unit, typed)
    return _form_page(visit, unit, typed, recipients=recipients, changed=changed)


def _without_missing_files(unit: Unit, typed: Typed) -> Typed:
    missing: dict[bytes, str] = {}
    for exhibit in typed.posted.files:
        try:
            for staged in exhibit.staged:
                uploads.check_staged(unit, staged)
        except UploadRefused as refusal:
            missing[exhibit.id] = refusal.reason
    return Typed(typed.posted.without(missing), typed.source, typed.language, typed.csrf_token)


@blueprint.get("")
@guarded(Action.TAKE_DOWN, UnitKind.READING)
def form(visit: Visit) -> Page:
    taken_down.require_able(visit.unit, visit.staff)
    if not any(routing.channels_offered(visit.unit)):
        raise NotReady("no channel can receive a report")
    return _form_page(visit, visit.unit, Typed(language=visit.locale))


@blueprint.get("/<any(check, send):_step>")
@guarded(Action.TAKE_DOWN, UnitKind.NONE)
def form_again(visit: Visit, _step: str) -> Redirect:
    """Somebody asks for the address of a page that only comes as an answer."""
    del visit
    return Redirect("taking_down.form")


@blueprint.post("/check")
@guarded(Action.TAKE_DOWN, UnitKind.READING, prepare=_receive, unsent=_unsent, takes_files=True)
def check(visit: Visit) -> Page:
    taken_down.require_able(visit.unit, visit.staff)
    return _reviewed(visit, visit.unit, visit.prepared)


# -- Sending ---------------------------------------------------------------------------------------------------------


def _seal(visit: Visit) -> Ready:
    """Before the transaction. Raises NotSent with the page to show instead; the same form again gives the same code."""
    typed = _receive(visit)
    with visit.app.units.reading() as unit:
        taken_down.require_able(unit, visit.staff)
        earlier = intake.earlier_with(unit, typed.posted.receipt.lookup_hash())
        if earlier is not None:
            raise NotSent(_receipt_page(visit, earlier, typed))
        try:
            draft = typed.draft()
            recipients = routing.recipients_after(unit, draft)
            asked = asking.questions_for(unit, typed.posted)
            if typed.fingerprint(recipients, intake.notice_version(unit), asked) != typed.posted.shown:
                raise NotSent(_reviewed(visit, unit, typed, changed=True))
            if typed.posted.refused:
                raise NotSent(_reviewed(visit, unit, typed))
            by = TakenDownBy(visit.staff, typed.source or Source.PHONE)
            sealed = intake.prepare(unit, draft, typed.posted.receipt, by)
        except (Invalid, NoRecipient):
            raise NotSent(_reviewed(visit, unit, typed)) from None
    return Ready(sealed, typed)


def _answer_instead(visit: Visit, error: NotSent) -> Reply:
    del visit
    return error.page


def _look_again(visit: Visit, error: DomainError) -> Reply:
    """Between sealing and storing, the recipients changed or a file was swept."""
    del error
    with visit.app.units.reading() as unit:
        return _reviewed(visit, unit, visit.prepared.typed, changed=True)


def _already(visit: Visit, error: AlreadyReceived) -> Reply:
    del visit, error
    return Page("taking_down/already.html", status=409)


@blueprint.post("/send")
@guarded(
    Action.TAKE_DOWN,
    UnitKind.WRITING,
    prepare=_seal,
    on_error={
        NotSent: _answer_instead,
        Conflict: _look_again,
        UploadRefused: _look_again,
        AlreadyReceived: _already,
    },
    unsent=_unsent,
    takes_files=True,
)
def send(visit: Visit) -> Page:
    ready: Ready = visit.prepared
    return _receipt_page(visit, intake.receive(visit.unit, ready.sealed), ready.typed)


def _receipt_page(visit: Visit, received: Received, typed: Typed) -> Page:
    """The code, and a sheet for the person, in their language."""
    language = typed.language or Locale.THAI
    with force_locale(language.value):
        address = visit.app.settings.origin + url_for("mailbox.code", locale=language)
        sheet = [
            str(_("1. Open %(address)s and type the code above.", address=address)),
            str(_("2. You get a new code that you alone know. Keep it: the one above then opens nothing any more.")),
            str(_("3. Read what was written down for you, and say whether it is right.")),
            str(_("Do this soon: until then the person who wrote it down knows your code as well.")),
            str(
                _(
                    "If the page says that it does not know this code, somebody has used it. Then tell us again, another way."
                )
            ),
            str(_("By %(day)s we tell you that we have read it.", day=day(received.acknowledge_by))),
        ]
        heading = str(_("For you, who told us something"))
    values = {
        "received": received,
        "card": Card(typed.posted.receipt),
        "sheet": sheet,
        "heading": heading,
        "language": language.value,
    }
    return Page("taking_down/receipt.html", values)
