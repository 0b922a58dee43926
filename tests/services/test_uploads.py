"""Staged files: they come back whole or not at all, and what no report claims is unreadable and goes."""

import secrets
import tempfile
import tracemalloc
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text, update

from complaints.config import Secrets
from complaints.database import Database
from complaints.errors import Refused, UploadRefused
from complaints.models import Base, Case, Channel, File, FileChunk
from complaints.models.cases import place_of
from complaints.services.access_log import AccessLog
from complaints.services.unit import Units
from complaints.services.uploads import (
    BATCH,
    StagedFile,
    StagedUpload,
    check_staged,
    claim,
    remove_unclaimed,
    stream_file,
    sweep,
)
from crypto import CHUNK, SecretKey, SigningKey

CASE = bytes(range(16))
MIB = 1024 * 1024


@pytest.fixture
def units(tmp_path: Path) -> Iterator[Units]:
    database = Database(f"sqlite:///{tmp_path / 'uploads.sqlite'}")
    Base.metadata.create_all(database.engine)
    secret_files = Secrets.create(tmp_path / "secrets")
    units = Units(database, AccessLog("https://report.example.org", SigningKey.generate()), secret_files)
    with units.writing() as unit:
        channel = {
            "id": bytes(16),
            "code": "a",
            "name_th": "ก",
            "name_en": "A",
            "position": 1,
            "acknowledge_days": 7,
            "feedback_days": 90,
            "vouched": bytes(32),
        }
        unit.session.execute(insert(Channel).values(**channel))
        days = dict.fromkeys(("received", "acknowledge_by", "feedback_by", "activity"), unit.today)
        keys = dict.fromkeys(("reporter_work_public", "reporter_identity_public", "reporter_verify_public"), b"")
        words = {"reference": "A1", "status": "new", "priority": "normal", "notice_version": 1, "records": 0}
        unit.session.execute(
            insert(Case).values(id=CASE, channel_id=bytes(16), receipt_hash=bytes(32), **days, **keys, **words)
        )
    yield units
    database.dispose()


def stage(units: Units, content: bytes, *, piece: int = 50_000, limit: int = 500 * MIB) -> StagedFile:
    upload = StagedUpload(units, "หลักฐาน.pdf", "application/pdf", limit)
    for start in range(0, len(content), piece):
        upload.write(content[start : start + piece])
    return upload.finish()


def opened(units: Units, staged: StagedFile) -> bytes:
    return b"".join(stream_file(units, staged.id, staged.key, staged.length))


def rows_of(units: Units, staged: StagedFile) -> tuple[int, int]:
    with units.reading() as unit:
        files = select(func.count()).select_from(File).where(File.id == staged.id)
        chunks = select(func.count()).select_from(FileChunk).where(FileChunk.file_id == staged.id)
        return unit.session.scalar(files) or 0, unit.session.scalar(chunks) or 0


def change(units: Units, statement: str, **values: object) -> None:
    with units.writing() as unit:
        unit.session.execute(text(statement), values)


LENGTHS = (1, 4096, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, BATCH * CHUNK, BATCH * CHUNK + 1)


@pytest.mark.parametrize("length", LENGTHS)
def test_what_was_staged_opens_as_it_was(units: Units, length: int) -> None:
    content = secrets.token_bytes(length)
    staged = stage(units, content)
    assert staged.length == length
    assert opened(units, staged) == content


def test_a_file_that_arrives_byte_by_byte_is_the_same_file(units: Units) -> None:
    content = secrets.token_bytes(3000)
    assert opened(units, stage(units, content, piece=1)) == content


def test_a_finished_file_says_how_large_it_is_and_what_was_stored(units: Units) -> None:
    staged = stage(units, bytes(BATCH * CHUNK + 1))
    with units.reading() as unit:
        row = unit.session.get_one(File, staged.id)
        chunks = unit.session.scalars(select(FileChunk).where(FileChunk.file_id == staged.id)).all()
    assert row.case_id is None
    assert row.chunks == len(chunks)
    assert row.padded_size == sum(len(chunk.data) - 17 for chunk in chunks)
    assert row.digest is not None


def test_neither_name_nor_key_shows_in_a_repr(units: Units) -> None:
    staged = stage(units, b"x")
    assert "หลักฐาน" not in repr(staged)
    assert staged.key.export().hex() not in repr(staged)


# -- Limits ---------------------------------------------------------------------------------------------------------


