"""What a case's own records say of the cases that it belongs together with, how they are written, and how its page shows them.

Each of two related cases has a signed record of `internal` that names the other, so that neither is known to whoever holds none of them; a
second record ends the first, and nothing is erased. A record that does not verify says nothing here; the case's page says so aloud. Whoever
writes to the database can take a link away, or the end of one: `complaints check` finds both.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import bindparam, select

from complaints.errors import Refused
from complaints.models import Base, Case, new_id
from complaints.policy import Staff
from complaints.services import caseload, casework, keyrings, own_labels, records
from complaints.services.caseload import CaseLine
from complaints.services.casework import Opening
from complaints.services.keyrings import Keyring
from complaints.services.keys import SessionKeys
from complaints.services.records import OpenedRecord, SealedRecord
from complaints.services.unit import Unit
from complaints.vocabulary import CaseStatus, CompartmentName, Event, RecordKind, Tie

_TABLES = Base.metadata.tables
_CASE, _GRANT, _ACCOUNT = _TABLES["cases"], _TABLES["grants"], _TABLES["account"]
_MERGED_AMONG = select(_CASE.c.id).where(
    _CASE.c.id.in_(bindparam("cases", expanding=True)), _CASE.c.status == CaseStatus.MERGED.value
)
_HOLD = (
    select(_ACCOUNT.c.id, _ACCOUNT.c.display_name)
    .join(_GRANT, _GRANT.c.recipient == _ACCOUNT.c.id)
    .where(_GRANT.c.case_id == bindparam("case"), _GRANT.c.compartment == CompartmentName.INTERNAL.value)
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link that counts, as the case's own record says it."""

    id: bytes
    other: bytes
    tie: Tie
    author: bytes
    made: date
    text: str = field(repr=False)


# -- What the records say --------------------------------------------------------------------------------------------


def standing(opened: Sequence[OpenedRecord]) -> tuple[Link, ...]:
    """The links that count among a case's records, in the order they were made."""
    ended = {record.fields.get("link") for record in opened if record.kind is RecordKind.UNLINK}
    return tuple(
        Link(record.id, record.fields.get("case", b""), Tie(tie), record.author, record.made, record.text("text"))
        for record in opened
        if record.kind is RecordKind.LINK and record.id not in ended and (tie := record.text("tie")) in set(Tie)
    )


def read(unit: Unit, opening: Opening) -> tuple[Link, ...]:
    """The links of a case that was fetched."""
    return read_with(unit, opening.case, opening.internal)


def read_with(unit: Unit, case: Case, keyring: Keyring) -> tuple[Link, ...]:
    """The same by the keyring of `internal` alone."""
    rows = records.rows_of(unit, case.id, CompartmentName.INTERNAL, [RecordKind.LINK, RecordKind.UNLINK])
    sealed = records.sealed_fields(unit, rows)
    opened = []
    for row in rows:
        with suppress(Refused):
            opened.append(records.open_record(unit, case, keyring, row, sealed[row.id]))
    return standing(opened)


def leading_of(case: Case, links: Sequence[Link]) -> bytes | None:
    """The case together with which this one is looked into; None when it is looked into by itself."""
    if case.status != CaseStatus.MERGED:
        return None
    return next((link.other for link in reversed(links) if link.tie is Tie.MERGED), None)


def look(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes) -> tuple[Link, ...]:
    """The links of a case, before its turn is taken: which cases to take it on. None for whoever has no key to it. Raises Refused."""
    found = _opened(unit, actor, keys, case_id)
    return read_with(unit, *found) if found else ()


def _opened(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes) -> tuple[Case, Keyring] | None:
    """A case with the keyring of its `internal`; None for whoever has no grant. Raises Refused."""
    case = unit.session.get(Case, case_id)
    keyring = case and keyrings.open_keyring(unit, case, CompartmentName.INTERNAL, actor.account, keys.work)
    return (case, keyring) if case and keyring else None


def held_of(unit: Unit, actor: Staff, keys: SessionKeys, cases: Iterable[bytes]) -> dict[bytes, CaseLine]:
    """The actor's lines for those of these cases that open for them: a line is no grant, and one that does not verify is nobody's here."""
    held = {}
    for case, line in caseload.lines_of(unit, actor, list(cases)).items():
        with suppress(Refused):
            if _opened(unit, actor, keys, case):
                held[case] = line
    return held


def led_by(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, links: Sequence[Link]) -> frozenset[bytes]:
    """The merged cases that this one leads: by their own word where they open for the actor. Of the others it is believed."""
    merged = merged_among(unit, (link.other for link in links if link.tie is Tie.LEADING))
    return frozenset(other for other in merged if _may_be_led_by(unit, actor, keys, other, case_id))


