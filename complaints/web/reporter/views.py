"""The reporter's pages: the way in, the form, its check page, the receipt, and what they are told about all this.

The form is asked for at one address and posted to others. Browsers then keep the page itself, with everything in it, for Back;
they would load it afresh had it been posted to its own address.
"""

from dataclasses import dataclass

from flask import request
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from complaints.errors import (
    AlreadyReceived,
    Conflict,
    DomainError,
    Invalid,
    NoRecipient,
    NotFound,
    NotReady,
    Refused,
    UploadRefused,
)
from complaints.models import new_id
from complaints.policy import Action
from complaints.services import comments, intake, organisation, report_draft, routing, uploads
from complaints.services.intake import SealedReport
from complaints.services.routing import ChannelOffer
from complaints.services.unit import Unit
from complaints.vocabulary import Locale
from complaints.web.guard import ErrorReplies, UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect, Reply
from complaints.web.reporter import asking, evidence, notice_text, pages
from complaints.web.reporter.asking import NOTHING_ASKED
from complaints.web.reporter.blueprint import blueprint
from complaints.web.reporter.pages import FormField, Review
from complaints.web.reporter.posted import Posted
from crypto import Mistyped, Receipt


class NotSent(DomainError):
    """There is something to correct, or nothing left to do: the page that says so takes the place of sending."""

    def __init__(self, page: Page) -> None:
        super().__init__("not sent")
        self.page = page


@dataclass(frozen=True, slots=True)
class Ready:
    """A report that is sealed and waits for its transaction."""

    sealed: SealedReport
    posted: Posted


@blueprint.get("/")
@guarded(Action.SEE_PUBLIC, UnitKind.NONE)
def root(visit: Visit) -> Redirect:
    return Redirect("reporter.home", {"locale": visit.locale})


@blueprint.get("/<locale:locale>/")
@guarded(Action.SEE_PUBLIC, UnitKind.READING)
def home(visit: Visit, locale: Locale) -> Page:
    """Invites nobody to write what nobody could receive."""
    values = {
        "announced": organisation.announced(visit.unit),
        "open": _is_open(visit.unit),
        "other": pages.other(locale),
    }
    return pages.page(visit, "reporter/home.html", values)


def _is_open(unit: Unit) -> bool:
    """Whether somebody could receive a report."""
    try:
        return any(routing.channels_offered(unit))
    except Refused:
        return False


@blueprint.get("/<locale:locale>/notice")
@guarded(Action.SEE_PUBLIC, UnitKind.READING)
def notice(visit: Visit, locale: Locale) -> Page:
    del locale
    return notice_page(visit, visit.unit)


def notice_page(visit: Visit, unit: Unit, comment: FormField | None = None, status: int = 200) -> Page:
    """`comment`: the field for a comment, when one was sent back."""
    versions = organisation.notices(unit)
    values = {
        "versions": versions,
        "changes": {version: _CHANGES[kind] for version, kind in notice_text.changes(versions).items()},
        "announced": organisation.announced(unit),
        "comment": comment or FormField("comment", "comment", ""),
        "comment_id": new_id().hex(),
        "comments": comments.public_count(unit),
        "other": pages.other(visit.locale),
    }
    return pages.page(visit, "reporter/notice.html", values | notice_text.values(unit, visit.locale), status)


_CHANGES = {
    "first": _("The first version"),
    "operator": _("Changed: who answers for your data"),
    "program": _("Changed: what we ask, who works for us, or how it works here"),
}


@blueprint.get("/<locale:locale>/notice/<int:version>")
@guarded(Action.SEE_PUBLIC, UnitKind.READING)
def earlier_notice(visit: Visit, locale: Locale, version: int) -> Page:
    """A version as it read, for whoever sent a report under it."""
    versions = organisation.notices(visit.unit)
    operator = next((published for published in versions if published.version == version), None)
    if operator is None:
        raise NotFound
    kept = organisation.page_of(visit.unit, version)
    page = Markup(kept.page_th if locale is Locale.THAI else kept.page_en) if kept else None  # noqa: S704 - our own page, vouched for
    values = {
        "operator": operator,
        "page": page,
        "is_newest": operator == versions[0],
        "other": pages.other(locale),
    }
    return pages.page(visit, "reporter/earlier_notice.html", values)


