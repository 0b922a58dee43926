"""The register of outside processors: administrators keep it, auditors see it, the notice names who is in it."""

from typing import Any

import babel
from flask import Blueprint, request
from flask_babel import lazy_gettext as _

from complaints.errors import Conflict, Invalid
from complaints.policy import Action, Verdict, decide
from complaints.services import processors
from complaints.services.processors import Processor
from complaints.services.unit import Unit
from complaints.vocabulary import Locale, Meets
from complaints.web.forms.processors import ProcessorForm
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Redirect
from complaints.web.reporter import notice_text
from complaints.web.view_models import words

blueprint = Blueprint("processors", __name__, url_prefix="/staff/processors")

_HERE = "TH"
"""The country that is chosen on an empty form."""


@blueprint.get("")
@guarded(Action.SEE_PROCESSORS, UnitKind.READING)
def overview(visit: Visit) -> Page:
    known = processors.register(visit.unit)
    return _page(visit, "people/processors.html", {"processors": known, "lines": [_said(one, visit) for one in known]})


@blueprint.get("/<id:processor>")
@guarded(Action.SEE_PROCESSORS, UnitKind.READING)
def read(visit: Visit, processor: bytes) -> Page:
    versions = processors.history(visit.unit, processor)
    return _page(
        visit,
        "people/processor.html",
        {"processor": versions[0], "versions": [(one, _said(one, visit)) for one in versions]},
    )


def _page(visit: Visit, template: str, values: dict[str, Any], status: int = 200) -> Page:
    keeps = decide(visit.staff, Action.CHANGE_PROCESSORS) is Verdict.ALLOWED
    return Page(template, values | {"keeps": keeps}, status)


def _said(processor: Processor, visit: Visit) -> dict[str, Any]:
    """What is stored in short, in words."""
    return {
        "meets": [words(kind) for kind in processor.particulars.meets],
        "country": _countries(visit.locale).get(processor.country, processor.country),
    }


def _countries(locale: Locale) -> dict[str, str]:
    """By code (ISO 3166-1 alpha-2), sorted by name."""
    known = babel.Locale.parse(locale.value).territories
    names = {
        code: name for code, name in known.items() if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }
    return dict(sorted(names.items(), key=lambda country: country[1]))


_NO_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
"""What the table of territories holds beside countries."""


# -- A new one -------------------------------------------------------------------------------------------------------


@blueprint.get("/new")
@guarded(Action.CHANGE_PROCESSORS, UnitKind.READING)
def new(visit: Visit) -> Page:
    return _form_page(visit, ProcessorForm(data={"country": _HERE}))


def _form_page(
    visit: Visit, form: ProcessorForm, newest: Processor | None = None, status: int = 200, *, conflict: bool = False
) -> Page:
    form.country.choices = list(_countries(visit.locale).items())
    values = {
        "form": form,
        "processor": newest,
        "kinds": [{"value": kind.value, "text": words(kind)} for kind in Meets],
        "conflict": _said(newest, visit) if conflict and newest else None,
    }
    return _page(visit, "people/processor_form.html", values, status)


def _read(visit: Visit) -> ProcessorForm:
    """Every problem is told at once, a day that nobody can read among them."""
    form = ProcessorForm(request.form)
    if form.unreadable:
        raise Invalid(processors.problems(form.said, visit.unit.today) | form.unreadable)
    return form


def _not_added(visit: Visit, error: Invalid) -> Page:
    return _form_page(visit, ProcessorForm(request.form).show(error.problems), status=400)


@blueprint.post("/new")
@guarded(Action.CHANGE_PROCESSORS, UnitKind.WRITING, on_error={Invalid: _not_added})
def add(visit: Visit) -> Redirect:
    processor = processors.add(visit.unit, visit.staff, _read(visit).said)
    notice_text.keep(visit.unit)
    return Redirect(
        "processors.read", {"processor": processor}, notice=_("Entered. The notice names them from now on.")
    )


# -- What is said of one from now on ---------------------------------------------------------------------------------


@blueprint.get("/<id:processor>/change")
@guarded(Action.CHANGE_PROCESSORS, UnitKind.READING)
def changing(visit: Visit, processor: bytes) -> Page:
    newest = processors.history(visit.unit, processor)[0]
    return _form_page(visit, ProcessorForm.of(newest.particulars, newest.version, visit.locale), newest)


def _not_changed(visit: Visit, error: Invalid) -> Page:
    form = ProcessorForm(request.form).show(error.problems)
    with visit.app.units.reading() as unit:
        return _form_page(visit, form, _newest(unit, visit), 400)


def _changed_meanwhile(visit: Visit, error: Conflict) -> Page:
    """What was typed, beside what somebody else has entered. Sent once more, it is entered on top of that."""
    del error
    form = ProcessorForm(request.form)
    with visit.app.units.reading() as unit:
        newest = _newest(unit, visit)
    form.version.raw_data, form.version.data = None, newest.version
    return _form_page(visit, form, newest, 409, conflict=True)


def _newest(unit: Unit, visit: Visit) -> Processor:
    return processors.history(unit, visit.values["processor"])[0]


@blueprint.post("/<id:processor>/change")
@guarded(Action.CHANGE_PROCESSORS, UnitKind.WRITING, on_error={Invalid: _not_changed, Conflict: _changed_meanwhile})
def change(visit: Visit, processor: bytes) -> Redirect:
    processors.history(visit.unit, processor)
    form = _read(visit)
    processors.change(visit.unit, visit.staff, processor, form.version.data or 0, form.said)
    notice_text.keep(visit.unit)
    said = _("Entered. What the register said before is kept below.")
    return Redirect("processors.read", {"processor": processor}, notice=said)
