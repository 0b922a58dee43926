"""Drafts: a reply that its writer has not sent yet, one for each case, sealed under their own key.

Nobody else reads it, whatever keys of the case they hold, and the access log says nothing of it: nothing of a case is opened with it, and
nothing is sent. Whoever writes to the database can take a draft away or put an older one back.
"""

from sqlalchemy import bindparam, delete, insert, select

from complaints.models import Base
from complaints.policy import Staff
from complaints.services.keys import SessionKeys
from complaints.services.unit import Unit
from crypto import Context, CryptoError, SecretKey, open_field, seal_field

_DRAFT = Base.metadata.tables["draft"]
_OWN = (_DRAFT.c.account_id == bindparam("account"), _DRAFT.c.case_id == bindparam("case"))
_FIND = select(_DRAFT.c.value).where(*_OWN)
_FORGET = delete(_DRAFT).where(*_OWN)
_INSERT = insert(_DRAFT)


def read(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes) -> str:
    """Empty when there is none, or one that does not open: an account with new keys has lost its drafts."""
    sealed = unit.run(_FIND, {"account": actor.account, "case": case_id}).scalar()
    if sealed is None:
        return ""
    key = keys.work.own_key()
    try:
        return open_field(sealed, key, _context(key, actor.account, case_id)).decode()
    except CryptoError:
        return ""


def keep(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, text: str) -> None:
    """In place of the one before; an empty one takes it away. The actor's line for the case must be there."""
    drop(unit, actor, case_id)
    if text.strip():
        key = keys.work.own_key()
        sealed = seal_field(text.encode(), key, _context(key, actor.account, case_id))
        unit.run(_INSERT, {"account_id": actor.account, "case_id": case_id, "value": sealed})


def drop(unit: Unit, actor: Staff, case_id: bytes) -> None:
    unit.run(_FORGET, {"account": actor.account, "case": case_id})


def _context(key: SecretKey, account: bytes, case: bytes) -> Context:
    return Context("own draft", case=case, key_id=key.key_id, record=account)
