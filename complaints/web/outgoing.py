"""A message on its way out, from either side: words, and files that are sealed as they arrive."""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from flask import request
from werkzeug.exceptions import HTTPException

from complaints.errors import UploadRefused
from complaints.policy import Staff
from complaints.services import exhibits
from complaints.web.body import TEXT_LIMIT, read_form
from complaints.web.reporter.evidence import Arrivals
from complaints.web.reporter.pages import FormField, refusal_text, who_gets
from complaints.web.reporter.posted import Posted, RefusedFile, choice_of, ride_along
from complaints.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What somebody is about to send: words, files that are sealed by now, and files that could not be taken."""

    text: str = field(default="", repr=False)
    posted: Posted = field(default_factory=Posted, repr=False)
    csrf_token: str = field(default="", repr=False)
    undecided: bool = False
    """Of a file its sender has not yet said what is to become of it: it could not be cleaned, or staff signed it."""
    dropped: bool = False
    """A file was taken out: the rest is looked at again before anything is sent."""
    wanted: str = ""
    """What staff pressed in place of sending: to keep a draft, or to have a phrase put in."""
    phrase: str = ""

    @property
    def held(self) -> bool:
        """The page is to come back, and nothing to be sent."""
        return bool(self.posted.refused) or self.undecided or self.dropped

    def without_files(self, refusal: UploadRefused) -> "Outgoing":
        """A file that waited too long went with the sweep. Which one cannot be told: all are to be chosen again."""
        refused = tuple(RefusedFile(file.name, refusal.reason) for file in self.posted.files)
        return replace(self, posted=Posted(refused=refused))

    def fields(self, visit: Visit, file_id: str) -> dict[str, Any]:
        """What the form's template shows of the files: those that wait in the page, and what was wrong with the others."""
        settings = visit.app.settings
        refusals = [refusal_text(refused, settings) for refused in self.posted.refused]
        return {
            "files": FormField(file_id, "files", None, refusals),
            "waiting": self.posted.files,
            "ride_along": partial(ride_along, visit.app.secrets),
            "who_gets": who_gets,
            "limits": (settings.file_count_limit, settings.file_limit // (1024 * 1024)),
        }


def receive(visit: Visit) -> Outgoing:
    """Reads the form; files are sealed as they arrive. Those of an earlier try ride along in it. To be a view's `prepare`."""
    arrivals = Arrivals(visit.app.units, visit.app.settings)
    try:
        form = read_form(request, _limit(visit), arrivals.take)
    except HTTPException:
        arrivals.abandon()
        raise
    posted = arrivals.join(Posted.parse(visit.app.secrets, form, arrivals.staged))
    asks = exhibits.staff_decide if isinstance(visit.actor, Staff) else exhibits.reporter_decides
    undecided = any(asks(file) and choice_of(file) not in form for file in posted.files)
    return Outgoing(
        text=_plain(form.get("text", "")),
        posted=posted,
        csrf_token=form.get("csrf_token", ""),
        undecided=undecided,
        dropped="drop" in form,
        wanted=form.get("do", ""),
        phrase=form.get("phrase", ""),
    )


def words_alone(visit: Visit) -> str:
    """The words of a form that nobody can send yet: its files are read past."""
    if visit.prepared is not None:
        return str(visit.prepared.text)
    return _plain(read_form(request, _limit(visit), lambda _name, _type: PastFile()).get("text", ""))


class PastFile:
    """Reads past a file that nobody can take."""

    def write(self, data: bytes) -> None:
        pass

    def finish(self) -> None:
        pass


def _limit(visit: Visit) -> int:
    return 2 * visit.app.settings.report_limit + TEXT_LIMIT


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
