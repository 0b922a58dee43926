"""The register of outside processors: who works for the operator, what of the data they can meet, what they undertook (policy 3.3).

Rows are only added: whatever changes is the next version, and the access log holds the digest of each. The notice names those who work
for the operator now, so each row bears the server's word. A contract that has ended stays in the register.

Not protected: what nobody enters. That somebody outside runs a machine is known here only by an administrator's word.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from hashlib import sha256
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from complaints.errors import Conflict, Invalid, NotFound
from complaints.models import Base, ProcessorRow, new_id
from complaints.policy import Staff
from complaints.services import vouching
from complaints.services.unit import Unit
from complaints.vocabulary import Event, Locale, Meets
from crypto import encode_parts

LIMIT = 300
"""Letters of each text."""

_COUNTRY = re.compile("[A-Z]{2}")
_PROCESSOR = Base.metadata.tables["processor"]
_INSERT = insert(_PROCESSOR)


@dataclass(frozen=True, slots=True)
class Particulars:
    """What an administrator says of a processor. `until`: the day on which the contract ended. `signed`: when `signed_by` signed `undertaking`."""

    name_th: str
    name_en: str
    purpose_th: str
    purpose_en: str
    meets: tuple[Meets, ...]
    country: str
    since: date | None
    until: date | None = None
    undertaking: str = ""
    signed_by: str = ""
    signed: date | None = None


@dataclass(frozen=True, slots=True)
class Processor:
    """A version of what the register says, as its row has it."""

    id: bytes
    version: int
    recorded: date
    name_th: str
    name_en: str
    purpose_th: str
    purpose_en: str
    meets: str
    country: str
    since: date
    until: date | None
    undertaking: str
    signed_by: str
    signed: date | None
    vouched: bytes

    def name(self, locale: Locale) -> str:
        return self.name_th if locale == Locale.THAI else self.name_en

    def purpose(self, locale: Locale) -> str:
        return self.purpose_th if locale == Locale.THAI else self.purpose_en

    @property
    def ended(self) -> bool:
        return self.until is not None

    @property
    def lacks_undertaking(self) -> bool:
        """Whoever works for the operator without one. What somebody undertook, or did not, is no question any more once they have left."""
        return self.signed is None and not self.ended

    @property
    def particulars(self) -> Particulars:
        said = {column.name: getattr(self, column.name) for column in fields(Particulars)}
        return Particulars(**said | {"meets": tuple(Meets(value) for value in self.meets.split())})


_ALL = select(*(_PROCESSOR.c[column.name] for column in fields(Processor))).order_by(
    _PROCESSOR.c.id, _PROCESSOR.c.version.desc()
)


def register(unit: Unit) -> list[Processor]:
    """Each by its newest version: those who work for the operator, then those who did; by name. Raises Refused for one changed past the system."""
    newest = [versions[0] for versions in _versions(unit).values()]
    return sorted(newest, key=lambda one: (one.ended, one.name_th, one.id))


def current(unit: Unit) -> list[Processor]:
    """Those whom the notice names. Raises Refused."""
    return [processor for processor in register(unit) if not processor.ended]


def history(unit: Unit, processor: bytes) -> Sequence[Processor]:
    """All versions, the newest first. Raises NotFound, Refused."""
    known = _versions(unit)
    if processor not in known:
        raise NotFound
    return known[processor]


def _versions(unit: Unit) -> Mapping[bytes, Sequence[Processor]]:
    return unit.once("processors", lambda: _find(unit))


def _find(unit: Unit) -> dict[bytes, list[Processor]]:
    found: dict[bytes, list[Processor]] = {}
    for row in unit.run(_ALL):
        processor = Processor(*row)
        vouching.require(_word(unit, processor), processor.vouched, "a processor")
        found.setdefault(processor.id, []).append(processor)
    return found


def problems(said: Particulars, today: date) -> dict[str, str]:
    """What cannot be entered, by the name of its field."""
    texts = {name: getattr(said, name) for name in ("name_th", "name_en", "purpose_th", "purpose_en")}
    undertaken = {"undertaking": said.undertaking, "signed_by": said.signed_by}
    found = {name: "missing" for name, text in texts.items() if not text}
    if any((*undertaken.values(), said.signed)):
        found |= {name: "missing" for name, value in (undertaken | {"signed": said.signed}).items() if not value}
    found |= {name: "too-long" for name, text in (texts | undertaken).items() if len(text) > LIMIT}
    if not said.meets:
        found["meets"] = "missing"
    if not _COUNTRY.fullmatch(said.country):
        found["country"] = "missing"
    if said.since is None:
        found["since"] = "missing"
    if said.until is not None and said.since is not None and said.until < said.since:
        found["until"] = "reversed"
    found |= {name: "not-yet" for name in ("until", "signed") if (getattr(said, name) or today) > today}
    return found


def add(unit: Unit, actor: Staff, said: Particulars) -> bytes:
    """Enters a processor. Raises Invalid ("missing", "too-long", "reversed", "not-yet"). Returns its id."""
    processor = new_id()
    _store(unit, actor, Event.PROCESSOR_ADDED, processor, 1, said)
    return processor


def change(unit: Unit, actor: Staff, processor: bytes, version: int, said: Particulars) -> None:
    """What the register says from now on. Nothing where it says that already. `version`: the one that was changed.

    Raises NotFound, Invalid as `add` does, Conflict when somebody else has entered a version meanwhile.
    """
    newest = history(unit, processor)[0]
    if newest.version != version:
        raise Conflict("somebody has changed this processor meanwhile")
    if newest.particulars != said:
        _store(unit, actor, Event.PROCESSOR_CHANGED, processor, version + 1, said)


def _store(unit: Unit, actor: Staff, event: Event, processor: bytes, version: int, said: Particulars) -> None:
    if found := problems(said, unit.today):
        raise Invalid(found)
    values: dict[str, Any] = {column.name: getattr(said, column.name) for column in fields(Particulars)}
    values |= {"id": processor, "version": version, "recorded": unit.today}
    values |= {"meets": " ".join(kind for kind in Meets if kind in said.meets), "vouched": b""}
    row = Processor(**values)
    try:
        with unit.attempting():
            unit.run(_INSERT, values | {"vouched": _word(unit, row)})
    except IntegrityError as error:
        raise Conflict("somebody has changed this processor at the same moment") from error
    unit.known.clear()
    unit.enter(event, actor, subject=f"processor:{processor.hex()}", digest=digest_of(row))


def _word(unit: Unit, row: Processor) -> bytes:
    return vouching.for_processor(unit.secrets, row.id, digest_of(row))


def digest_of(row: Processor | ProcessorRow) -> str:
    """Hex SHA-256 over all that a version says, its number and its day: what the access log holds of it."""
    said = [str(getattr(row, column.name) or "").encode() for column in fields(Particulars)]
    return sha256(encode_parts(row.id, str(row.version).encode(), row.recorded.isoformat().encode(), *said)).hexdigest()
