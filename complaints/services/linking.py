"""Linking cases: whoever holds two says that they belong together, and why.

Nothing of one case is copied into the other, and nobody gets a key by it. Where somebody holds one case and was excluded by the reporter of the
other there is no link: it would tell them of a report that was to be kept from them. Nor is either case handed to such a person by whoever
holds both. Not protected: whoever is handed one of two merged cases by somebody who holds that one alone reads there that there is another.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import bindparam, select

from complaints.errors import Conflict, Invalid, NotFound
from complaints.models import Base
from complaints.policy import Action, Staff
from complaints.services import (
    acts,
    candidates,
    case_links,
    case_reading,
    caseload,
    casework,
    keyrings,
    own_labels,
    records,
    references,
    rehearsals,
)
from complaints.services.case_links import Link
from complaints.services.caseload import CaseLine, View
from complaints.services.casework import Opening
from complaints.services.keys import SessionKeys
from complaints.services.unit import Unit
from complaints.vocabulary import CaseStatus, CompartmentName, Event, RecordKind, ReportField, Tie

LIMIT = 2_000
"""Characters of a reason."""
SUGGESTED = 8
"""Cases of the reader's own that the form offers."""

_FACING = {Tie.RELATED: Tie.RELATED, Tie.MERGED: Tie.LEADING, Tie.LEADING: Tie.MERGED}
"""What the other case's record says where the one says this."""

