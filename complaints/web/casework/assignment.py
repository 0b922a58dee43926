"""Assignment: a lead chooses who investigates, and hands over the keys."""

import re
from collections.abc import Mapping

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, Denied, DomainError, Invalid, PassphraseRefused
from complaints.policy import Action
from complaints.services import assignment, backoff, caseload
from complaints.services.assignment import Plan
from complaints.services.candidates import Candidate
from complaints.services.handing_over import HandedOver
from complaints.web.casework.frame import blueprint
from complaints.web.casework.passphrase import identity_key, refusal_text
from complaints.web.forms.casework import AssignForm
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect, Reply
from crypto import PrivateKey

_CHOICE = re.compile("access-([0-9a-f]{32})")
_CHOICES = ("none", "report", "identity")

_DENIALS = (
    _("only a lead of the channel assigns its cases"),
    _("handing over needs a lead who holds the identity"),
    _("somebody chosen may not receive this case"),
    _("somebody chosen is not on the channel's roster"),
)
"""The service's own reasons, named here so that they are translated."""


@blueprint.get("/<id:case>/assign")
@guarded(Action.ASSIGN_CASE, UnitKind.WRITING)
def assign(visit: Visit, case: bytes) -> Reply:
    plan = assignment.plan(visit.unit, visit.staff, visit.keys, case)
    asker = _asker(plan)
    chosen = _handing_to(asker, plan) if asker else _present(plan)
    return _form_page(visit, plan, AssignForm(), chosen, asker=asker)


def _form_page(
    visit: Visit,
    plan: Plan,
    form: AssignForm,
    chosen: Mapping[bytes, str],
    *,
    asker: Candidate | None = None,
    conflict: bool = False,
    status: int = 200,
) -> Page:
    values = {
        "asker": asker.name if asker else "",
        "plan": plan,
        "form": form,
        "chosen": {person.account: chosen.get(person.account, "none") for person in plan.candidates},
        "conflict": conflict,
        "case_id": visit.values["case"],
    }
    return Page("casework/assign.html", values, status)


def _present(plan: Plan) -> dict[bytes, str]:
    """Who is assigned now."""
    assigned = (person for person in plan.candidates if person.assigned)
    return {person.account: "identity" if person.holds_identity else "report" for person in assigned}


def _asker(plan: Plan) -> Candidate | None:
    """Who asks for the identity, where a lead comes from that to hand it over; None when they do not, or cannot get it."""
    wanted = request.args.get("to", "")
    able = (one for one in plan.candidates if one.account in plan.asking and one.can_be_assigned)
    return next((one for one in able if one.account.hex() == wanted), None)


def _handing_to(asker: Candidate, plan: Plan) -> dict[bytes, str]:
    """Everything for whoever asked, and for everybody else who may keep it what they hold now."""
    keeping = (one for one in plan.candidates if one.holds_report and one.can_be_assigned)
    held = {one.account: "identity" if one.holds_identity else "report" for one in keeping}
    return {**held, asker.account: "identity"}


def _chosen() -> dict[bytes, str]:
    """What the form says of each candidate; whatever else it may say is not read."""
    named = ((_CHOICE.fullmatch(name), value) for name, value in request.form.items())
    return {bytes.fromhex(match[1]): value for match, value in named if match and value in _CHOICES}


def _prepare(visit: Visit) -> PrivateKey:
    case_id, form = visit.values["case"], AssignForm(request.form)
    with visit.app.units.reading() as unit:
        caseload.find_line(unit, visit.staff, case_id)
    if not form.validate() or not _chosen():
        raise Invalid({"assigned": "missing"})
    return identity_key(visit, case_id, form.passphrase.data, "assignment")


def _sent_back(visit: Visit, error: DomainError) -> Reply:
    """The form again, with every choice as it was made, beside what each person holds by now."""
    form = AssignForm(request.form)
    with visit.app.units.writing() as unit:
        plan = assignment.plan(unit, visit.staff, visit.keys, visit.values["case"])
    if isinstance(error, Conflict):
        return _form_page(visit, plan, form, _chosen(), conflict=True, status=409)
    form.validate()
    if isinstance(error, PassphraseRefused):
        form.passphrase.errors = [refusal_text(error)]
    elif isinstance(error, Denied):
        form.assigned.errors = [gettext(str(error))]
    elif isinstance(error, Invalid) and set(_chosen().values()) <= {"none"}:
        form.assigned.errors = [gettext("Choose at least one person who investigates")]
    return _form_page(visit, plan, form, _chosen(), status=400)


@blueprint.post("/<id:case>/assign")
@guarded(
    Action.ASSIGN_CASE,
    UnitKind.WRITING,
    prepare=_prepare,
    on_error=dict.fromkeys((Invalid, PassphraseRefused, Conflict, Denied), _sent_back),
)
def hand_over(visit: Visit, case: bytes) -> Reply:
    form = AssignForm(request.form)
    chosen = {account: value == "identity" for account, value in _chosen().items() if value != "none"}
    done = assignment.assign(
        visit.unit, visit.staff, visit.keys, visit.prepared, case, chosen, expected_epoch=form.epoch.data
    )
    backoff.forget_mistakes(visit.unit, visit.staff.account)
    return Redirect("casework.read_case", {"case": case}, notice=_what_changed(done))


def _what_changed(done: HandedOver) -> str:
    said = [gettext("Assigned: %(names)s", names=", ".join(done.assigned))] if done.assigned else []
    if not done.assigned:
        said.append(gettext("Taken back: the leads alone hold it"))
    if done.with_identity:
        said.append(gettext("With the identity: %(names)s", names=", ".join(done.with_identity)))
    if done.left_out:
        names = ", ".join(done.left_out)
        said.append(
            gettext("No longer a key: %(names)s. What they could open before, they may have copied.", names=names)
        )
    return " · ".join(said)