def test_an_empty_file_is_refused(units: Units) -> None:
    with pytest.raises(UploadRefused) as refusal:
        StagedUpload(units, "a", "text/plain", 10).finish()
    assert refusal.value.reason == "empty"


def test_a_file_as_large_as_the_limit_is_taken(units: Units) -> None:
    assert stage(units, bytes(5000), limit=5000).length == 5000


def test_one_byte_more_than_the_limit_is_refused_as_it_arrives(units: Units) -> None:
    upload = StagedUpload(units, "a", "text/plain", 5000)
    upload.write(bytes(5000))
    with pytest.raises(UploadRefused) as refusal:
        upload.write(b"x")
    assert refusal.value.reason == "too-large"


def test_an_abandoned_file_leaves_no_rows(units: Units) -> None:
    upload = StagedUpload(units, "a", "text/plain", 500 * MIB)
    upload.write(bytes((BATCH + 2) * CHUNK))
    upload.abandon()
    with units.reading() as unit:
        assert unit.session.scalar(select(func.count()).select_from(File)) == 0
        assert unit.session.scalar(select(func.count()).select_from(FileChunk)) == 0


# -- A database that lies -------------------------------------------------------------------------------------------


def test_two_chunks_swapped_are_refused(units: Units) -> None:
    staged = stage(units, secrets.token_bytes(4 * CHUNK))
    for taken, put in ((1, -1), (2, 1), (-1, 2)):
        change(
            units,
            "UPDATE file_chunk SET position = :put WHERE file_id = :id AND position = :taken",
            id=staged.id,
            taken=taken,
            put=put,
        )
    pieces = stream_file(units, staged.id, staged.key, staged.length)
    next(pieces)
    with pytest.raises(Refused):
        next(pieces)


def test_a_chunk_dropped_from_the_middle_is_refused(units: Units) -> None:
    staged = stage(units, secrets.token_bytes(4 * CHUNK))
    change(units, "DELETE FROM file_chunk WHERE file_id = :id AND position = 1", id=staged.id)
    with pytest.raises(Refused):
        opened(units, staged)


def test_the_last_chunk_dropped_is_refused(units: Units) -> None:
    staged = stage(units, secrets.token_bytes(4 * CHUNK))
    change(units, "DELETE FROM file_chunk WHERE file_id = :id AND position = 3", id=staged.id)
    with pytest.raises(Refused):
        opened(units, staged)


def test_a_chunk_dropped_with_the_rest_moved_up_is_refused(units: Units) -> None:
    staged = stage(units, secrets.token_bytes(4 * CHUNK))
    change(units, "DELETE FROM file_chunk WHERE file_id = :id AND position = 1", id=staged.id)
    for position in (2, 3):
        change(
            units,
            "UPDATE file_chunk SET position = position - 1 WHERE file_id = :id AND position = :at",
            id=staged.id,
            at=position,
        )
    with pytest.raises(Refused):
        opened(units, staged)


def test_a_chunk_of_another_file_is_refused(units: Units) -> None:
    mine, other = stage(units, secrets.token_bytes(4 * CHUNK)), stage(units, secrets.token_bytes(4 * CHUNK))
    with units.reading() as unit:
        foreign = unit.session.get_one(FileChunk, place_of(other.id, 2)).data
    change(units, "UPDATE file_chunk SET data = :data WHERE file_id = :id AND position = 2", data=foreign, id=mine.id)
    with pytest.raises(Refused):
        opened(units, mine)


def test_all_chunks_of_another_file_under_its_own_key_are_refused(units: Units) -> None:
    mine, other = stage(units, secrets.token_bytes(CHUNK)), stage(units, secrets.token_bytes(CHUNK))
    with pytest.raises(Refused):
        next(stream_file(units, mine.id, other.key, mine.length))


def test_one_changed_bit_is_refused_before_anything_of_its_chunk_is_given_out(units: Units) -> None:
    staged = stage(units, secrets.token_bytes(3 * CHUNK))
    with units.writing() as unit:
        chunk = unit.session.get_one(FileChunk, place_of(staged.id, 1))
        chunk.data = chunk.data[:500] + bytes([chunk.data[500] ^ 1]) + chunk.data[501:]
    given = []
    with pytest.raises(Refused):
        given.extend(stream_file(units, staged.id, staged.key, staged.length))
    assert len(given) <= 1


