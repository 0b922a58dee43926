"""Setting an installation up: what is missing, the texts, the channels."""

from typing import Any

from flask import Blueprint, request
from flask_babel import lazy_gettext as _

from complaints.errors import Invalid, NotFound
from complaints.policy import Action
from complaints.services import (
    accounts,
    approvals,
    channel_overview,
    channels,
    organisation,
    readiness,
    rosters,
    second_factors,
    undertakings,
)
from complaints.services.unit import Unit
from complaints.vocabulary import AccountState, Duty, Role
from complaints.web.forms.people import ChannelForm, DeadlinesForm, DutyForm, FallbackForm, TextsForm, id_of, show
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect, Reply
from complaints.web.reporter import notice_text
from complaints.web.starting_texts import NOTICE, UNDERTAKING, left_to_fill

blueprint = Blueprint("set_up", __name__)


@blueprint.get("/staff/set-up")
@guarded(Action.SEE_SET_UP, UnitKind.READING)
def overview(visit: Visit) -> Reply:
    values = {
        "ready": readiness.examine(visit.unit),
        "factor": bool(second_factors.of_account(visit.unit, visit.staff)),
    }
    return Page("people/set_up.html", values)


# -- Texts -----------------------------------------------------------------------------------------------------------


@blueprint.get("/staff/set-up/notice")
@guarded(Action.PUBLISH_TEXTS, UnitKind.READING)
def notice(visit: Visit) -> Reply:
    newest = organisation.notice(visit.unit)
    texts = {"text_th": newest.text_th, "text_en": newest.text_en} if newest else NOTICE
    return _notice_page(TextsForm(data=texts), newest.version if newest else 0)


def _notice_page(form: TextsForm, version: int, status: int = 200) -> Page:
    return Page("people/notice.html", {"form": form, "version": version}, status)


def _notice_again(visit: Visit, error: Invalid) -> Page:
    with visit.app.units.reading() as unit:
        newest = organisation.notice(unit)
    return _notice_page(show(TextsForm(request.form), error.problems), newest.version if newest else 0, 400)


@blueprint.post("/staff/set-up/notice")
@guarded(Action.PUBLISH_TEXTS, UnitKind.WRITING, on_error={Invalid: _notice_again})
def publish_notice(visit: Visit) -> Reply:
    form = TextsForm(request.form)
    if unfilled := {name: "unfilled" for name, text in NOTICE.items() if left_to_fill(text, form[name].data or "")}:
        raise Invalid(unfilled)
    organisation.publish_notice(
        visit.unit, visit.staff, text_th=form.text_th.data or "", text_en=form.text_en.data or ""
    )
    notice_text.keep(visit.unit)
    return Redirect("set_up.overview", notice=_("The notice is published."))


@blueprint.get("/staff/set-up/undertaking")
@guarded(Action.PUBLISH_TEXTS, UnitKind.READING)
def undertaking(visit: Visit) -> Reply:
    newest = undertakings.newest(visit.unit)
    texts = {"text_th": newest.text_th, "text_en": newest.text_en} if newest else UNDERTAKING
    return _undertaking_page(visit.unit, TextsForm(data=texts))


def _undertaking_page(unit: Unit, form: TextsForm, status: int = 200) -> Page:
    newest = undertakings.newest(unit)
    signed, until = undertakings.who_signed(unit), undertakings.receiving_until(unit)
    lines = (line for line in accounts.list_accounts(unit) if _signs(line.roles))
    values = {
        "form": form,
        "newest": newest,
        "people": [
            (line.display_name, line.id in signed, until.get(line.id) if Role.INVESTIGATOR in line.roles else None)
            for line in lines
        ],
        "kept": undertakings.signatures(unit),
        "still_receiving": undertakings.STILL_RECEIVING.days,
    }
    return Page("people/undertaking_text.html", values, status)


def _signs(roles: frozenset[Role]) -> bool:
    return bool(roles & {Role.INVESTIGATOR, Role.CUSTODIAN})


