"""Who runs this installation, and what they add to the privacy notice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from sqlalchemy import Executable, bindparam, func, select

from complaints.errors import Conflict, Invalid, Refused
from complaints.models import Base, Notice, NoticePage, Organisation
from complaints.policy import Staff
from complaints.services import log_word, vouching
from complaints.services.unit import Unit
from complaints.vocabulary import Event
from crypto import encode_parts

_NOTICE = Base.metadata.tables["notice"]
_ALL = select(_NOTICE).order_by(_NOTICE.c.version.desc())
_NEWEST = _ALL.limit(1)
_PAGE = select(Base.metadata.tables["notice_page"]).where(
    Base.metadata.tables["notice_page"].c.version == bindparam("version")
)

_LOCK_ID = 0x7468_656E_6F74_6963  # "thenotic": an advisory lock's number is any 64 bits that nobody else takes
_PUBLISHED = (Event.NOTICE_PUBLISHED, Event.NOTICE_RENEWED)

NAME_LIMIT = 200
TEXT_LIMIT = 5_000
ANNOUNCED = timedelta(days=30)
"""How long a change of the notice is announced on the site."""


@dataclass(frozen=True, slots=True)
class OrganisationNames:
    """In both languages."""

    th: str
    en: str


@dataclass(frozen=True, slots=True)
class PublishedText:
    """A version of a text that is published in both languages."""

    version: int
    text_th: str
    text_en: str
    published: date


def names(unit: Unit) -> OrganisationNames | None:
    """None before the first set-up."""
    row = unit.session.get(Organisation, 1)
    return None if row is None else OrganisationNames(row.name_th, row.name_en)


def name(unit: Unit, given: OrganisationNames) -> None:
    """Names the organisation, once. Raises Invalid ("missing", "too-long"), Conflict when it has a name."""
    th, en = given.th.strip(), given.en.strip()
    check_texts({"organisation_th": th, "organisation_en": en}, NAME_LIMIT)
    if unit.session.get(Organisation, 1) is not None:
        raise Conflict
    unit.session.add(Organisation(number=1, name_th=th, name_en=en))
    unit.session.flush()


def notice(unit: Unit) -> PublishedText | None:
    """The newest; None before one is published."""
    return unit.once("notice", lambda: next(iter(_published(unit, _NEWEST)), None))


def notices(unit: Unit) -> list[PublishedText]:
    """Every version, the newest first."""
    return _published(unit, _ALL)


def _published(unit: Unit, statement: Executable) -> list[PublishedText]:
    return [PublishedText(row.version, row.text_th, row.text_en, row.published) for row in unit.run(statement)]


def hold_still(unit: Unit) -> None:
    """Until this unit ends nobody else publishes a notice or keeps one, and what the unit knew of what the notice tells is found anew.

    Whoever keeps a notice calls this before they read what it is made from: what somebody else changed meanwhile is then in it. On SQLite all
    writers take turns already.
    """
    if unit.session.get_bind().dialect.name == "postgresql":
        unit.session.execute(select(func.pg_advisory_xact_lock(_LOCK_ID)))
    unit.known.clear()


def publish_notice(unit: Unit, actor: Staff, *, text_th: str, text_en: str) -> int:
    """The next version of the operator's part of the notice. Raises Invalid ("missing", "too-long"). Returns its version."""
    th, en = text_th.strip(), text_en.strip()
    check_texts({"text_th": th, "text_en": en}, TEXT_LIMIT)
    hold_still(unit)
    version = _store(unit, th, en)
    digest = digest_of_notice(version, unit.today, th, en)
    unit.enter(Event.NOTICE_PUBLISHED, actor, subject=str(version), digest=digest)
    return version


def _store(unit: Unit, text_th: str, text_en: str) -> int:
    version = (unit.session.scalar(select(func.max(Notice.version))) or 0) + 1
    unit.session.add(Notice(version=version, published=unit.today, text_th=text_th, text_en=text_en))
    unit.session.flush()
    unit.known.clear()
    return version


