"""Files: sealed chunk by chunk as they arrive, claimed by the report they come with, opened chunk by chunk, swept when nobody claims them.

A file's key is never stored while the file waits: it rides in the reporter's form, and the report's own record then holds it, sealed.
Until that record is committed nobody can open the chunks, so what a crash or a closed tab leaves behind is noise for the sweep.

Chunks are written in batches, each a short transaction of its own, so that no writer waits for a slow upload.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import delete, func, insert, or_, select, update

from complaints.errors import Refused, UploadRefused
from complaints.models import File, FileChunk, new_id
from complaints.services.unit import Unit, Units
from complaints.vocabulary import Cleaning, RecordKind, Trace
from crypto import CHUNK, Context, CryptoError, OpeningStream, SealingStream, SecretKey
from crypto.stream import padded_length

BATCH = 64
"""Chunks a transaction: 4 MiB."""

WAITING_LIMIT = 4096 * 1024 * 1024
"""Bytes that all files which no report has claimed may take together, unless settings say otherwise."""

GIVEN_UP = -1
"""The number of chunks of a file that nobody can claim any more."""

READ_BATCH = 16
SWEEP_BATCH = 16


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A whole file that waits for its report. The key, and a name that may say too much, stay out of its `repr`."""

    id: bytes
    key: SecretKey = field(repr=False)
    name: str = field(repr=False)
    media_type: str
    length: int
    kind: RecordKind = RecordKind.FILE
    """Of the record that will hold its key: `file`, or `original`, which those alone open who may open the identity."""
    cleaning: Cleaning = Cleaning.UNTOLD
    found: tuple[Trace, ...] = ()
    """What was taken out of this copy."""
    twin: bytes = b""
    """A clean copy's original, an original's clean copy."""