def _undertaking_again(visit: Visit, error: Invalid) -> Page:
    form = show(TextsForm(request.form), error.problems)
    with visit.app.units.reading() as unit:
        return _undertaking_page(unit, form, 400)


@blueprint.post("/staff/set-up/undertaking")
@guarded(Action.PUBLISH_TEXTS, UnitKind.WRITING, on_error={Invalid: _undertaking_again})
def publish_undertaking(visit: Visit) -> Reply:
    form = TextsForm(request.form)
    undertakings.publish_next(visit.unit, visit.staff, text_th=form.text_th.data or "", text_en=form.text_en.data or "")
    return Redirect(
        "set_up.overview", notice=_("The undertaking is published. Everybody who holds keys signs it anew.")
    )


# -- Channels --------------------------------------------------------------------------------------------------------


@blueprint.get("/staff/channels/new")
@guarded(Action.CREATE_CHANNEL, UnitKind.READING)
def new_channel(visit: Visit) -> Reply:
    return _new_page(visit.unit, visit, ChannelForm())


def _new_page(unit: Unit, visit: Visit, form: ChannelForm, status: int = 200) -> Page:
    form.fallback.choices = _channel_choices(unit, visit)
    form.person.choices = _people(unit)
    values = {"form": form, "further": bool(unit.secrets.pinned()), "signable": approvals.may_be_founded(unit)}
    return Page("people/channel_new.html", values, status)


def _channel_choices(unit: Unit, visit: Visit, without: bytes = b"") -> list[tuple[str, Any]]:
    names = [
        (channel.id.hex(), channel.name_th if visit.locale == "th" else channel.name_en)
        for channel in rosters.channels(unit)
        if channel.id != without
    ]
    return [("", _("None yet")), *names]


def _people(unit: Unit) -> list[tuple[str, Any]]:
    """Active investigators, by name."""
    lines = [
        (line.id.hex(), line.display_name)
        for line in accounts.list_accounts(unit)
        if Role.INVESTIGATOR in line.roles and line.state is AccountState.ACTIVE
    ]
    return [("", _("Choose a person")), *lines]


def _not_created(visit: Visit, error: Invalid) -> Page:
    form = show(ChannelForm(request.form), error.problems)
    with visit.app.units.reading() as unit:
        return _new_page(unit, visit, form, 400)


@blueprint.post("/staff/channels/new")
@guarded(Action.CREATE_CHANNEL, UnitKind.WRITING, on_error={Invalid: _not_created})
def create_channel(visit: Visit) -> Reply:
    """The channel, and the request to its first lead. It receives nothing before the lead has signed the roster."""
    form = ChannelForm(request.form)
    person = id_of(form.person)
    if person is None:
        raise Invalid({"person": "unknown"})
    if not approvals.may_be_founded(visit.unit):
        raise Invalid({"person": "nobody-signs"})
    channel = channels.open_channel(
        visit.unit,
        visit.staff,
        name_th=form.name_th.data or "",
        name_en=form.name_en.data or "",
        fallback=id_of(form.fallback),
    )
    approvals.ask_for_roster(visit.unit, visit.staff, visit.keys.signing, channel, person, Duty.LEAD)
    said = _("The channel is made. It receives reports once its first roster is signed, under Requests.")
    return Redirect("set_up.read_channel", {"channel": channel}, notice=said)


@blueprint.get("/staff/channels/<id:channel>")
@guarded(Action.CHANGE_CHANNEL, UnitKind.READING)
def read_channel(visit: Visit, channel: bytes) -> Reply:
    return _channel_page(visit.unit, visit, channel, DutyForm(), FallbackForm())