def test_a_chunk_after_the_last_is_refused(units: Units) -> None:
    staged = stage(units, secrets.token_bytes(2 * CHUNK))
    change(
        units,
        "INSERT INTO file_chunk (place, file_id, position, data)"
        " SELECT place + 1, file_id, 2, data FROM file_chunk WHERE position = 1",
    )
    with pytest.raises(Refused):
        opened(units, staged)


def test_a_file_without_chunks_is_refused(units: Units) -> None:
    with pytest.raises(Refused):
        list(stream_file(units, bytes(16), SecretKey.generate(), 10))


# -- Claiming -------------------------------------------------------------------------------------------------------


def refusal_of(units: Units, staged: StagedFile) -> str:
    with pytest.raises(UploadRefused) as refusal, units.writing() as unit:
        claim(unit, staged, CASE)
    return refusal.value.reason


def test_a_claimed_file_belongs_to_its_case(units: Units) -> None:
    staged = stage(units, b"evidence")
    with units.writing() as unit:
        claim(unit, staged, CASE)
    with units.reading() as unit:
        assert unit.session.get_one(File, staged.id).case_id == CASE


def test_a_file_is_claimed_once(units: Units) -> None:
    staged = stage(units, b"evidence")
    with units.writing() as unit:
        claim(unit, staged, CASE)
    assert refusal_of(units, staged) == "expired"


def test_a_swept_file_cannot_be_claimed(units: Units) -> None:
    staged = stage(units, b"evidence")
    sweep(units, date.max)
    assert refusal_of(units, staged) == "expired"


def test_a_file_that_is_still_arriving_cannot_be_claimed(units: Units) -> None:
    upload = StagedUpload(units, "a", "text/plain", 500 * MIB)
    upload.write(bytes((BATCH + 1) * CHUNK))
    assert refusal_of(units, StagedFile(upload.id, SecretKey.generate(), "a", "text/plain", upload.length)) == "expired"


def test_a_file_whose_length_was_changed_in_the_form_cannot_be_claimed(units: Units) -> None:
    staged = stage(units, bytes(20_000))
    assert refusal_of(units, StagedFile(staged.id, staged.key, "a", "text/plain", 10)) == "expired"


def check_reason(units: Units, staged: StagedFile) -> str:
    with pytest.raises(UploadRefused) as refusal, units.reading() as unit:
        check_staged(unit, staged)
    return refusal.value.reason


def test_a_form_that_brings_back_the_right_key_passes_the_check(units: Units) -> None:
    staged = stage(units, bytes(2 * CHUNK))
    with units.reading() as unit:
        check_staged(unit, staged)


def test_a_damaged_key_is_told_before_the_report_is_sent(units: Units) -> None:
    staged = stage(units, bytes(2 * CHUNK))
    assert (
        check_reason(units, StagedFile(staged.id, SecretKey.generate(), "a", "text/plain", staged.length)) == "altered"
    )


def test_a_damaged_length_is_told_before_the_report_is_sent(units: Units) -> None:
    staged = stage(units, bytes(20 * CHUNK))
    assert check_reason(units, StagedFile(staged.id, staged.key, "a", "text/plain", 30 * CHUNK)) == "altered"


def test_a_file_that_was_swept_is_told_before_the_report_is_sent(units: Units) -> None:
    staged = stage(units, bytes(20))
    sweep(units, date.max)
    assert check_reason(units, staged) == "expired"


# -- Sweeping -------------------------------------------------------------------------------------------------------


def age(units: Units, staged: StagedFile, days: int) -> None:
    with units.writing() as unit:
        unit.session.execute(update(File).where(File.id == staged.id).values(staged=unit.today - timedelta(days)))


def test_the_sweep_takes_what_was_staged_before_the_day_and_no_report_claimed(units: Units) -> None:
    old, young, claimed = (stage(units, bytes(40 * CHUNK)) for _ in range(3))
    age(units, old, 1)
    age(units, claimed, 1)
    with units.writing() as unit:
        claim(unit, claimed, CASE)
        today = unit.today
    assert sweep(units, today) == 1
    assert rows_of(units, old) == (0, 0)
    assert rows_of(units, young)[0] == 1
    assert rows_of(units, claimed)[0] == 1


def test_a_claimed_file_is_never_removed(units: Units) -> None:
    staged = stage(units, b"evidence")
    with units.writing() as unit:
        claim(unit, staged, CASE)
    assert not remove_unclaimed(units, staged.id)
    assert opened(units, staged) == b"evidence"


