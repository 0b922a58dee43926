"""Cases that are gone, what is left of them, and test reports, held against what the access log proves of them.

A case may be missing when its own entries say that it began as a test and was erased, each of them proven to be in the signed tree. An
entry that somebody planted, or changed, explains nothing: the case is then missing aloud, and all that was written in it.
"""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Column, select

from complaints.errors import Refused
from complaints.models import Base, Case, Rehearsal
from complaints.services import case_erasure, rehearsals, vouching
from complaints.services.check_log import UNREADABLE, Finding, Logged
from complaints.services.unit import Unit

_TABLES = Base.metadata.tables
_PARTS: list[tuple[Column[bytes], Column[bytes]]] = [
    *((table.c.case_id, _TABLES["cases"].c.id) for table in _TABLES.values() if "case_id" in table.c),
    (_TABLES["sealed_field"].c.record_id, _TABLES["record"].c.id),
    (_TABLES["file_chunk"].c.file_id, _TABLES["file"].c.id),
]
"""Every column by which a row belongs to a case, or to a part of one, and what it names there."""


def of_erased(unit: Unit, logged: Logged) -> Iterator[Finding]:
    """Takes out of `logged` what erased tests had brought, so that nothing else of the check misses it."""
    for case in sorted(logged.erased_cases):
        try:
            told = case_erasure.story(unit, case)
            row = unit.session.get(Case, bytes.fromhex(case))
        except UNREADABLE:
            yield Finding("case", f"case {case} is said to be erased by entries that are not the log's own")
            continue
        if not rehearsals.was_erased(told):
            yield Finding("case", f"case {case} is said to be erased, and was no test")
        elif row is not None:
            yield Finding("case", f"case {row.reference} was erased and is back")
        else:
            logged.cases.discard(case)
            logged.forget(told.acts, told.written("record"), told.written("file"))


def of_parts(unit: Unit) -> Iterator[Finding]:
    """Rows of a case that is not there, or of a record or a file: put back one by one they would be met by nothing that goes by cases."""
    for part, whole in _PARTS:
        there = select(whole).where(whole == part).exists()
        alone = select(part).where(part.is_not(None), ~there).distinct().order_by(part)
        for id_ in unit.run(alone).scalars():
            yield Finding("case", f"{part.table.name}: rows of {id_.hex()}, which is not in {whole.table.name}")


def of_rehearsals(unit: Unit, logged: Logged) -> Iterator[Finding]:
    """Each channel's mark must say what the log says: which case is a test, and how the last one ended.

    A test that none names would pass for a real report in every list.
    """
    under_way: dict[str, set[str]] = defaultdict(set)
    for case, (channel, _day, _roster) in logged.tests.items():
        if case not in logged.erased_cases:
            under_way[channel].add(case)
    last = {channel: (day, roster) for channel, day, roster in logged.tests.values()}
    seen: set[str] = set()
    named: set[str] = set()
    for row in unit.session.scalars(select(Rehearsal)):
        channel = row.channel_id.hex()
        seen.add(channel)
        try:
            vouching.require(vouching.for_rehearsal(unit.secrets, row), row.vouched, "the mark of a test report")
        except Refused as error:
            yield Finding("rehearsal", f"channel {channel}: {error}")
        marked = {row.case_id.hex()} if row.case_id is not None else set()
        named |= marked
        begun = (row.begun.isoformat(), row.roster.hex())
        opened = (
            (row.opened.isoformat(), (row.opener or b"").hex(), (row.opened_under or b"").hex()) if row.opened else None
        )
        if (marked, begun, opened) != (under_way[channel], last.get(channel), logged.tests_opened.get(channel)):
            yield Finding("rehearsal", f"channel {channel}: its test reports are not as the log says")
    for channel in sorted(last.keys() - seen):
        yield Finding("rehearsal", f"channel {channel}: the log tells of a test report, and nothing marks it")
    for unnamed in sorted({case for cases in under_way.values() for case in cases} - named):
        yield Finding("rehearsal", f"case {unnamed} is a test report that waits, and no mark names it")