def _may_be_led_by(unit: Unit, actor: Staff, keys: SessionKeys, other: bytes, case_id: bytes) -> bool:
    with suppress(Refused):
        if found := _opened(unit, actor, keys, other):
            return leading_of(found[0], read_with(unit, *found)) == case_id
    return True


def merged_among(unit: Unit, cases: Iterable[bytes]) -> frozenset[bytes]:
    """Those of these cases that are merged, with whichever: from the clear side, of cases that are nobody's here as well."""
    wanted = list(cases)
    return frozenset(unit.run(_MERGED_AMONG, {"cases": wanted}).scalars()) if wanted else frozenset()


# -- Writing them ----------------------------------------------------------------------------------------------------


def seal_link(opening: Opening, actor: Staff, keys: SessionKeys, other: bytes, tie: Tie, text: str) -> SealedRecord:
    return _seal(
        opening, actor, keys, RecordKind.LINK, {"case": other, "tie": tie.encode(), "text": text.strip().encode()}
    )


def seal_end(opening: Opening, actor: Staff, keys: SessionKeys, link_id: bytes) -> SealedRecord:
    return _seal(opening, actor, keys, RecordKind.UNLINK, {"link": link_id})


def _seal(
    opening: Opening, actor: Staff, keys: SessionKeys, kind: RecordKind, fields: Mapping[str, bytes]
) -> SealedRecord:
    return records.seal(
        opening.case.id,
        new_id(),
        kind,
        fields,
        epoch=opening.internal.newest,
        key=opening.internal.key,
        author=actor.account,
        signing=keys.signing,
    )


def end_all(
    unit: Unit,
    actor: Staff,
    keys: SessionKeys,
    opening: Opening,
    links: Sequence[Link],
    event: Event = Event.CASE_UNLINKED,
) -> None:
    """Ends these links on one side, and enters that; nothing where there are none."""
    if not links:
        return
    writes = records.store(unit, [seal_end(opening, actor, keys, one.id) for one in links])
    casework.touch(unit, opening.case, except_for=actor.account)
    casework.enter(unit, event, actor, opening, writes=writes)


# -- As a case's page shows them -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RelatedLine:
    """A case that belongs together with the one that is read. Of one that the reader does not hold: that there is one, who said so, and when."""

    link: bytes
    tie: Tie
    author_name: str
    day: date
    other: CaseLine | None
    """The reader's own line for it."""
    counts: bool
    """Of a merge: whether it is one still. Of a duplicate that is not the reader's its clear side tells no more than that it is merged."""
    label: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    """Why. Empty for whoever does not hold both."""
    only_there: tuple[str, ...] = ()
    """Who holds the leading case and not this one: a merge gives nobody a key."""


def lines_of(
    unit: Unit,
    actor: Staff,
    keys: SessionKeys,
    case: Case,
    opened: Sequence[OpenedRecord],
    names: Mapping[bytes, str],
) -> tuple[RelatedLine, ...]:
    """One for each case that this one belongs together with: merges first. `names`: of the records' authors.

    Of a case that is not the reader's none but a merge: they need to know that what they close or leave concerns another. A link tells them
    nothing, and its other reporter may have excluded them.
    """
    links = standing(opened)
    # A merge says more than the link that may have been there before.
    said = {link.other: link for link in sorted(links, key=lambda link: link.tie is not Tie.RELATED)}
    held = held_of(unit, actor, keys, said)
    labels = own_labels.of_reader(unit, actor, keys).by_case if held else {}
    leading = leading_of(case, links)
    led = led_by(unit, actor, keys, case.id, links)
    lines = [
        RelatedLine(
            link=link.id,
            tie=link.tie,
            author_name=names.get(link.author, ""),
            day=link.made,
            other=held.get(other),
            counts=other == leading if link.tie is Tie.MERGED else other in led,
            label=labels.get(other, ""),
            text=link.text if other in held else "",
            only_there=_only_there(unit, case.id, other) if other == leading and other in held else (),
        )
        for other, link in said.items()
        if other in held or link.tie is not Tie.RELATED
    ]
    return tuple(sorted(lines, key=lambda line: (line.tie is Tie.RELATED, line.day)))


def _only_there(unit: Unit, case: bytes, leading: bytes) -> tuple[str, ...]:
    here = {row.id for row in unit.run(_HOLD, {"case": case})}
    there = {row.id: row.display_name for row in unit.run(_HOLD, {"case": leading})}
    return tuple(sorted(name for account, name in there.items() if account not in here))
