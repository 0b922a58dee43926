"""Cases that belong together: linking two, merging a duplicate with the case that leads it, and taking either out again."""

from typing import Any

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, DomainError, Invalid
from complaints.policy import Action
from complaints.services import caseload, linking, merging
from complaints.services.caseload import CaseLine
from complaints.services.linking import Plan, TheirWords
from complaints.services.merging import Wanted
from complaints.services.unit import Unit
from complaints.vocabulary import CaseStatus, Locale, ReportField
from complaints.web.casework.cases import unsent
from complaints.web.casework.frame import blueprint, short_day
from complaints.web.forms.casework import LinkForm, MergeForm
from complaints.web.forms.people import id_of, number_in
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect, Reply
from complaints.web.view_models import answered, words

_TOLD = {
    Locale.THAI: "มีคนตรวจสอบเรื่องของคุณอยู่ คุณจะอ่านผลได้ที่นี่ภายในวันที่บอกไว้ คุณใช้รหัสติดตามเดิมได้ต่อไป",
    Locale.ENGLISH: "Somebody is looking into your report. You read here what came of it, by the day that we named. Your tracking code stays the same.",
}
"""With what the message to a merged case's reporter begins, in their language. It says what the
case's state says, and nothing that would not be said of any other: whoever sent it may be the one about whom somebody else reported."""


# -- Linking ---------------------------------------------------------------------------------------------------------


@blueprint.get("/<id:case>/link")
@guarded(Action.LINK_CASES, UnitKind.WRITING)
def linking_form(visit: Visit, case: bytes) -> Reply:
    del case
    return _linking_page(visit, visit.unit, LinkForm())


def _linking_page(
    visit: Visit, unit: Unit, form: LinkForm, theirs: TheirWords | None = None, *, status: int = 200
) -> Page:
    case = visit.values["case"]
    plan = linking.plan(unit, visit.staff, visit.keys, case, Action.LINK_CASES, set(CaseStatus))
    return Page("casework/link.html", _values(visit, plan, form, theirs), status)


def _values(visit: Visit, plan: Plan, form: LinkForm, theirs: TheirWords | None) -> dict[str, Any]:
    """`theirs`: what is to be read before it is done. The page then names the case, so that the next post says what was read."""
    form.read.data = theirs.case.hex() if theirs else ""
    return {
        "plan": plan,
        "theirs": theirs,
        "case_id": visit.values["case"],
        "form": form,
        "choices": [_choice(line, plan.labels.get(line.id, ""), visit.locale) for line in plan.suggested],
    }


def _choice(line: CaseLine, label: str, locale: Locale) -> dict[str, str]:
    channel = line.channel_th if locale is Locale.THAI else line.channel_en
    known = (line.reference, label, channel, words(line.status), short_day(line.received))
    return {"value": line.id.hex(), "text": " · ".join(filter(None, known))}


def _chosen(visit: Visit, unit: Unit, form: LinkForm) -> bytes | None:
    """The case that was chosen or typed. Raises Invalid for neither, and for both when they are not one; None: no case of theirs."""
    typed = (form.other.data or "").strip()
    offered = id_of(form.choice) if form.choice.data else None
    if not typed:
        if offered is None:
            raise Invalid({"other": "missing"} | ({} if (form.text.data or "").strip() else {"text": "missing"}))
        return offered
    found = linking.find(unit, visit.staff, typed)
    if offered is not None and offered != found:
        raise Invalid({"other": "two"})
    return found


def _linking_again(visit: Visit, error: DomainError) -> Reply:
    """The form again, with every word as it was typed."""
    form = LinkForm(request.form)
    with visit.app.units.writing() as unit:
        theirs = _tell(visit, unit, form, error, Action.LINK_CASES)
        status = 409 if isinstance(error, Conflict) else 200 if theirs else 400
        return _linking_page(visit, unit, form, theirs, status=status)


def _tell(visit: Visit, unit: Unit, form: LinkForm, error: DomainError, action: Action) -> TheirWords | None:
    """Says what is wrong; or nothing is but that the other reporter's words were not read yet, and these are returned."""
    problems = error.problems if isinstance(error, Invalid) else {"other": "linked"}
    looked = None
    if problems.get("other") in {"excluded", "unread"}:
        looked = linking.look(unit, visit.staff, visit.keys, _chosen(visit, unit, form) or b"", action)
    if problems.get("other") == "unread":
        return looked
    form.tell(problems)
    return None


def _unsent_link(visit: Visit) -> Reply:
    return unsent("link", LinkForm(request.form), visit)


