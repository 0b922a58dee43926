"""A copy of everything, as one ZIP: a page that needs nothing to be read, the files as they were sent, the proofs."""

import json
from collections.abc import Iterator
from functools import partial

from complaints.errors import Invalid
from complaints.policy import Action
from complaints.services import own_data
from complaints.services.uploads import stream_file
from complaints.vocabulary import Locale
from complaints.web.attachment import safe_name
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.own.blueprint import blueprint
from complaints.web.own.openings import REASONS
from complaints.web.own.pages import OUTCOMES, own_page
from complaints.web.own.receipt_again import Again, ask_again, code_field
from complaints.web.own.requests import CHOICES
from complaints.web.replies import Archive, Page
from complaints.web.view_models import about_lines, answer_lines


def _data_page(visit: Visit, error: Invalid | None = None) -> Page:
    problem = error.problems["code"] if error else None
    return own_page(visit, "mailbox/data.html", {"code": code_field(problem)}, 400 if problem else 200)


@blueprint.get("/data")
@guarded(Action.TAKE_OWN_DATA, UnitKind.NONE)
def data(visit: Visit, locale: Locale) -> Page:
    del locale
    return _data_page(visit)


@blueprint.post("/data")
@guarded(Action.TAKE_OWN_DATA, UnitKind.WRITING, prepare=ask_again, on_error={Invalid: _data_page})
def take_data(visit: Visit, locale: Locale) -> Archive:
    again: Again = visit.prepared
    access_log, units = visit.app.units.access_log, visit.app.units
    found = own_data.collect(visit.unit, access_log, visit.reporter, visit.keys, again.seed.identity())
    names = {file.id: f"files/{number:02}-{safe_name(file.name)}" for number, file in enumerate(found.files, start=1)}
    names |= {
        file.id: f"originals/{number:02}-{safe_name(file.name)}" for number, file in enumerate(found.originals, start=1)
    }
    everything = (*found.files, *found.originals)
    values = {
        "found": found,
        "names": names,
        "about": about_lines(found.box.about, found.box.channel_th if locale is Locale.THAI else found.box.channel_en),
        "answers": answer_lines(found.box.answers, found.box.requests, found.box.identity_withdrawn),
        "reasons": REASONS,
        "outcomes": OUTCOMES,
        "asked_for": {kind: text for kind, (text, _hint) in CHOICES.items()},
        "today": visit.unit.today,
    }
    files = [(names[file.id], partial(stream_file, units, file.id, file.key, file.length)) for file in everything]
    proofs = [
        (f"proofs/proof-{opening.position}.json", partial(_text, json.dumps(opening.proof, indent=1)))
        for opening in found.openings.all
    ]
    return Archive("copy.zip", "copy.html", "mailbox/copy.html", values, [*files, *proofs])


def _text(text: str) -> Iterator[bytes]:
    yield text.encode()