def test_an_upload_that_the_sweep_overtook_stops(units: Units) -> None:
    upload = StagedUpload(units, "a", "text/plain", 500 * MIB)
    upload.write(bytes((BATCH + 1) * CHUNK))
    sweep(units, date.max)
    with pytest.raises(UploadRefused) as refusal:
        upload.finish()
    assert refusal.value.reason == "expired"


# -- What is never there --------------------------------------------------------------------------------------------


def test_the_database_holds_neither_content_nor_name_nor_key(units: Units, tmp_path: Path) -> None:
    content = b"canary-content-" * 10_000
    staged = stage(units, content)
    key = staged.key.export()
    with units.writing() as unit:
        claim(unit, staged, CASE)
    for path in tmp_path.glob("uploads.sqlite*"):
        stored = path.read_bytes()
        for secret in (b"canary-content", "หลักฐาน".encode(), key, key.hex().encode()):
            assert secret not in stored


def test_memory_stays_flat_and_no_temporary_file_is_made(
    units: Units, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    piece = secrets.token_bytes(CHUNK)
    stage(units, piece)  # what the first statements compile and keep is not the file's
    tracemalloc.start()
    upload = StagedUpload(units, "a", "video/mp4", 100 * MIB)
    for _ in range(100 * MIB // CHUNK):
        upload.write(piece)
    staged = upload.finish()
    _, sealing_peak = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    length = sum(map(len, stream_file(units, staged.id, staged.key, staged.length)))
    _, opening_peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert length == 100 * MIB
    # One batch of sealed chunks (4 MiB) and its statement; then one batch that is read (1 MiB).
    assert sealing_peak < 12 * MIB
    assert opening_peak < 6 * MIB
    assert not list(scratch.iterdir())


# -- A flood that no report claims -----------------------------------------------------------------------------------


def arrive(units: Units, size: int, waiting_limit: int) -> StagedFile:
    arriving = StagedUpload(units, "x", "text/plain", 100 * MIB, waiting_limit)
    arriving.write(bytes(size))
    return arriving.finish()


def is_there(units: Units, staged: StagedFile) -> bool:
    with units.reading() as unit:
        try:
            check_staged(unit, staged)
        except UploadRefused:
            return False
    return True


def taken(units: Units) -> int:
    with units.reading() as unit:
        return unit.session.scalar(select(func.sum(func.length(FileChunk.data)))) or 0


def test_a_flood_takes_no_more_than_the_limit_and_the_newest_is_there(units: Units) -> None:
    for _ in range(12):
        newest = arrive(units, MIB, 4 * MIB)
        assert is_there(units, newest)
        assert taken(units) <= 4 * MIB
    assert taken(units) > 2 * MIB, "no more goes than has to"


def test_tiny_files_are_bounded_too(units: Units) -> None:
    for _ in range(40):
        arrive(units, 1, 10 * CHUNK)
    with units.reading() as unit:
        assert 5 <= (unit.session.scalar(select(func.count()).select_from(File)) or 0) <= 10


def test_files_of_earlier_days_go_first(units: Units) -> None:
    limit = 4 * MIB
    old, *today = [arrive(units, MIB, limit) for _ in range(3)]
    with units.writing() as unit:
        unit.session.execute(update(File).where(File.id == old.id).values(staged=date(2020, 1, 1)))
    newest = arrive(units, MIB, limit)
    with (
        units.reading() as unit,
        pytest.raises(UploadRefused, match="expired"),
    ):  # the reporter is asked to choose it again
        check_staged(unit, old)
    assert all(is_there(units, staged) for staged in (*today, newest))


def test_what_a_report_claimed_counts_for_nothing_and_stays(units: Units) -> None:
    claimed = arrive(units, 3 * MIB, 4 * MIB)
    with units.writing() as unit:
        claim(unit, claimed, CASE)
    waiting = [arrive(units, MIB, 4 * MIB) for _ in range(3)]
    assert all(is_there(units, staged) for staged in (claimed, *waiting))
    for _ in range(6):
        arrive(units, MIB, 4 * MIB)
    assert is_there(units, claimed)


def test_an_upload_that_is_pushed_out_midway_says_so(units: Units) -> None:
    arriving = StagedUpload(units, "x", "text/plain", 100 * MIB, 6 * MIB)
    arriving.write(bytes(4 * MIB + CHUNK))
    arrive(units, 5 * MIB, 6 * MIB)
    with pytest.raises(UploadRefused, match="expired"):
        arriving.finish()
