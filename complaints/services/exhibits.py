"""Exhibits: what a reporter adds as evidence, looked at and cleaned before it is sent. Everything is sealed at every moment.

A file is sealed as it arrives. Then its chunks are opened one by one for the process that cleans, whose answer is sealed as it comes
back: no whole file is ever in the server's own memory, and none of it on a disk.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from complaints.cleaning import kinds
from complaints.cleaning.process import cleaning
from complaints.cleaning.result import Bomb, CannotClean
from complaints.errors import UploadRefused
from complaints.services.unit import Units
from complaints.services.uploads import StagedFile, StagedUpload, remove_unclaimed, stream_file
from complaints.vocabulary import Cleaning, RecordKind, Trace

_ROOM = 1024 * 1024
"""Bytes by which a clean copy may be longer than its original: it is written anew."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One file as it was sent, and its clean copy where one could be made and was needed."""

    original: StagedFile
    cleaning: Cleaning
    copy: StagedFile | None = None
    shared: bool = field(default=False)
    """What could not be cleaned: True gives it to everybody who reads the report, False to those alone who may open the identity."""

    @property
    def id(self) -> bytes:
        return self.original.id

    @property
    def name(self) -> str:
        return self.original.name

    @property
    def length(self) -> int:
        return self.original.length

    @property
    def unreadable(self) -> bool:
        """It cannot be opened as what its name says, and may be damaged."""
        return kinds.belies_its_name(self.name, self.original.media_type)

    @property
    def staged(self) -> tuple[StagedFile, ...]:
        """What waits in the database for it."""
        return (self.original,) if self.copy is None else (self.copy, self.original)

    def to_send(self) -> tuple[StagedFile, ...]:
        """What becomes part of the case, each with the kind of its record, and so the compartment of its key."""
        if self.copy is not None:
            return (
                replace(self.copy, cleaning=Cleaning.CLEANED, twin=self.id),
                replace(self.original, kind=RecordKind.ORIGINAL, twin=self.copy.id),
            )
        whole = replace(self.original, cleaning=self.cleaning)
        if self.cleaning is Cleaning.NOT and not self.shared:
            return (replace(whole, kind=RecordKind.ORIGINAL),)
        return (whole,)


def to_send_with_message(exhibits: Iterable[Exhibit]) -> tuple[StagedFile, ...]:
    """The same for a message: whoever writes one has not given their receipt anew, so nothing can be sealed in `identity`.

    Of what was cleaned, the copy alone; what could not be cleaned, only when the reporter shares it.
    """
    return tuple(
        replace(exhibit.copy or exhibit.original, cleaning=exhibit.cleaning)
        for exhibit in exhibits
        if exhibit.shared or exhibit.cleaning is not Cleaning.NOT
    )


def reporter_decides(exhibit: Exhibit) -> bool:
    """What cannot be cleaned is sent when its sender says so."""
    return exhibit.cleaning is Cleaning.NOT


def staff_decide(exhibit: Exhibit) -> bool:
    """As the reporter; and a digital signature may be what the file is sent for."""
    signed = exhibit.copy is not None and Trace.SIGNATURE in exhibit.copy.found
    return signed or reporter_decides(exhibit)


def to_send_to_reporter(exhibits: Iterable[Exhibit]) -> tuple[StagedFile, ...]:
    """What staff enclose: clean copies, for a reporter knows them by a number; as it is, what they chose to send so (`shared`)."""
    return tuple(
        replace(exhibit.original, cleaning=Cleaning.NOT)
        if exhibit.shared
        else replace(exhibit.copy or exhibit.original, cleaning=exhibit.cleaning)
        for exhibit in exhibits
        if exhibit.shared or exhibit.cleaning is not Cleaning.NOT
    )


def examine(units: Units, staged: StagedFile, head: bytes, limit: int) -> Exhibit:
    """What a file is, and its clean copy. `head`: its first `kinds.HEAD` bytes. `limit`: bytes of the largest file that is cleaned.

    Raises UploadRefused: `program`, `bomb`. Then the caller removes it.
    """
    if kinds.is_program(staged.name, head):
        raise UploadRefused("program")
    staged = replace(staged, media_type=kinds.media_type(head))
    if kinds.belies_its_name(staged.name, staged.media_type):
        return Exhibit(staged, Cleaning.NOT)  # whatever is in it, nobody has read it: it is not said to hide nothing
    if staged.media_type == kinds.TEXT:
        return Exhibit(staged, Cleaning.NOTHING)
    if staged.media_type not in kinds.CLEANED or staged.length > limit:
        return Exhibit(staged, Cleaning.NOT)
    try:
        with cleaning(staged.media_type, stream_file(units, staged.id, staged.key, staged.length)) as clean:
            if not clean.found:
                return Exhibit(staged, Cleaning.NOTHING)
            copy = _seal(units, staged, clean.pieces)
            return Exhibit(staged, Cleaning.CLEANED, replace(copy, found=clean.found))
    except Bomb as error:
        raise UploadRefused("bomb") from error
    except CannotClean:
        return Exhibit(staged, Cleaning.NOT)


def remove(units: Units, exhibit: Exhibit) -> None:
    for staged in exhibit.staged:
        remove_unclaimed(units, staged.id)


def _seal(units: Units, original: StagedFile, pieces: Iterator[bytes]) -> StagedFile:
    upload = StagedUpload(units, original.name, original.media_type, original.length * 2 + _ROOM)
    try:
        for piece in pieces:
            upload.write(piece)
        return upload.finish()
    except (CannotClean, UploadRefused) as error:
        upload.abandon()
        raise CannotClean("no whole copy came") from error
