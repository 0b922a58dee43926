"""Erasing a whole case: every key, everything sealed under it, and every row that knows of it. Its entries in the access log stay.

Who may have a case erased, and when, is for those who call this. It never erases on the database's word alone what the log tells of
another case: a row that bears this case's id must be one that an entry of this case wrote.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import bindparam, delete, select, update

from complaints.errors import Refused
from complaints.models import Base, Case
from complaints.services import acts, erasure, log_word, uploads
from complaints.services.unit import Unit, Units
from complaints.vocabulary import Event

_TABLES = Base.metadata.tables
_CASE, _FILE, _RECORD, _FIELD = (_TABLES[name] for name in ("cases", "file", "record", "sealed_field"))
_OF_THE_CASE = (
    "draft",
    "caseload",
    "task",
    "departure",
    "pseudonym",
    "record",
    "grants",
    "compartment",
    "act",
    "session",
)
"""Tables of which every row of the case goes, in an order that no foreign key minds."""
_LOGGED = ("act", "record", "task", "file")
"""Tables whose every row the log names when it is written; a task bears its record's id."""
_IDS = {
    name: select(_TABLES[name].c.id).where(_TABLES[name].c.case_id == bindparam("case")).order_by(_TABLES[name].c.id)
    for name in _LOGGED
}
_FORGET_FIELDS = delete(_FIELD).where(
    _FIELD.c.record_id.in_(select(_RECORD.c.id).where(_RECORD.c.case_id == bindparam("case")))
)
_FORGET = [delete(_TABLES[name]).where(_TABLES[name].c.case_id == bindparam("case")) for name in _OF_THE_CASE]
_RELEASE_FILES = (
    update(_FILE).where(_FILE.c.case_id == bindparam("case")).values(case_id=None, digest=None, chunks=uploads.GIVEN_UP)
)
_FORGET_CASE = delete(_CASE).where(_CASE.c.id == bindparam("case"))


@dataclass
class Story:
    """What the log says of one case, each entry proven to be under its newest checkpoint.

    What a reporter causes waits in a queue until its day has ended and is not in it: whoever erases a case whose mailbox opens waits as well.
    """

    events: Sequence[Mapping[str, str]] = ()
    """The fields of each, the oldest first."""

    def of(self, event: Event) -> list[Mapping[str, str]]:
        return [fields for fields in self.events if fields.get("event") == event]

    @property
    def acts(self) -> frozenset[str]:
        return frozenset(fields["act"] for fields in self.events if "act" in fields)

    def written(self, kind: str) -> frozenset[str]:
        """Ids (hex) of the records, or files, that were written in the case."""
        lines = chain.from_iterable(fields.get("writes", "").split("\n") for fields in self.events)
        return frozenset(parts[1] for parts in (line.split(":") for line in lines if line) if parts[0] == kind)


def story(unit: Unit, case: str) -> Story:
    """`case`: its id as hex. Raises Refused when an entry that is said to be of the case is not the log's own."""
    return Story(log_word.every(unit, case=case)[::-1])


def erase(unit: Unit, case: Case, began: Event) -> Sequence[bytes]:
    """Erases the case, whose turn the caller has taken and whose erasure the caller enters.

    Returns its files, for `settle` after the commit: nobody has their keys from now on. Raises Refused for a row that is not of this case,
    and unless the log says by an entry of the kind `began` that the case began with the act that it has.
    """
    told = story(unit, case.id.hex())
    first = acts.beginning_as_logged(unit, case)
    if {(fields.get("act"), fields.get("digest")) for fields in told.of(began)} != {first}:
        raise Refused("a case that the access log does not say to have begun like this")
    of = {"case": case.id}
    stored = {name: [id_.hex() for id_ in unit.run(query, of).scalars()] for name, query in _IDS.items()}
    of_records = told.written("record")
    named = {"act": told.acts, "record": of_records, "task": of_records, "file": told.written("file")}
    if any(not named[name].issuperset(ids) for name, ids in stored.items()):
        raise Refused("what no entry of this case wrote would be erased with it")
    erasure.owe(unit)
    unit.session.expunge(case)
    unit.run(_FORGET_FIELDS, of)
    for forget in _FORGET:
        unit.run(forget, of)
    unit.run(_RELEASE_FILES, of)
    unit.run(_FORGET_CASE, of)
    unit.known.clear()
    return [bytes.fromhex(id_) for id_ in stored["file"]]


def settle(units: Units, files: Sequence[bytes]) -> None:
    """After the commit: the files' chunks go, and what the database's own files still hold of the case. What a crash leaves, the next jobs take."""
    for file_id in files:
        uploads.remove_unclaimed(units, file_id)
    erasure.settle(units.database)