@blueprint.get("/<locale:locale>/cookies")
@guarded(Action.SEE_PUBLIC, UnitKind.NONE)
def cookies(visit: Visit, locale: Locale) -> Page:
    name = "inbox" if visit.app.settings.insecure_loopback else "__Host-inbox"
    return pages.page(visit, "reporter/cookies.html", {"other": pages.other(locale), "cookie_name": name})


@blueprint.get("/<locale:locale>/exit")
@guarded(Action.SEE_PUBLIC, UnitKind.NONE)
def leave(visit: Visit, locale: Locale) -> Page:
    """Between the form and the world: the form is out of sight at once, however slow the other site is."""
    del visit, locale
    return Page("reporter/exit.html", {"site": pages.EXIT_SITE})


def _closed(visit: Visit, error: DomainError) -> Reply:
    del error
    return pages.page(visit, "reporter/closed.html", {"other": pages.other(visit.locale)}, 503)


_CLOSED: ErrorReplies = {NotReady: _closed}


@blueprint.get("/<locale:locale>/form")
@guarded(Action.REPORT, UnitKind.READING, on_error=_CLOSED)
def form(visit: Visit, locale: Locale) -> Page:
    del locale
    return pages.form(visit, _offers(visit.unit), Posted(), NOTHING_ASKED)


@blueprint.get("/<locale:locale>/form/<any(change, check, send, compare):_step>")
@guarded(Action.REPORT, UnitKind.NONE)
def form_again(visit: Visit, locale: Locale, _step: str) -> Redirect:
    """Somebody asks for the address of a page that only comes as an answer."""
    del visit
    return Redirect("reporter.form", {"locale": locale})


def _receive(visit: Visit) -> Posted:
    return evidence.receive(request, visit.app.units, visit.app.settings)


@blueprint.post("/<locale:locale>/form/change")
@guarded(Action.REPORT, UnitKind.READING, prepare=_receive, on_error=_CLOSED)
def change(visit: Visit, locale: Locale) -> Page:
    """The same form again: in this language, with the files that came along sealed, without one that was taken away."""
    del locale
    posted: Posted = visit.prepared
    if posted.shown:
        return _reviewed(visit, visit.unit, posted)
    return pages.form(visit, _offers(visit.unit), posted, asking.as_it_stands(visit.unit, posted))


@blueprint.post("/<locale:locale>/form/check")
@guarded(Action.REPORT, UnitKind.READING, prepare=_receive, on_error=_CLOSED)
def check(visit: Visit, locale: Locale) -> Page:
    """What was answered, and who receives it; or the form again, with what has to be corrected."""
    del locale
    return _reviewed(visit, visit.unit, visit.prepared)


def _seal(visit: Visit) -> Ready:
    """Everything about sending that is slow or can go wrong, before the transaction. Raises NotSent with the page to show instead.

    A receipt that was used is known before anything else is looked at: whoever sends twice gets the same receipt, whatever changed.
    """
    posted = _receive(visit)
    with visit.app.units.reading() as unit:
        earlier = intake.earlier_with(unit, posted.receipt.lookup_hash())
        if earlier is not None:
            raise NotSent(pages.receipt(visit, earlier, posted.receipt))
        changed = _fingerprint(visit, unit, posted) != posted.shown
        if changed or not posted.declared or posted.refused:
            raise NotSent(_reviewed(visit, unit, posted, changed=changed, undeclared=not changed))
        try:
            _refuse_missing_files(unit, posted)
            sealed = intake.prepare(unit, posted.draft(_channel(unit, posted), visit.locale), posted.receipt)
        except (Invalid, NoRecipient, UploadRefused):
            raise NotSent(_reviewed(visit, unit, posted)) from None
    return Ready(sealed, posted)


def _fingerprint(visit: Visit, unit: Unit, posted: Posted) -> str:
    """Of what would be sent now, and to whom; empty when nothing could be."""
    try:
        draft = posted.draft(_channel(unit, posted), visit.locale)
        asked = asking.questions_for(unit, posted)
        return posted.fingerprint(routing.recipients_after(unit, draft), intake.notice_version(unit), asked)
    except (Invalid, NoRecipient):
        return ""


