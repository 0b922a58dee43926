"""Search: what is looked for is posted, so that it stands in no address; one post looks through some cases, and a button goes on."""

import re
from dataclasses import dataclass, field

from flask import request

from complaints.errors import Invalid
from complaints.policy import Action
from complaints.services import search
from complaints.services.caseload import Cursor
from complaints.services.search import Batch
from complaints.services.unit import Unit
from complaints.web.casework.frame import blueprint, part_name
from complaints.web.forms.casework import SearchForm
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Page, Reply

_IDS = re.compile("[0-9a-f]{32}")
_KEPT = 500
"""Cases found by earlier posts that ride along."""


@dataclass(frozen=True, slots=True)
class _Looked:
    batch: Batch = field(repr=False)
    before: int
    """Cases that earlier posts looked through."""


def _page(visit: Visit, unit: Unit, form: SearchForm, looked: _Looked | None = None, status: int = 200) -> Page:
    values: dict[str, object] = {"form": form, "total": search.count(unit, visit.staff), "cap": search.COUNT_CAP}
    if looked is not None:
        batch = looked.batch
        earlier = search.references(unit, visit.staff, _earlier())
        found = [*earlier, *(hit.case for hit in batch.hits)]
        values |= {
            "batch": batch,
            "places": {hit.case: part_name(hit.kind) for hit in batch.hits},
            "earlier": earlier,
            "found": " ".join(case.hex() for case in found[-_KEPT:]),
            "looked": looked.before + len(batch.opened),
            "after": batch.after.text() if batch.after else "",
        }
    return Page("casework/search.html", values, status)


def _earlier() -> list[bytes]:
    """Cases that the page before had found: its own word, and looked up again before it is believed."""
    words = request.form.get("found", "").split()[:_KEPT]
    return [bytes.fromhex(word) for word in dict.fromkeys(words) if _IDS.fullmatch(word)]


@blueprint.get("/search")
@guarded(Action.SEARCH_CASES, UnitKind.READING)
def searching(visit: Visit) -> Reply:
    return _page(visit, visit.unit, SearchForm())


def _look(visit: Visit) -> _Looked:
    form = SearchForm(request.form)
    terms = search.terms_of(form.terms.data or "")
    after = Cursor.parse(form.after.data or "")
    before = form.looked.data or ""
    with visit.app.units.reading() as unit:
        batch = search.look(unit, visit.staff, visit.keys, terms, after)
    return _Looked(batch, int(before) if after and re.fullmatch("[0-9]{1,7}", before) else 0)


def _again(visit: Visit, error: Invalid) -> Reply:
    form = SearchForm(request.form)
    form.tell(error.problems["terms"])
    with visit.app.units.reading() as unit:
        return _page(visit, unit, form, status=400)


@blueprint.post("/search")
@guarded(Action.SEARCH_CASES, UnitKind.WRITING, prepare=_look, on_error={Invalid: _again})
def look(visit: Visit) -> Reply:
    looked: _Looked = visit.prepared
    entered = search.enter(visit.unit, visit.staff, looked.batch)
    return _page(visit, visit.unit, SearchForm(request.form), _Looked(entered, looked.before))
