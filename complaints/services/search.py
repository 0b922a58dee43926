"""Search through everything a reader holds keys for. Nothing is indexed: cases are opened, looked through, and forgotten, some at a time.

A reference, and the reader's own labels, are looked for first: nothing of a case is opened for them (`known`). Looking through is done in a reading unit, so that nobody waits for it; what was opened is then entered, in one entry, and only after that is
anything shown (`enter`). Identities are not searched: each takes an opening of its own.
"""

import re
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Date, LargeBinary, bindparam, func, select, tuple_

from complaints.errors import Invalid, Refused
from complaints.models import Base, Case
from complaints.policy import Staff
from complaints.services import caseload, keyrings, own_labels, records, references
from complaints.services.caseload import CaseLine, Cursor
from complaints.services.keys import SessionKeys
from complaints.services.unit import AnyRow, Unit
from complaints.vocabulary import CompartmentName, Event, RecordKind

AT_ONCE = 60
"""Cases that one post opens at most: their ids stand in one entry, and PostgreSQL's index takes 2,704 bytes of it."""
SECONDS = 1.0
"""After which it stops, whatever it has opened by then: one at least."""
LONGEST, MOST_TERMS = 200, 8
COUNT_CAP = 10_001
_AROUND = 60

_LINE = Base.metadata.tables["caseload"]
_MINE = select(_LINE.c.case_id, _LINE.c.reference, _LINE.c.received).where(_LINE.c.account_id == bindparam("account"))
_EDGE = tuple_(bindparam("day", type_=Date), bindparam("case", type_=LargeBinary))
_ORDER = (_LINE.c.received.desc(), _LINE.c.case_id.desc())
_FIRST = _MINE.order_by(*_ORDER).limit(AT_ONCE + 1)
_NEXT = _MINE.where(tuple_(_LINE.c.received, _LINE.c.case_id) < _EDGE).order_by(*_ORDER).limit(AT_ONCE + 1)
_COUNT = select(func.count()).select_from(_MINE.limit(COUNT_CAP).subquery())
_NAMED = select(_LINE.c.case_id).where(
    _LINE.c.account_id == bindparam("account"), _LINE.c.reference.in_(bindparam("references", expanding=True))
)
_STILL = select(_LINE.c.case_id).where(
    _LINE.c.account_id == bindparam("account"), _LINE.c.case_id.in_(bindparam("cases", expanding=True))
)