class StagedUpload:
    """Takes one file as it arrives. Memory is flat: one batch of sealed chunks is held at a time, and no plaintext beyond one chunk.

    `limit` is in bytes; `waiting_limit` is what all unclaimed files may take together (see `make_room`). Whoever stops before `finish` calls `abandon`, or leaves the rest to the sweep.
    """

    def __init__(
        self, units: Units, name: str, media_type: str, limit: int, waiting_limit: int = WAITING_LIMIT
    ) -> None:
        self.id = new_id()
        self._key = SecretKey.generate()
        self._stream = SealingStream(self._key, _context(self.id))
        self._digest = hashlib.sha256()
        self._units = units
        self._name = name
        self._media_type = media_type
        self._limit = limit
        self._waiting_limit = waiting_limit
        self._waiting: list[bytes] = []
        self._stored = 0

    @property
    def length(self) -> int:
        """True bytes taken so far."""
        return self._stream.length

    def write(self, data: bytes) -> int:
        """Seals more of the file. Raises UploadRefused: `too-large` (these bytes are not taken), `expired` (swept meanwhile)."""
        if self._stream.length + len(data) > self._limit:
            raise UploadRefused("too-large")
        self._take(self._stream.update(data))
        return len(data)

    def finish(self) -> StagedFile:
        """Stores the rest, and the digest that says the file is whole. Raises UploadRefused: `empty`, `expired`."""
        if not self._stream.length:
            raise UploadRefused("empty")
        self._take(self._stream.finish())
        self._store(digest=self._digest.digest())
        return StagedFile(self.id, self._key, self._name, self._media_type, self._stream.length)

    def abandon(self) -> None:
        """Removes what was stored."""
        self._waiting.clear()
        if self._stored:
            remove_unclaimed(self._units, self.id)

    def _take(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self._digest.update(chunk)
            self._waiting.append(chunk)
            if len(self._waiting) == BATCH:
                self._store()

    def _store(self, digest: bytes | None = None) -> None:
        """Commits the chunks that wait. With `digest`, the file is whole and can be claimed from then on."""
        chunks = self._stored + len(self._waiting)
        size = self._stream.padded_length if digest is not None else chunks * CHUNK
        state = {"chunks": chunks, "padded_size": size, "digest": digest}
        rows = [
            {"file_id": self.id, "position": position, "data": chunk}
            for position, chunk in enumerate(self._waiting, start=self._stored)
        ]
        make_room(self._units, self.id, sum(map(len, self._waiting)), self._waiting_limit)
        with self._units.writing() as unit:
            if not self._stored:
                unit.session.execute(insert(File).values(id=self.id, case_id=None, staged=unit.today, **state))
            else:
                kept = update(File).where(File.id == self.id, File.chunks == self._stored).values(**state)
                if unit.session.connection().execute(kept).rowcount != 1:
                    raise UploadRefused("expired")
            if rows:
                unit.session.connection().execute(insert(FileChunk), rows)
        self._stored = chunks
        self._waiting.clear()


def make_room(units: Units, arriving: bytes, added: int, limit: int) -> None:
    """Removes unclaimed files until `added` bytes more are within `limit`, so that no flood fills the disk.

    Those of earlier days go first; of one day any, for nothing finer than the day is known of them. The newest always finds room: were it
    refused instead, whoever fills the limit once would keep everybody out for a day. Whoever loses a file is asked for it again.
    Each counts for a chunk more than it has, so that tiny ones are bounded too. Uploads that arrive at once may pass the limit by a batch each.
    """
    taken = File.padded_size + CHUNK
    unclaimed = File.case_id.is_(None)
    with units.reading() as unit:
        total = unit.session.scalar(select(func.coalesce(func.sum(taken), 0)).where(unclaimed)) or 0
        over = total + added - limit
        if over <= 0:
            return
        others = select(File.id, taken).where(unclaimed, File.id != arriving).order_by(File.staged, func.random())
        going = []
        for file_id, size in unit.session.execute(others):
            going.append(file_id)
            over -= size
            if over <= 0:
                break
    for file_id in going:
        remove_unclaimed(units, file_id)


def check_staged(unit: Unit, staged: StagedFile) -> None:
    """Whether a file that came back in a form is still there, and is what the form says. Raises UploadRefused: `expired`, `altered`.

    Opens the first chunk, and holds the padded size against the length: a key or a length that was damaged on its way is told before
    Send, not by an investigator who cannot open the file.
    """
    row = unit.session.execute(
        select(File.padded_size, FileChunk.data)
        .join(FileChunk, FileChunk.file_id == File.id)
        .where(File.id == staged.id, File.digest.is_not(None), FileChunk.position == 0)
    ).one_or_none()
    if row is None:
        raise UploadRefused("expired")
    try:
        OpeningStream(staged.key, _context(staged.id), staged.length).update(row.data)
    except (CryptoError, ValueError) as error:
        raise UploadRefused("altered") from error
    if row.padded_size != padded_length(staged.length):
        raise UploadRefused("altered")


def claim(unit: Unit, staged: StagedFile, case_id: bytes) -> None:
    """Makes the file the case's. Raises UploadRefused: `expired` when it was swept, never finished, or has a case already."""
    claimed = (
        update(File)
        .where(
            File.id == staged.id,
            File.case_id.is_(None),
            File.digest.is_not(None),
            File.padded_size == padded_length(staged.length),
        )
        .values(case_id=case_id)
    )
    if unit.session.connection().execute(claimed).rowcount != 1:
        raise UploadRefused("expired")


def sweep(units: Units, before: date) -> int:
    """Removes the files staged before that day that no report claimed, and those that were given up, whenever. Returns how many."""
    removed = 0
    while True:
        with units.reading() as unit:
            unclaimed = unit.session.scalars(
                select(File.id)
                .where(File.case_id.is_(None), or_(File.staged < before, File.chunks == GIVEN_UP))
                .limit(SWEEP_BATCH)
            ).all()
        if not unclaimed:
            return removed
        removed += sum(remove_unclaimed(units, file_id) for file_id in unclaimed)


def remove_unclaimed(units: Units, file_id: bytes) -> bool:
    """Removes one file that no report claimed, a few chunks a transaction. False when it is claimed, or gone."""
    # First it can no longer be claimed or continued: a crash from here on leaves what the next sweep removes.
    spoil = update(File).where(File.id == file_id, File.case_id.is_(None)).values(digest=None, chunks=GIVEN_UP)
    with units.writing() as unit:
        if unit.session.connection().execute(spoil).rowcount != 1:
            return False
    few = select(FileChunk.position).where(FileChunk.file_id == file_id).limit(SWEEP_BATCH)
    some = delete(FileChunk).where(FileChunk.file_id == file_id, FileChunk.position.in_(few))
    while True:
        with units.writing() as unit:
            if not unit.session.connection().execute(some).rowcount:
                unit.session.connection().execute(delete(File).where(File.id == file_id))
                return True


def stream_file(units: Units, file_id: bytes, key: SecretKey, length: int) -> Iterator[bytes]:
    """The file's plaintext, piece by piece, read in short units as it is taken.

    Raises Refused at the first chunk that is missing, altered, out of its place or another file's, before anything of it or after it is
    given out; also when chunks follow the last.
    """
    stream = OpeningStream(key, _context(file_id), length)
    position = 0
    while rows := _read_chunks(units, file_id, position):
        for stored, data in rows:
            if stored != position:
                raise Refused("a chunk of this file is missing")
            try:
                piece = stream.update(data)
            except CryptoError as error:
                raise Refused("a chunk of this file was altered, moved or replaced") from error
            position += 1
            if piece:
                yield piece
    try:
        stream.finish()
    except CryptoError as error:
        raise Refused("the end of this file is missing") from error


def _read_chunks(units: Units, file_id: bytes, position: int) -> list[tuple[int, bytes]]:
    with units.reading() as unit:
        rows = unit.session.execute(
            select(FileChunk.position, FileChunk.data)
            .where(FileChunk.file_id == file_id, FileChunk.position >= position)
            .order_by(FileChunk.position)
            .limit(READ_BATCH)
        )
        return [(stored, data) for stored, data in rows]


def _context(file_id: bytes) -> Context:
    return Context("file chunk", record=file_id)
