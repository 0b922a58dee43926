"""Files on their way in: each is sealed as it arrives, and what is too much is read past, so that nothing else in the form is lost."""

import unicodedata
from dataclasses import replace

import flask
from werkzeug.exceptions import HTTPException

from complaints.cleaning import kinds
from complaints.config import Settings
from complaints.errors import UploadRefused
from complaints.services import exhibits
from complaints.services.exhibits import Exhibit
from complaints.services.unit import Units
from complaints.services.uploads import StagedFile, StagedUpload
from complaints.web.body import TEXT_LIMIT, read_form
from complaints.web.reporter.posted import Posted, RefusedFile

NAME_LIMIT = 200
"""Characters of a file's name that are kept."""


def receive(request: flask.Request, units: Units, settings: Settings) -> Posted:
    """Reads a reporter's form. Files that cannot be taken are named in `refused`, and everything else is there.

    A body that is larger than any form with files of ours could be is refused unread (RequestEntityTooLarge).
    """
    arrivals = Arrivals(units, settings)
    try:
        form = read_form(request, 2 * settings.report_limit + TEXT_LIMIT, arrivals.take)
    except HTTPException:
        arrivals.abandon()
        raise
    if form.get("step") == "upload" and not arrivals.taken_any:
        arrivals.refuse("", "none-chosen")
    return arrivals.join(Posted.parse(units.secrets, form, arrivals.staged))


class Arrivals:
    """The files of one post."""

    def __init__(self, units: Units, settings: Settings) -> None:
        self.staged: list[Exhibit] = []
        self._refused: list[RefusedFile] = []
        self._uploads: list[StagedUpload] = []
        self._examined: dict[bytes, Exhibit] = {}
        self._units = units
        self._settings = settings

    @property
    def taken_any(self) -> bool:
        """Whether a file came, also one that was refused."""
        return bool(self.staged or self._refused)

    def take(self, name: str, media_type: str) -> "Arrival":
        """What takes one file. A browser sends a nameless, empty one when none was chosen: that is passed over. What type it says, is not
        believed.
        """
        del media_type
        upload = None
        chosen = bool(name)
        name = plain_name(name) or "-"
        left = self._settings.report_limit - sum(staged.length for staged in self.staged)
        if chosen and len(self.staged) >= self._settings.file_count_limit:
            self.refuse(name, "too-many")
        elif chosen:
            upload = StagedUpload(
                self._units,
                name,
                kinds.UNKNOWN,
                min(left, self._settings.file_limit),
                self._settings.waiting_limit,
            )
            self._uploads.append(upload)
        return Arrival(self, name, upload)

    def examine(self, staged: StagedFile, head: bytes) -> None:
        """What the file is, and its clean copy. Raises UploadRefused."""
        exhibit = exhibits.examine(self._units, staged, head, self._settings.clean_limit)
        self._examined[exhibit.id] = exhibit
        self.staged.append(exhibit)

    def refuse(self, name: str, reason: str) -> None:
        self._refused.append(RefusedFile(name, reason))

    def abandon(self) -> None:
        """Removes all of them: the post they came with cannot be answered."""
        for upload in self._uploads:
            upload.abandon()
        for exhibit in self._examined.values():
            exhibits.remove(self._units, exhibit)

    def join(self, posted: Posted) -> Posted:
        """Adds what was refused, and holds the files of earlier posts and these together against the limits of a report."""
        refusals: dict[bytes, str] = {}
        count = total = 0
        for staged in posted.files:
            if count >= self._settings.file_count_limit:
                refusals[staged.id] = "too-many"
            elif total + staged.length > self._settings.report_limit or staged.length > self._settings.file_limit:
                refusals[staged.id] = "too-large"
            else:
                count, total = count + 1, total + staged.length
        for exhibit_id in refusals.keys() & self._examined.keys():
            exhibits.remove(self._units, self._examined[exhibit_id])
        kept = posted.without(refusals)
        return replace(kept, refused=(*kept.refused, *self._refused))


class Arrival:
    """One file as it arrives: sealed, or read past when it was refused."""

    def __init__(self, arrivals: Arrivals, name: str, upload: StagedUpload | None) -> None:
        self._arrivals = arrivals
        self._name = name
        self._upload = upload
        self._head = b""

    def write(self, data: bytes) -> None:
        if self._upload is None:
            return
        if len(self._head) < kinds.HEAD:
            self._head += data[: kinds.HEAD - len(self._head)]
        try:
            self._upload.write(data)
        except UploadRefused as refusal:
            self._give_up(self._upload, refusal.reason)

    def finish(self) -> None:
        if self._upload is None:
            return
        try:
            self._arrivals.examine(self._upload.finish(), self._head)
        except UploadRefused as refusal:
            self._give_up(self._upload, refusal.reason)

    def _give_up(self, upload: StagedUpload, reason: str) -> None:
        self._upload = None
        upload.abandon()
        self._arrivals.refuse(self._name, reason)


def plain_name(name: str) -> str:
    """A file's name without folders, control characters or marks that turn the direction of writing; its ending is kept."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    visible = (symbol for symbol in last if unicodedata.category(symbol) not in {"Cf", "Cs"})
    clean = " ".join("".join(" " if unicodedata.category(symbol) == "Cc" else symbol for symbol in visible).split())
    if len(clean) <= NAME_LIMIT:
        return clean
    stem, dot, ending = clean.rpartition(".")
    if not dot or len(ending) > 16:
        return clean[:NAME_LIMIT]
    return f"{stem[: NAME_LIMIT - len(ending) - 1]}.{ending}"
