"""The access log as an auditor reads it: entries with the names behind their ids. Reading is itself entered."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from complaints.errors import NotFound
from complaints.models import Account, Case, Channel
from complaints.models.base import ID_BYTES
from complaints.policy import Staff
from complaints.services import log_reading
from complaints.services.log_reading import LogLine
from complaints.services.unit import Unit
from complaints.vocabulary import Event


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries: of one kind, about one case, or all. An id is hex, as the log has it."""

    event: Event | None = None
    case: str | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """What ids (hex) stand for: clear metadata that is stored apart from the log. Nothing in the log vouches for a name."""

    accounts: dict[str, str]
    cases: dict[str, str]
    channels: dict[str, tuple[str, str]]
    """In Thai and in English."""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, newest first. `older` is what `before` is to be for the next page; None on the last."""

    lines: tuple[LogLine, ...]
    names: Names
    older: int | None


def find_case(unit: Unit, text: str) -> str | None:
    """The id (hex) of the case with this reference, or with this id as the log shows it; None when there is none."""
    wanted = text.strip()
    by_reference = unit.session.scalar(select(Case.id).where(Case.reference == wanted.upper()))
    if by_reference is not None:
        return by_reference.hex()
    return wanted.lower() if _id(wanted) is not None else None


def enter_reading(unit: Unit, actor: Staff, wanted: Filter) -> None:
    """Has the log say that `actor` reads it, and what they look for."""
    fields = {"case": wanted.case, "reason": wanted.event.value if wanted.event else None}
    unit.enter(Event.LOG_READ, actor, **{name: value for name, value in fields.items() if value})


def is_entered(unit: Unit, actor: Staff, wanted: Filter) -> bool:
    """Whether the log says already that `actor` reads this today: once a day and search is enough, or reading would fill the log."""
    read = log_reading.page(
        unit.session, event=Event.LOG_READ.value, actor=actor.account.hex(), case=wanted.case, size=log_reading.PAGE
    )
    reason = wanted.event.value if wanted.event else None
    return any(
        line.fields.get("day") == unit.today.isoformat()
        and line.fields.get("reason") == reason
        and line.fields.get("case") == wanted.case
        for line in read.lines
    )


def read_page(unit: Unit, wanted: Filter, before: int | None = None) -> AuditPage:
    """Entries of positions below `before`, newest first."""
    page = log_reading.page(
        unit.session, before=before, event=wanted.event.value if wanted.event else None, case=wanted.case
    )
    return AuditPage(page.lines, _names(unit, page.lines), page.older)


def read_entry(unit: Unit, position: int) -> AuditPage:
    """The one entry at `position`. Raises NotFound."""
    page = log_reading.page(unit.session, before=position + 1, size=1)
    if not page.lines or page.lines[0].position != position:
        raise NotFound
    return AuditPage(page.lines, _names(unit, page.lines), None)


def _names(unit: Unit, lines: Iterable[LogLine]) -> Names:
    """One look-up a table, for the ids of a whole page."""
    ids = {
        id_
        for line in lines
        for name in ("actor", "subject", "case", "channel")
        for word in (line.fields.get(name) or "").split()
        if (id_ := _id(word))
    }
    accounts = unit.session.execute(select(Account.id, Account.display_name).where(Account.id.in_(ids)))
    cases = unit.session.execute(select(Case.id, Case.reference).where(Case.id.in_(ids)))
    channels = unit.session.execute(select(Channel.id, Channel.name_th, Channel.name_en).where(Channel.id.in_(ids)))
    return Names(
        accounts={id_.hex(): name for id_, name in accounts},
        cases={id_.hex(): reference for id_, reference in cases},
        channels={id_.hex(): (thai, english) for id_, thai, english in channels},
    )


def _id(text: str) -> bytes | None:
    """The id in a word of a field: 32 hexadecimal digits, between others perhaps (`roster:…`, `…+identity`); None for anything else."""
    digits = text.rpartition(":")[2].partition("+")[0]
    try:
        id_ = bytes.fromhex(digits)
    except ValueError:
        return None
    return id_ if len(id_) == ID_BYTES and len(digits) == 2 * ID_BYTES else None