def _channel_page(
    unit: Unit,
    visit: Visit,
    channel: bytes,
    duty: DutyForm,
    fallback: FallbackForm,
    status: int = 200,
    deadlines: DeadlinesForm | None = None,
) -> Page:
    line = next((line for line in channel_overview.list_channels(unit) if line.id == channel), None)
    if line is None:
        raise NotFound
    founded = line.version > 0
    fallback.fallback.choices = _channel_choices(unit, visit, channel)
    if fallback.fallback.data is None:
        fallback.fallback.data = (rosters.channels_by_id(unit)[channel].fallback_id or b"").hex()
    duty.person.choices = _people(unit)
    waiting = [request for request in approvals.waiting(unit) if request.subject == channel]
    names = {account.id: account.display_name for account in accounts.list_accounts(unit)} if waiting else {}
    known = rosters.channels_by_id(unit)[channel]
    days = {"acknowledge_days": str(known.acknowledge_days), "feedback_days": str(known.feedback_days)}
    values = {
        "channel": line,
        "deadlines": deadlines or DeadlinesForm(data=days),
        "form": duty,
        "fallback": fallback,
        "founded": founded,
        "waiting": [(names.get(request.person, ""), request) for request in waiting],
    }
    return Page("people/channel.html", values, status)


def _not_asked(visit: Visit, error: Invalid) -> Page:
    form = show(DutyForm(request.form), error.problems)
    with visit.app.units.reading() as unit:
        return _channel_page(unit, visit, visit.values["channel"], form, FallbackForm(), 400)


@blueprint.post("/staff/channels/<id:channel>/requests")
@guarded(Action.CHANGE_CHANNEL, UnitKind.WRITING, on_error={Invalid: _not_asked})
def ask(visit: Visit, channel: bytes) -> Reply:
    form = DutyForm(request.form)
    person = id_of(form.person)
    if person is None:
        raise Invalid({"person": "unknown"})
    duty = Duty(form.duty.data) if form.duty.data in set(Duty) else None
    if rosters.present(visit.unit, channel) is None:
        duty = Duty.LEAD
    approvals.ask_for_roster(visit.unit, visit.staff, visit.keys.signing, channel, person, duty)
    said = _("The request waits for a lead. Nothing has changed yet.")
    return Redirect("set_up.read_channel", {"channel": channel}, notice=said)


def _fallback_kept(visit: Visit, error: Invalid) -> Page:
    form = show(FallbackForm(request.form), error.problems)
    with visit.app.units.reading() as unit:
        return _channel_page(unit, visit, visit.values["channel"], DutyForm(), form, 400)


@blueprint.post("/staff/channels/<id:channel>/fallback")
@guarded(Action.CHANGE_CHANNEL, UnitKind.WRITING, on_error={Invalid: _fallback_kept})
def change_fallback(visit: Visit, channel: bytes) -> Reply:
    channels.change_fallback(visit.unit, visit.staff, channel, id_of(FallbackForm(request.form).fallback))
    return Redirect("set_up.read_channel", {"channel": channel}, notice=_("The fallback is changed."))


def _deadlines_kept(visit: Visit, error: Invalid) -> Page:
    form = show(DeadlinesForm(request.form), error.problems)
    with visit.app.units.reading() as unit:
        return _channel_page(unit, visit, visit.values["channel"], DutyForm(), FallbackForm(), 400, form)


@blueprint.post("/staff/channels/<id:channel>/deadlines")
@guarded(Action.CHANGE_CHANNEL, UnitKind.WRITING, on_error={Invalid: _deadlines_kept})
def change_deadlines(visit: Visit, channel: bytes) -> Reply:
    form = DeadlinesForm(request.form)
    acknowledge, feedback = _days(form.acknowledge_days.data), _days(form.feedback_days.data)
    channels.change_deadlines(visit.unit, visit.staff, channel, acknowledge, feedback)
    said = _("The deadlines are changed, for reports that arrive from now on.")
    return Redirect("set_up.read_channel", {"channel": channel}, notice=said)


def _days(text: str | None) -> int:
    """A number that somebody typed, in Thai digits as well; 0, which no deadline is, for anything else."""
    typed = (text or "").strip()
    return int(typed) if typed.isdecimal() and len(typed) < 5 else 0