@dataclass(frozen=True, slots=True)
class KeptPage:
    """The whole notice as it read on the day it was kept, as HTML."""

    kept: date
    page_th: str
    page_en: str


def page_of(unit: Unit, version: int) -> KeptPage | None:
    """None for a version of before pages were kept. Raises Refused for one that was changed past the system: it is shown as it stands."""
    row = unit.run(_PAGE, {"version": version}).first()
    if row is None:
        return None
    word = vouching.for_notice_page(unit.secrets, version, digest_of_page(row.kept, row.page_th, row.page_en))
    vouching.require(word, row.vouched, "a notice")
    return KeptPage(row.kept, row.page_th, row.page_en)


def keep_page(unit: Unit, page_th: str, page_en: str) -> None:
    """Keeps the whole notice as it reads now, since the caller has had it `hold_still`. Where it reads otherwise than under the newest version, that is a new version.

    So every case's version says all that its reporter could read. Nothing is kept before a notice is published. Raises Refused where the
    words are not those that somebody published: kept, they would become the system's own.
    """
    newest = notice(unit)
    if newest is None:
        return
    _require_published(unit, newest)
    version, known = newest.version, page_of(unit, newest.version)
    if known is not None and (known.page_th, known.page_en) == (page_th, page_en):
        return
    if known is not None:
        version = _store(unit, newest.text_th, newest.text_en)
        digest = digest_of_notice(version, unit.today, newest.text_th, newest.text_en)
        unit.enter(Event.NOTICE_RENEWED, subject=str(version), digest=digest)
    digest = digest_of_page(unit.today, page_th, page_en)
    word = vouching.for_notice_page(unit.secrets, version, digest)
    unit.session.add(NoticePage(version=version, kept=unit.today, page_th=page_th, page_en=page_en, vouched=word))
    unit.session.flush()
    unit.enter(Event.NOTICE_KEPT, subject=str(version), digest=digest)


def _require_published(unit: Unit, text: PublishedText) -> None:
    """Raises Refused when neither the access log, by entries of its tree, nor an entry of this unit says that this was published."""
    number = str(text.version)
    told: list[Mapping[str, str]] = []
    told += [entry.fields for entry in unit.entries if entry.event in _PUBLISHED and entry.fields["subject"] == number]
    for event in _PUBLISHED:
        told += log_word.page(unit, event=event, subject=number)[0]
    digest = digest_of_notice(text.version, text.published, text.text_th, text.text_en)
    if not any(fields.get("digest", digest) == digest for fields in told):  # an entry of an older program says none
        raise Refused("a notice that was changed past the system")


def announced(unit: Unit) -> PublishedText | None:
    """The newest version, while it is announced; never the first, which changes nothing for anybody."""
    newest = notice(unit)
    return newest if newest and newest.version > 1 and unit.today - newest.published <= ANNOUNCED else None


def digest_of_page(kept: date, page_th: str, page_en: str) -> str:
    """Hex SHA-256 over the day and both pages: what the access log holds of them."""
    return sha256(encode_parts(kept.isoformat().encode(), page_th.encode(), page_en.encode())).hexdigest()


def digest_of_notice(version: int, published: date, text_th: str, text_en: str) -> str:
    """Hex SHA-256 over a version, its day and both texts: what the access log holds of it."""
    parts = (version.to_bytes(4, "big"), published.isoformat().encode(), text_th.encode(), text_en.encode())
    return sha256(encode_parts(*parts)).hexdigest()


def check_texts(texts: dict[str, str], limit: int) -> None:
    """Raises Invalid naming each text that is "missing" or "too-long"."""
    problems = {key: "missing" for key, text in texts.items() if not text}
    problems |= {key: "too-long" for key, text in texts.items() if len(text) > limit}
    if problems:
        raise Invalid(problems)