@blueprint.post("/<id:case>/link")
@guarded(
    Action.LINK_CASES,
    UnitKind.WRITING,
    on_error={Invalid: _linking_again, Conflict: _linking_again},
    unsent=_unsent_link,
)
def link(visit: Visit, case: bytes) -> Reply:
    form = LinkForm(request.form)
    caseload.find_line(visit.unit, visit.staff, case)
    other = _chosen(visit, visit.unit, form)
    read = id_of(form.read)
    reference = linking.link(visit.unit, visit.staff, visit.keys, case, other, form.text.data or "", read)
    notice = gettext("Linked with %(reference)s, and entered in the access log of both.", reference=reference)
    return Redirect("casework.read_case", {"case": case, "_anchor": "related"}, notice=notice)


def _not_ended(visit: Visit, error: DomainError) -> Reply:
    del error
    notice = gettext("Nothing was changed: somebody else was quicker. Below is the case as it is now.")
    return Redirect("casework.read_case", {"case": visit.values["case"], "_anchor": "related"}, notice=notice)


@blueprint.post("/<id:case>/links/<id:tie>")
@guarded(Action.LINK_CASES, UnitKind.WRITING, on_error={Conflict: _not_ended})
def end_link(visit: Visit, case: bytes, tie: bytes) -> Reply:
    linking.end(visit.unit, visit.staff, visit.keys, case, tie)
    notice = gettext("The link was taken out, and that is entered in the access log.")
    return Redirect("casework.read_case", {"case": case, "_anchor": "related"}, notice=notice)


# -- Merging ---------------------------------------------------------------------------------------------------------


@blueprint.get("/<id:case>/merge")
@guarded(Action.MERGE_CASES, UnitKind.WRITING)
def merging_form(visit: Visit, case: bytes) -> Reply:
    del case
    return _merging_page(visit, visit.unit)


def _merging_page(
    visit: Visit,
    unit: Unit,
    form: MergeForm | None = None,
    theirs: TheirWords | None = None,
    *,
    conflict: bool = False,
    status: int = 200,
) -> Reply:
    case = visit.values["case"]
    plan = linking.plan(unit, visit.staff, visit.keys, case, Action.MERGE_CASES, merging.MAY_LEAD)
    possible = plan.status in merging.MAY_BE_MERGED
    if form is None and not possible:
        return Redirect("casework.read_case", {"case": case, "_anchor": "related"})
    locale = Locale(plan.language) if plan.language in set(Locale) else visit.locale
    values = _values(visit, plan, form or MergeForm(data={"told": _TOLD[locale]}), theirs) | {
        "language": answered(ReportField.LANGUAGE, plan.language),
        "possible": possible,
        "conflict": conflict,
    }
    return Page("casework/merge.html", values, status)


def _merging_again(visit: Visit, error: DomainError) -> Reply:
    form = MergeForm(request.form)
    form.validate()
    with visit.app.units.writing() as unit:
        if isinstance(error, Conflict):
            return _merging_page(visit, unit, form, conflict=True, status=409)
        theirs = _tell(visit, unit, form, error, Action.MERGE_CASES)
        return _merging_page(visit, unit, form, theirs, status=200 if theirs else 400)


def _unsent_merge(visit: Visit) -> Reply:
    return unsent("merge", MergeForm(request.form), visit)


@blueprint.post("/<id:case>/merge")
@guarded(
    Action.MERGE_CASES,
    UnitKind.WRITING,
    on_error={Invalid: _merging_again, Conflict: _merging_again},
    unsent=_unsent_merge,
)
def merge(visit: Visit, case: bytes) -> Reply:
    form = MergeForm(request.form)
    caseload.find_line(visit.unit, visit.staff, case)
    leading = _chosen(visit, visit.unit, form)
    if not form.validate():
        raise Invalid({})
    wanted = Wanted(leading, form.text.data or "", form.told.data or "", id_of(form.read))
    reference = merging.merge(visit.unit, visit.staff, visit.keys, case, wanted, form.revision.data)
    notice = gettext("Merged: it is looked into together with %(reference)s from now on.", reference=reference)
    return Redirect("casework.read_case", {"case": case, "_anchor": "related"}, notice=notice)


@blueprint.post("/<id:case>/unmerge")
@guarded(Action.MERGE_CASES, UnitKind.WRITING, on_error={Conflict: _not_ended})
def unmerge(visit: Visit, case: bytes) -> Reply:
    revision = number_in(request.form.get("revision", ""))
    if revision is None:
        caseload.find_line(visit.unit, visit.staff, case)
        raise Conflict("a form that names no revision")
    merging.unmerge(visit.unit, visit.staff, visit.keys, case, revision)
    notice = _("Taken out: the case is looked into by itself again.")
    return Redirect("casework.read_case", {"case": case, "_anchor": "related"}, notice=notice)