def _answer_instead(visit: Visit, error: NotSent) -> Reply:
    del visit
    return error.page


def _already(visit: Visit, error: AlreadyReceived) -> Reply:
    """Says nothing of the report: whoever has the old code alone is to learn nothing more by sending its form again."""
    del error
    return pages.page(visit, "reporter/already.html", {"other": pages.other(visit.locale)}, 409)


def _look_again(visit: Visit, error: DomainError) -> Reply:
    """Between sealing and storing, the recipients changed or a file was swept."""
    del error
    with visit.app.units.reading() as unit:
        return _reviewed(visit, unit, visit.prepared.posted, changed=True)


@blueprint.post("/<locale:locale>/form/send")
@guarded(
    Action.REPORT,
    UnitKind.WRITING,
    prepare=_seal,
    on_error={
        NotSent: _answer_instead,
        AlreadyReceived: _already,
        Conflict: _look_again,
        UploadRefused: _look_again,
        **_CLOSED,
    },
)
def send(visit: Visit, locale: Locale) -> Page:
    del locale
    ready: Ready = visit.prepared
    received = intake.receive(visit.unit, ready.sealed)
    # Of two posts at once the other may have been stored, which may have gone to others.
    recipients = None if received.repeated else ready.sealed.recipients
    return pages.receipt(visit, received, ready.posted.receipt, recipients, any_excluded=bool(ready.posted.excluded))


@blueprint.post("/<locale:locale>/form/compare")
@guarded(Action.REPORT, UnitKind.READING)
def compare(visit: Visit, locale: Locale) -> Page:
    """Asked back, for whoever wishes: whether what they wrote down is their receipt. Nothing is opened and nothing entered."""
    del locale
    try:
        given = Receipt.parse(request.form.get("receipt", ""))
    except Mistyped:
        raise NotFound from None
    received = intake.earlier_with(visit.unit, given.lookup_hash())
    if received is None:
        raise NotFound
    return pages.asked_back(visit, received, given, request.form.get("typed", ""))


def _reviewed(visit: Visit, unit: Unit, posted: Posted, *, changed: bool = False, undeclared: bool = False) -> Page:
    """The check page; the form, where something has to be corrected first."""
    offers = _offers(unit)
    posted = posted.without(_missing_files(unit, posted))
    problems: dict[str, str] = {}
    review = None
    try:
        draft = posted.draft(_channel(unit, posted), visit.locale)
        report_draft.validate(unit, draft)
        recipients = routing.recipients_after(unit, draft)
        review = Review(recipients, chosen=posted.channel is not None, notice=organisation.notice(unit))
    except Invalid as error:
        problems = error.problems
    except NoRecipient:
        problems = {"excluded": "nobody-left"}
    if posted.refused:
        review = None
    asked = asking.next_for(unit, posted) if review else asking.as_it_stands(unit, posted)
    problems |= asked.problems
    if asked.due:
        review = None
    if review and undeclared:
        problems = {"declared": "missing"}
    return pages.form(visit, offers, posted, asked, problems=problems, review=review, changed=changed)


def _offers(unit: Unit) -> tuple[ChannelOffer, ...]:
    """Raises NotReady when there is nobody who could receive a report."""
    offers = tuple(routing.channels_offered(unit))
    if not offers:
        raise NotReady("no channel can receive a report")
    return offers


def _channel(unit: Unit, posted: Posted) -> bytes:
    """The one that was chosen; the first for whoever is not sure. Raises Invalid when it does not, or no longer, take reports."""
    offer = (
        next(routing.channels_offered(unit), None) if posted.channel is None else routing.offered(unit, posted.channel)
    )
    if offer is None:
        raise Invalid({"channel": "unknown"})
    return offer.id


def _missing_files(unit: Unit, posted: Posted) -> dict[bytes, str]:
    """The files that rode along and are not there as they should be, and why."""
    missing: dict[bytes, str] = {}
    for exhibit in posted.files:
        try:
            for staged in exhibit.staged:
                uploads.check_staged(unit, staged)
        except UploadRefused as refusal:
            missing[exhibit.id] = refusal.reason
    return missing


def _refuse_missing_files(unit: Unit, posted: Posted) -> None:
    for staged in posted.to_send:
        uploads.check_staged(unit, staged)
