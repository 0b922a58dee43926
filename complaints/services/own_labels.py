"""What a reader makes of their own list: which cases are theirs to look after, and what they call each, sealed to themself alone.

A label is the reader's own words, so nothing of a case is opened with it, and the access log says nothing of it. Whoever writes to the
database can take a label away or put an older one back, and can read or make none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import bindparam, select, update

from complaints.errors import Invalid
from complaints.models import Base
from complaints.policy import Staff
from complaints.services import casework
from complaints.services.keys import SessionKeys
from complaints.services.unit import Unit
from crypto import Context, CryptoError, SecretKey, open_field, seal_field

LIMIT = 40
"""Characters."""
OPENED = 200
"""How many labelled cases are looked through at most, the newest first: so many open within some milliseconds."""
_SIZE = 256
"""Bytes that every label is padded to: 40 characters are 160 bytes at most."""
_TAG_BYTES = 8

_LINE = Base.metadata.tables["caseload"]
_MINE = _LINE.c.account_id == bindparam("account")
_LABELLED = (
    select(_LINE.c.case_id, _LINE.c.label)
    .where(_MINE, _LINE.c.label.is_not(None))
    .order_by(_LINE.c.received.desc(), _LINE.c.case_id.desc())
    .limit(OPENED)
)
_ONE = select(_LINE.c.mine, _LINE.c.label).where(_MINE, _LINE.c.case_id == bindparam("case"))
_SET = (
    update(_LINE)
    .where(_LINE.c.account_id == bindparam("owner"), _LINE.c.case_id == bindparam("of"))
    .values(mine=bindparam("chosen"), label=bindparam("sealed"))
)


@dataclass(frozen=True, slots=True)
class OwnMark:
    """What the reader has made of one case."""

    mine: bool
    label: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnLabels:
    """The reader's labels by case, of the newest they gave one."""

    by_case: Mapping[bytes, str] = field(repr=False)
    by_tag: Mapping[str, str] = field(repr=False)
    """Each label once, in alphabetical order, by what stands for it in an address: the words themselves never do."""

    def cases(self, tag: str) -> list[bytes]:
        """The cases that bear the label of this tag; none for a tag that nothing has."""
        wanted = self.by_tag.get(tag)
        return [case for case, label in self.by_case.items() if label == wanted]


def of_reader(unit: Unit, actor: Staff, keys: SessionKeys) -> OwnLabels:
    rows = unit.run(_LABELLED, {"account": actor.account}).all()
    if not rows:
        return OwnLabels({}, {})
    key = keys.work.own_key()
    opened = {row.case_id: _open(key, actor.account, row.case_id, row.label) for row in rows}
    by_case = {case: label for case, label in opened.items() if label}
    return OwnLabels(by_case, {_tag(key, label): label for label in sorted(set(by_case.values()))})


def mark_of(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes) -> OwnMark:
    """Raises NotFound for whoever has no line for the case."""
    row = unit.run(_ONE, {"account": actor.account, "case": case_id}).first()
    if row is None:
        raise casework.not_found(actor, case_id)
    label = _open(keys.work.own_key(), actor.account, case_id, row.label) if row.label else ""
    return OwnMark(row.mine, label)


def mark(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, wanted: OwnMark) -> None:
    """Says whether the case is the actor's to look after, and what they call it; an empty label takes the one before away.

    Raises NotFound, Invalid (too-long).
    """
    label = " ".join(wanted.label.split())
    if len(label) > LIMIT:
        raise Invalid({"label": "too-long"})
    key = keys.work.own_key()
    sealed = None
    if label:
        sealed = seal_field(label.encode(), key, _context(key, actor.account, case_id), size=_SIZE)
    values = {"owner": actor.account, "of": case_id, "chosen": wanted.mine, "sealed": sealed}
    if unit.run(_SET, values).rowcount != 1:
        raise casework.not_found(actor, case_id)


def _open(key: SecretKey, account: bytes, case: bytes, sealed: bytes) -> str:
    """Empty for what does not open: an account with new keys has lost its labels, and nothing else."""
    try:
        return open_field(sealed, key, _context(key, account, case)).decode()
    except CryptoError:
        return ""


def _context(key: SecretKey, account: bytes, case: bytes) -> Context:
    return Context("own label", case=case, key_id=key.key_id, record=account)


def _tag(key: SecretKey, label: str) -> str:
    """16 hexadecimal digits that say nothing to whoever has not the reader's own key."""
    return key.derive(b"complaints/own-label/1", label.encode())[:_TAG_BYTES].hex()