_NOT_WORDS = frozenset(
    {records.SIGNATURE, "key", "accounts", "twin", "length", "type", "cleaning", "found", "message", "task", "account"}
)
"""Fields that are keys, ids and numbers."""
_SILENT = frozenset({RecordKind.READ_MARK, RecordKind.OPENING_REASON, RecordKind.LINK, RecordKind.UNLINK})
"""Why cases belong together is for those alone who hold both: the case's page knows who does."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A case in which every term stands somewhere. `before`, `term`, `after`: the first of them, with what stands around it."""

    case: bytes
    reference: str
    kind: RecordKind
    before: str = field(repr=False)
    term: str = field(repr=False)
    after: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one post looked through. `after`: where the next begins; None when there is nothing left."""

    opened: tuple[bytes, ...]
    hits: tuple[Hit, ...] = field(repr=False)
    closed: tuple[str, ...]
    """References of cases that do not verify: whoever opens them is told why."""
    after: Cursor | None


# -- Words -----------------------------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """Text as it is compared: NFC, Thai marks in one order, sara am and sara ae as one letter each, Arabic digits, single spaces, no letter without width, no control character."""
    text = unicodedata.normalize("NFC", text)
    text = re.sub("[\x00-\x08\x0e-\x1f\x7f]", " ", text)
    text = re.sub("[\u200b-\u200d\u2060\ufeff\u00ad]", "", text)
    text = re.sub("([\u0e48-\u0e4b])(\u0e31|[\u0e34-\u0e37])", r"\2\1", text)  # a tone typed before its vowel
    text = re.sub("\u0e4d([\u0e48-\u0e4b]?)\u0e32", "\\1\u0e33", text)  # nikhahit and sara aa
    text = re.sub("([\u0e48-\u0e4b])\u0e4d\u0e32", "\\1\u0e33", text)
    text = text.replace("\u0e40\u0e40", "\u0e41").translate(_DIGITS)
    return " ".join(text.split())


_DIGITS = {0x0E50 + number: str(number) for number in range(10)}


def terms_of(text: str) -> tuple[str, ...]:
    """What is looked for: all of these, anywhere in a case. Raises Invalid: `terms` "missing", "too-long"."""
    if len(text) > LONGEST:
        raise Invalid({"terms": "too-long"})
    terms = tuple(dict.fromkeys(plain(text).casefold().split()))
    if not terms:
        raise Invalid({"terms": "missing"})
    if len(terms) > MOST_TERMS:
        raise Invalid({"terms": "too-long"})
    return terms


# -- Without opening anything ----------------------------------------------------------------------------------------


def known(unit: Unit, actor: Staff, keys: SessionKeys, text: str) -> tuple[CaseLine, ...]:
    """The actor's cases with this reference, and those whose label, of the actor's own, has every term. Opens nothing of a case."""
    meant = list(references.read(text))
    named = unit.run(_NAMED, {"account": actor.account, "references": meant}).scalars().all() if meant else []
    terms = terms_of(text)
    labels = own_labels.of_reader(unit, actor, keys).by_case
    labelled = [case for case, label in labels.items() if all(term in plain(label).casefold() for term in terms)]
    found = list(dict.fromkeys([*named, *labelled]))
    lines = caseload.lines_of(unit, actor, found)
    return tuple(lines[case] for case in found if case in lines)


# -- Looking ---------------------------------------------------------------------------------------------------------


def count(unit: Unit, actor: Staff) -> int:
    """How many cases there are to look through, capped."""
    return unit.run(_COUNT, {"account": actor.account}).scalar() or 0


def look(unit: Unit, actor: Staff, keys: SessionKeys, terms: Sequence[str], after: Cursor | None = None) -> Batch:
    """Opens the next cases, the newest first. What comes back is not to be shown before it was entered."""
    edge = {"day": after.day, "case": after.case} if after else {}
    rows = unit.run(_NEXT if after else _FIRST, {"account": actor.account} | edge).all()
    opened: list[AnyRow] = []
    hits: list[Hit] = []
    closed: list[str] = []
    ends = time.monotonic() + SECONDS
    for row in rows[:AT_ONCE]:
        if opened and time.monotonic() > ends:
            break
        opened.append(row)
        try:
            hit = _look_in(unit, actor, keys, row.case_id, terms)
        except Refused:
            closed.append(row.reference)
        else:
            hits += [hit] if hit else []
    last = opened[-1] if opened else None
    more = last is not None and len(opened) < len(rows)
    return Batch(
        tuple(row.case_id for row in opened),
        tuple(hits),
        tuple(closed),
        Cursor(last.received, last.case_id) if last is not None and more else None,
    )


def enter(unit: Unit, actor: Staff, batch: Batch) -> Batch:
    """Has the log say which cases were opened, and gives back what may be shown: without cases that were taken from the reader meanwhile."""
    if batch.opened:
        unit.enter(Event.CASES_SEARCHED, actor, subject=" ".join(f"case:{case.hex()}" for case in batch.opened))
    found = {hit.case for hit in batch.hits}
    still = set(unit.run(_STILL, {"account": actor.account, "cases": list(found)}).scalars()) if found else set()
    return Batch(batch.opened, tuple(hit for hit in batch.hits if hit.case in still), batch.closed, batch.after)


def _look_in(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, terms: Sequence[str]) -> Hit | None:
    case = unit.session.get(Case, case_id)
    if case is None:
        return None
    missing, first = set(terms), None
    for kind, text in _texts(unit, case, actor, keys):
        folded = text.casefold()
        here = {term for term in missing if term in folded}
        missing -= here
        if here and first is None:
            first = _hit(case, kind, text, folded, next(term for term in terms if term in here))
        if not missing:
            return first
    return None


def _texts(unit: Unit, case: Case, actor: Staff, keys: SessionKeys) -> Iterator[tuple[RecordKind, str]]:
    """Every text of the case that its readers see, each with what it stands in. Raises Refused for keys that do not verify."""
    for name in (CompartmentName.REPORT, CompartmentName.INTERNAL):
        keyring = keyrings.open_keyring(unit, case, name, actor.account, keys.work)
        if keyring is None:
            continue
        opened, _problems = records.open_all(unit, case, keyring)
        for record in opened:
            if record.kind not in _SILENT:
                yield from (
                    (record.kind, plain(value.decode("utf-8", "replace")))
                    for field_name, value in record.fields.items()
                    if field_name not in _NOT_WORDS
                )


def _hit(case: Case, kind: RecordKind, text: str, folded: str, term: str) -> Hit:
    shown = (
        text if len(text) == len(folded) else folded
    )  # a letter that folds into two: what is shown is folded as well
    start = folded.index(term)
    end = start + len(term)
    before, after = shown[max(0, start - _AROUND) : start], shown[end : end + _AROUND]
    lead = "… " if start > _AROUND else ""
    trail = " …" if end + _AROUND < len(shown) else ""
    return Hit(case.id, case.reference, kind, lead + before, shown[start:end], after + trail)
