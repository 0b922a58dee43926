"""The undertaking of confidentiality: its versions, and who has signed which. Whoever has not signed the newest reads nothing.

For some days whoever signed a version that it replaced still receives: no administrator alone stops all reports by publishing a text.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from sqlalchemy import bindparam, delete, func, select

from complaints.models import Base, Undertaking, UndertakingSignature
from complaints.policy import Staff
from complaints.services import organisation
from complaints.services.unit import AnyRow, Unit
from complaints.vocabulary import Event
from crypto import BadSignature, Malformed, SigningKey, VerifyKey, encode_parts

_TABLES = Base.metadata.tables
_ACCOUNT, _TEXT, _SIGNATURE = (_TABLES[name] for name in ("account", "undertaking", "undertaking_signature"))
_NEWEST_TEXT = select(_TEXT).order_by(_TEXT.c.version.desc()).limit(1)
_TEXTS = select(_TEXT).order_by(_TEXT.c.version)
_SIGNATURES = (
    select(_SIGNATURE.c.account_id, _SIGNATURE.c.signature, _ACCOUNT.c.verify_public)
    .join(_ACCOUNT, _ACCOUNT.c.id == _SIGNATURE.c.account_id)
    .where(_SIGNATURE.c.version == bindparam("version"))
)


STILL_RECEIVING = timedelta(days=14)
"""After a version was replaced, how long new reports are sealed to those who signed it and not the next."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed which version when, as it is stored; the check holds it against the access log."""

    version: int
    account: bytes
    name: str
    signed: date


def publish(unit: Unit, *, version: int, text_th: str, text_en: str) -> None:
    """A version, not entered in the log."""
    unit.session.add(Undertaking(version=version, published=unit.today, text_th=text_th, text_en=text_en))
    unit.session.flush()
    unit.known.clear()


def publish_next(unit: Unit, actor: Staff, *, text_th: str, text_en: str) -> int:
    """The next version, by an administrator, entered: everybody signs anew. Raises Invalid ("missing", "too-long")."""
    th, en = text_th.strip(), text_en.strip()
    organisation.check_texts({"text_th": th, "text_en": en}, organisation.TEXT_LIMIT)
    version = (unit.session.scalar(select(func.max(Undertaking.version))) or 0) + 1
    publish(unit, version=version, text_th=th, text_en=en)
    digest = digest_of(version, th, en)
    unit.enter(Event.UNDERTAKING_PUBLISHED, actor, subject=str(version), digest=digest)
    return version


def newest(unit: Unit) -> AnyRow | None:
    """`version`, `published`, `text_th` and `text_en` of the newest; None before one is published."""
    return unit.once("newest undertaking", lambda: unit.run(_NEWEST_TEXT).first())


def statement_of(version: int, text_th: str, text_en: str) -> bytes:
    """What is signed: the version and both texts."""
    return encode_parts(version.to_bytes(4, "big"), text_th.encode(), text_en.encode())


def digest_of(version: int, text_th: str, text_en: str) -> str:
    """Hex SHA-256 of what is signed: what the access log holds of a version."""
    return hashlib.sha256(statement_of(version, text_th, text_en)).hexdigest()


def sign(unit: Unit, signer: Staff, signing: SigningKey, version: int) -> None:
    """Records that `signer` signed this version, today; in place of what they signed with keys that are lost, if they did."""
    text = unit.session.get_one(Undertaking, version)
    own = (UndertakingSignature.version == version, UndertakingSignature.account_id == signer.account)
    unit.session.execute(delete(UndertakingSignature).where(*own))
    statement = statement_of(version, text.text_th, text.text_en)
    unit.session.add(
        UndertakingSignature(
            version=version,
            account_id=signer.account,
            signed=unit.today,
            signature=signing.sign(statement, "undertaking"),
        )
    )
    unit.known.clear()
    unit.enter(Event.UNDERTAKING_SIGNED, signer, subject=str(version))


def is_bound(unit: Unit, account: bytes) -> bool:
    """Whether the account has signed the newest undertaking. Nobody is asked to before one is published."""
    return newest(unit) is None or account in who_signed(unit)


def who_signed(unit: Unit) -> frozenset[bytes]:
    """The accounts whose signature under the newest undertaking is there. Empty before one is published."""
    return unit.once("undertaking", lambda: _who_signed(unit))


def _who_signed(unit: Unit) -> frozenset[bytes]:
    text = newest(unit)
    return _signers(unit, text) if text is not None else frozenset()


def receiving_until(unit: Unit) -> Mapping[bytes, date]:
    """Who has not signed the newest undertaking and receives still, for they signed one that was replaced not long ago: the last day of that.

    They read nothing of it before they have signed.
    """
    return unit.once("undertaking before", lambda: _receiving_until(unit))


def _receiving_until(unit: Unit) -> dict[bytes, date]:
    last = newest(unit)
    if last is None or last.version == 1 or unit.today > last.published + STILL_RECEIVING:
        return {}  # as nearly always, and then it costs a report nothing
    until: dict[bytes, date] = {}
    for text, following in pairwise(unit.run(_TEXTS).all()):
        if following.published <= unit.today <= following.published + STILL_RECEIVING:
            until |= dict.fromkeys(_signers(unit, text), following.published + STILL_RECEIVING)
    return {account: last for account, last in until.items() if account not in who_signed(unit)}


def _signers(unit: Unit, text: AnyRow) -> frozenset[bytes]:
    rows = unit.run(_SIGNATURES, {"version": text.version})
    statement = statement_of(text.version, text.text_th, text.text_en)
    return frozenset(account for account, signature, verify in rows if _signed(signature, statement, verify))


@lru_cache(maxsize=1024)
def _signed(signature: bytes, statement: bytes, verify: bytes) -> bool:
    try:
        VerifyKey.from_bytes(verify).verify(signature, statement, "undertaking")
    except (BadSignature, Malformed):
        return False
    return True


def signatures(unit: Unit, account: bytes | None = None) -> list[Signature]:
    """By everybody, or by `account`: the newest version first, then by name. What was signed under an earlier one is kept."""
    columns = (_SIGNATURE.c.version, _SIGNATURE.c.account_id, _ACCOUNT.c.display_name, _SIGNATURE.c.signed)
    query = select(*columns).join(_ACCOUNT, _ACCOUNT.c.id == _SIGNATURE.c.account_id)
    if account is not None:
        query = query.where(_SIGNATURE.c.account_id == account)
    rows = unit.run(query.order_by(_SIGNATURE.c.version.desc(), _ACCOUNT.c.display_name, _ACCOUNT.c.id))
    return [Signature(*row) for row in rows]
