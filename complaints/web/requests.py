"""Requests: what one person has asked for and another does, with their own passphrase."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, request
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, DomainError, Invalid, Refused
from complaints.policy import Action, Verdict, decide
from complaints.services import accounts, approvals, backoff, holdings, new_keys, rosters
from complaints.services.approvals import Request
from complaints.services.unit import Unit
from complaints.vocabulary import ApprovalKind, Duty
from complaints.web.administration import not_asked
from complaints.web.forms.people import ConfirmForm, problem_words, show
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.own_account import awaits_undertaking
from complaints.web.passphrase_again import account_seed
from complaints.web.replies import Page, Redirect, Reply
from crypto import AccountSeed, fingerprint

blueprint = Blueprint("requests", __name__)


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request with the names behind its ids. `digits`: the person's fingerprint but for its last four groups, which they read out."""

    request: Request
    person: str
    requester: str
    leaver: str
    """Whose cases the person is to go on with."""
    channel_th: str
    channel_en: str
    before: Duty | None
    founds: bool
    about_visitor: bool
    digits: str
    own: bool
    """Asked for by the visitor: they can take it back."""
    theirs: bool
    """The visitor can do it."""
    outdated: bool
    """What it was asked about has changed since."""
    confirmers: tuple[str, ...]
    """Who else can do it, by name, for whoever asked. None for a replacement, which is for each lead who holds something."""

    @property
    def heard(self) -> bool:
        """Whoever does it hears digits from the person, and types them."""
        return self.request.kind not in approvals.WITHOUT_DIGITS

    @property
    def for_administrators(self) -> bool:
        """Another administrator can do it as well as a lead."""
        return self.request.kind in approvals.FOR_ADMINISTRATORS

    @property
    def stuck(self) -> bool:
        """Nobody can do it as things stand, and whoever asked is told."""
        drawn = self.request.kind is not ApprovalKind.NEW_KEYS or bool(self.digits)
        return self.own and drawn and not self.confirmers and self.request.kind is not ApprovalKind.REPLACEMENT


def _line(unit: Unit, visit: Visit, wanted: Request) -> RequestLine:
    names = {line.id: line.display_name for line in accounts.list_accounts(unit)}
    channel = rosters.channels_by_id(unit).get(wanted.subject)
    roster = rosters.present(unit, wanted.subject) if wanted.kind is ApprovalKind.ROSTER else None
    member = roster.member(wanted.person) if roster else None
    own, replaces = wanted.requester == visit.staff.account, wanted.kind is ApprovalKind.REPLACEMENT
    return RequestLine(
        request=wanted,
        person=names.get(wanted.person, ""),
        requester=names.get(wanted.requester, ""),
        leaver=names.get(wanted.subject, ""),
        channel_th=channel.name_th if channel else "",
        channel_en=channel.name_en if channel else "",
        before=member.duty if member else None,
        founds=wanted.kind is ApprovalKind.ROSTER and roster is None,
        about_visitor=wanted.person == visit.staff.account,
        digits=approvals.in_halves(_fingerprint(unit, wanted) or "")[0],
        own=own,
        theirs=approvals.may_confirm(unit, visit.staff, wanted) and _fingerprint(unit, wanted) is not None,
        outdated=approvals.is_outdated(unit, wanted),
        confirmers=approvals.confirmers(unit, wanted) if own and not replaces else (),
    )


def _fingerprint(unit: Unit, wanted: Request) -> str | None:
    """Of the keys that are compared; None while their owner has yet to draw them."""
    return new_keys.fingerprint_of(unit, wanted) if wanted.kind is ApprovalKind.NEW_KEYS else fingerprint(*wanted.keys)


@blueprint.get("/staff/requests")
@guarded(Action.SEE_REQUESTS, UnitKind.READING)
def list_requests(visit: Visit) -> Reply:
    lines = _lines(visit.unit, visit)
    asks = decide(visit.staff, Action.CHANGE_CHANNEL) is Verdict.ALLOWED
    concerned = asks or new_keys.leads(visit.unit, visit.staff.account)
    values = {
        "lines": [line for line in lines if line.own or line.theirs],
        "outdated": new_keys.outdated(visit.unit) if concerned else (),
        "asks": asks,
    }
    return Page("people/requests.html", values)


def _lines(unit: Unit, visit: Visit) -> Iterator[RequestLine]:
    """Without those of a channel whose roster does not verify: nobody can do them, and the others wait as before."""
    for wanted in approvals.waiting(unit):
        try:
            yield _line(unit, visit, wanted)
        except Refused:
            continue


@blueprint.get("/staff/requests/<id:approval>")
@guarded(Action.CONFIRM_REQUEST, UnitKind.READING)
def read(visit: Visit, approval: bytes) -> Reply:
    return _page(visit.unit, visit, approval, ConfirmForm())


