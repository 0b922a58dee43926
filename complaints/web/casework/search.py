"""Search: what is looked for is posted, so that it stands in no address; one post looks through some cases, and a button goes on.

What names a case, its reference or the reader's own label, is answered without opening any; another button looks through what is written.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from flask import request

from complaints.errors import Invalid
from complaints.policy import Action
from complaints.services import caseload, own_labels, search
from complaints.services.caseload import CaseLine, Cursor
from complaints.services.search import Batch, Hit
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
    known: tuple[CaseLine, ...]
    batch: Batch | None = field(repr=False)
    """None: what was typed names a case, and none was opened."""
    before: int
    """Cases that earlier posts looked through."""
    terms: tuple[str, ...] = field(repr=False)


def _page(visit: Visit, unit: Unit, form: SearchForm, looked: _Looked | None = None, status: int = 200) -> Page:
    values: dict[str, object] = {"form": form, "total": search.count(unit, visit.staff), "cap": search.COUNT_CAP}
    if looked is not None:
        labels = own_labels.of_reader(unit, visit.staff, visit.keys).by_case if looked.known else {}
        values |= {"known": [(line, labels.get(line.id, "")) for line in looked.known]}
    if looked is not None and looked.batch is not None:
        batch = looked.batch
        earlier = caseload.lines_of(unit, visit.staff, _earlier())
        lines = caseload.lines_of(unit, visit.staff, [hit.case for hit in batch.hits])
        hits = [
            (lines[hit.case], part_name(hit.kind), _pieces(hit, looked.terms))
            for hit in batch.hits
            if hit.case in lines
        ]
        found = [*earlier, *lines]
        values |= {
            "batch": batch,
            "earlier": [earlier[case] for case in _earlier() if case in earlier],
            "hits": hits,
            "found": " ".join(case.hex() for case in found[-_KEPT:]),
            "looked": looked.before + len(batch.opened),
            "after": batch.after.text() if batch.after else "",
        }
    return Page("casework/search.html", values, status)


def _pieces(hit: Hit, terms: Sequence[str]) -> list[tuple[str, bool]]:
    """What stands around the first term, cut where any of the terms stands, and whether a piece is one."""
    around = (*_marked(hit.before, terms), (hit.term, True), *_marked(hit.after, terms))
    return [(piece, marked) for piece, marked in around if piece]


def _marked(text: str, terms: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Without a regular expression: Python keeps those that it has compiled, and with them what was looked for."""
    plain, at = text.lower(), 0
    wanted = [term.lower() for term in terms] if len(plain) == len(text) else []
    while places := [(plain.find(term, at), -len(term)) for term in wanted if term in plain[at:]]:
        start, length = min(places)
        yield text[at:start], False
        yield text[start : start - length], True
        at = start - length
    yield text[at:], False


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
    text = form.terms.data or ""
    terms = search.terms_of(text)
    after = Cursor.parse(form.after.data or "")
    before = form.looked.data or ""
    with visit.app.units.reading() as unit:
        known = search.known(unit, visit.staff, visit.keys, text)
        if known and not form.through.data:
            return _Looked(known, None, 0, terms)
        batch = search.look(unit, visit.staff, visit.keys, terms, after)
    return _Looked(known, batch, int(before) if after and re.fullmatch("[0-9]{1,7}", before) else 0, terms)


def _again(visit: Visit, error: Invalid) -> Reply:
    form = SearchForm(request.form)
    form.tell(error.problems["terms"])
    with visit.app.units.reading() as unit:
        return _page(visit, unit, form, status=400)


@blueprint.post("/search")
@guarded(Action.SEARCH_CASES, UnitKind.WRITING, prepare=_look, on_error={Invalid: _again})
def look(visit: Visit) -> Reply:
    looked: _Looked = visit.prepared
    entered = search.enter(visit.unit, visit.staff, looked.batch) if looked.batch else None
    return _page(
        visit, visit.unit, SearchForm(request.form), _Looked(looked.known, entered, looked.before, looked.terms)
    )