_TABLES = Base.metadata.tables
_CASE, _LINE = _TABLES["cases"], _TABLES["caseload"]
_FIND = (
    select(_CASE.c.id)
    .join(_LINE, _LINE.c.case_id == _CASE.c.id)
    .where(_CASE.c.reference.in_(bindparam("references", expanding=True)), _LINE.c.account_id == bindparam("account"))
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody needs to know who links a case. `revision` is to come back with a decision that changes what the case is."""

    reference: str
    revision: int
    status: CaseStatus
    language: str
    """The one in which the reporter writes."""
    suggested: tuple[CaseLine, ...]
    """Cases of the reader's own: those with a label first, then the newest."""
    labels: Mapping[bytes, str] = field(repr=False)
    excluded_words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two cases that the actor holds."""

    this: Opening
    other: Opening


@dataclass(frozen=True, slots=True)
class TheirWords:
    """What the reporter of the other case wrote of who must not see it."""

    case: bytes
    reference: str
    text: str = field(repr=False)


# -- Linking ---------------------------------------------------------------------------------------------------------


def plan(
    unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, action: Action, statuses: Collection[CaseStatus]
) -> Plan:
    """Raises NotFound, Refused. Looks into the report, so it is entered as an opening. `statuses`: of the cases that are offered."""
    opening = casework.fetch_case(unit, actor, keys, case_id)
    case = opening.case
    rows = records.rows_of(unit, case.id, CompartmentName.REPORT, [RecordKind.REPORT])[:1]
    sealed = records.sealed_fields(unit, rows)
    report = [records.open_record(unit, case, opening.report, row, sealed[row.id]) for row in rows]
    words = candidates.exclusions_of(unit, opening).text("words")
    casework.enter(unit, Event.CASE_OPENED, actor, opening, subject=action)
    labels = own_labels.of_reader(unit, actor, keys).by_case
    return Plan(
        reference=case.reference,
        revision=case.revision,
        status=CaseStatus(case.status),
        language=report[0].text(ReportField.LANGUAGE) if report else "",
        suggested=_suggested(unit, actor, list(labels), case.id, statuses),
        labels=labels,
        excluded_words=words,
    )


def _suggested(
    unit: Unit, actor: Staff, labelled: Sequence[bytes], but: bytes, statuses: Collection[CaseStatus]
) -> tuple[CaseLine, ...]:
    known = caseload.lines_of(unit, actor, labelled)
    newest = caseload.list_cases(unit, actor, View(), size=4 * SUGGESTED).lines
    lines = {line.id: line for line in (*(known[case] for case in labelled if case in known), *newest)}
    out = {but} | rehearsals.under_way(unit)
    fitting = (line for line in lines.values() if line.id not in out and line.status in statuses)
    return tuple(line for _place, line in zip(range(SUGGESTED), fitting, strict=False))


def find(unit: Unit, actor: Staff, reference: str) -> bytes | None:
    """A case of the actor's by its reference; None as well for one that is there and is not theirs."""
    meant = list(references.read(reference))
    found: bytes | None = unit.run(_FIND, {"account": actor.account, "references": meant}).scalar()
    return found


def link(
    unit: Unit,
    actor: Staff,
    keys: SessionKeys,
    case_id: bytes,
    other: bytes | None,
    text: str,
    read: bytes | None = None,
) -> str:
    """Says that two cases belong together; the other's reference. `read`: see `require_read`.

    Raises NotFound; Invalid: `text`; `other` "unknown", "same", "excluded", "test", "unread"; Conflict when they are linked already; Refused.
    """
    pair = open_pair(unit, actor, keys, case_id, other, text)
    sides = [(pair.this, pair.other), (pair.other, pair.this)]
    known = [there.case.id in {one.other for one in case_links.read(unit, here)} for here, there in sides]
    if all(known):
        raise Conflict("they are linked already")
    require_read(unit, pair, read)
    for (here, there), there_already in zip(sides, known, strict=True):
        sealed = [] if there_already else [case_links.seal_link(here, actor, keys, there.case.id, Tie.RELATED, text)]
        casework.touch(unit, here.case, except_for=actor.account)
        casework.enter(unit, Event.CASE_LINKED, actor, here, writes=records.store(unit, sealed))
    return pair.other.case.reference


def look(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, action: Action) -> TheirWords:
    """Whom a case's reporter excluded, in their own words; entered as an opening, whether or not they are shown. Raises NotFound, Refused."""
    opening = casework.fetch_case(unit, actor, keys, case_id)
    text = candidates.exclusions_of(unit, opening).text("words")
    casework.enter(unit, Event.CASE_OPENED, actor, opening, subject=action)
    return TheirWords(case_id, opening.case.reference, text)


def require_read(unit: Unit, pair: Pair, read: bytes | None) -> None:
    """That whoever links or merges has seen whom the other's reporter excluded in words, which name nobody for the program to compare.

    `read`: the case whose words they were shown. Raises Invalid: `other` "unread"; Refused.
    """
    if read != pair.other.case.id and candidates.exclusions_of(unit, pair.other).text("words").strip():
        raise Invalid({"other": "unread"})


def open_pair(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, other: bytes | None, text: str) -> Pair:
    """Both cases, while nobody else works on them. Raises NotFound, Invalid, Refused."""
    caseload.find_line(unit, actor, case_id)
    problems = {"text": "missing"} if not text.strip() else {"text": "too-long"} if len(text) > LIMIT else {}
    if other == case_id:
        problems["other"] = "same"
    elif other is None or other not in caseload.lines_of(unit, actor, [other]):
        problems["other"] = "unknown"
    if problems or other is None:
        raise Invalid(problems)
    casework.take_turns_on_all(unit, [case_id, other])
    pair = Pair(*(casework.fetch_case(unit, actor, keys, case) for case in (case_id, other)))
    if any(acts.is_rehearsal(unit, side.case) for side in (pair.this, pair.other)):
        raise Invalid({"other": "test"})
    if _tells_the_excluded(unit, pair.this, pair.other) or _tells_the_excluded(unit, pair.other, pair.this):
        raise Invalid({"other": "excluded"})
    return pair


def _tells_the_excluded(unit: Unit, one: Opening, another: Opening) -> bool:
    """Whether somebody holds the one whom the reporter of the other excluded."""
    excluded = case_reading.excluded_accounts(candidates.exclusions_of(unit, another))
    return not excluded.isdisjoint(keyrings.recipients(unit, one.case, CompartmentName.INTERNAL))


# -- Ending one ------------------------------------------------------------------------------------------------------


def end(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, link_id: bytes) -> None:
    """Takes a link out, and none but those of its kind: on both sides, or on this one alone where a merge with a case that is not theirs is over.

    Raises NotFound; Conflict when it is ended already, they do not hold the other case, or the two are merged: that ends otherwise.
    """
    caseload.find_line(unit, actor, case_id)
    named = [one.other for one in case_links.look(unit, actor, keys, case_id) if one.id == link_id]
    casework.take_turns_on_all(unit, [case_id, *named])
    here = casework.fetch_case(unit, actor, keys, case_id)
    links = {one.id: one for one in case_links.read(unit, here)}
    if link_id not in links:
        if link_id in {row.id for row in records.rows_of(unit, case_id, here.internal.compartment, [RecordKind.LINK])}:
            raise Conflict("somebody has ended this link meanwhile")
        raise NotFound
    chosen = links[link_id]
    there = fetch_other(unit, actor, keys, chosen.other)
    theirs = case_links.read(unit, there) if there is not None else ()
    if there is None and chosen.tie is Tie.RELATED:
        raise Conflict("they do not hold the other case")
    if _is_merged(unit, here, tuple(links.values()), there, theirs, chosen.other):
        raise Conflict("the two are merged")
    between = [one for one in links.values() if one.other == chosen.other]
    case_links.end_all(unit, actor, keys, here, [one for one in between if one.tie is chosen.tie])
    if there is not None:
        facing = [one for one in theirs if one.other == case_id and one.tie is _FACING[chosen.tie]]
        case_links.end_all(unit, actor, keys, there, facing)


def fetch_other(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes) -> Opening | None:
    """The case, if it is the actor's as well. Raises Refused."""
    if case_id not in caseload.lines_of(unit, actor, [case_id]):
        return None
    with suppress(NotFound):
        return casework.fetch_case(unit, actor, keys, case_id)
    return None


def _is_merged(
    unit: Unit, here: Opening, links: Sequence[Link], there: Opening | None, theirs: Sequence[Link], other: bytes
) -> bool:
    """Whether one of the two is looked into together with the other, whichever link it is that somebody takes out.

    Of a merged case that is not the actor's it is believed: its holders rely on it.
    """
    if case_links.leading_of(here.case, links) == other:
        return True
    if there is None:
        led = any(one.other == other and one.tie is Tie.LEADING for one in links)
        return led and bool(case_links.merged_among(unit, [other]))
    return case_links.leading_of(there.case, theirs) == here.case.id