def _page(unit: Unit, visit: Visit, approval: bytes, form: ConfirmForm, problem: str = "", status: int = 200) -> Page:
    line = _line(unit, visit, approvals.read_own(unit, visit.staff, approval))
    person, renews = line.request.person, line.request.kind is ApprovalKind.NEW_KEYS
    held = holdings.of_account(unit, person) if renews else None
    signed, left = new_keys.rosters_with(unit, visit.staff, person) if renews else ([], [])
    values = {"line": line, "form": form, "problem": problem, "held": held, "signed": signed, "left": left}
    return Page("people/request.html", values, status)


def _unlock(visit: Visit) -> AccountSeed:
    form, approval = ConfirmForm(request.form), visit.values["approval"]
    with visit.app.units.reading() as unit:
        wanted = approvals.read_own(unit, visit.staff, approval)
    if wanted.kind not in approvals.WITHOUT_DIGITS and not (form.digits.data or "").strip():
        raise Invalid({"digits": "missing"})
    return account_seed(visit, form.passphrase.data, "request")


def _sent_back(visit: Visit, error: Invalid) -> Page:
    form = ConfirmForm(request.form)
    show(form, {name: problem for name, problem in error.problems.items() if name in form})
    # What cannot be had any more has no field here.
    others = {name: problem for name, problem in error.problems.items() if name not in form}
    problem = problem_words(others) if others else ""
    with visit.app.units.reading() as unit:
        return _page(unit, visit, visit.values["approval"], form, problem, 400)


def _changed_meanwhile(visit: Visit, error: DomainError) -> Page:
    del visit, error
    return Page("people/request_stale.html", status=409)


@blueprint.post("/staff/requests/<id:approval>")
@guarded(
    Action.CONFIRM_REQUEST,
    UnitKind.WRITING,
    prepare=_unlock,
    on_error={Invalid: _sent_back, Conflict: _changed_meanwhile},
)
def confirm(visit: Visit, approval: bytes) -> Reply:
    seed: AccountSeed = visit.prepared
    read_aloud = ConfirmForm(request.form).digits.data or ""
    wanted = approvals.read(visit.unit, approval)
    act = new_keys.confirm if wanted.kind is ApprovalKind.NEW_KEYS else approvals.confirm
    act(visit.unit, visit.staff, seed.signing(), approval, read_aloud)
    backoff.forget_mistakes(visit.unit, visit.staff.account)
    if awaits_undertaking(visit.unit, visit.staff):
        said = _(
            "Done, and entered in the access log. One thing is left: sign the undertaking, or nothing is sealed to you."
        )
        return Redirect("own_account.undertaking", notice=said)
    if wanted.kind is ApprovalKind.NEW_KEYS and new_keys.rosters_left(visit.unit, wanted.person):
        said = _("Done, and entered in the access log. On some rosters the old keys still stand: see below.")
        return Redirect("requests.list_requests", notice=said)
    return Redirect("requests.list_requests", notice=_("Done, and entered in the access log."))


@blueprint.post("/staff/requests/<id:approval>/decline")
@guarded(Action.CONFIRM_REQUEST, UnitKind.WRITING)
def decline(visit: Visit, approval: bytes) -> Reply:
    own = approvals.decline(visit.unit, visit.staff, approval).requester == visit.staff.account
    taken_back, declined = (
        _("The request is taken back. Nothing has changed."),
        _("The request is declined. Nothing has changed."),
    )
    return Redirect("requests.list_requests", notice=taken_back if own else declined)


@blueprint.post("/staff/accounts/<id:account>/administrator")
@guarded(Action.CHANGE_ROLES, UnitKind.WRITING, on_error={Invalid: not_asked})
def ask_for_administrator(visit: Visit, account: bytes) -> Reply:
    approvals.ask_for_administrator(visit.unit, visit.staff, visit.keys.signing, account)
    return Redirect("requests.list_requests", notice=_("The request waits for another administrator, or for a lead."))


@blueprint.post("/staff/accounts/<id:account>/no-factors")
@guarded(Action.ASK_FOR_NO_FACTORS, UnitKind.WRITING, on_error={Invalid: not_asked})
def ask_for_no_factors(visit: Visit, account: bytes) -> Reply:
    approvals.ask_for_no_factors(visit.unit, visit.staff, visit.keys.signing, account)
    return Redirect("requests.list_requests", notice=_("The request waits for another administrator, or for a lead."))


@blueprint.post("/staff/accounts/<id:account>/no-administrator")
@guarded(Action.CHANGE_ROLES, UnitKind.WRITING, on_error={Invalid: not_asked})
def ask_to_take_administrator(visit: Visit, account: bytes) -> Reply:
    approvals.ask_to_take_administrator(visit.unit, visit.staff, visit.keys.signing, account)
    return Redirect("requests.list_requests", notice=_("The request waits for another administrator, or for a lead."))
