"""Comments on the notice (policy 7.2): from nobody in particular, sealed to a few, answered in public by the next version of the notice.

There is no receipt: nobody can be asked back, and nobody can be found. A comment goes to the leads and first readers of the channel that
stands in for others, or of the first there is. Whoever can write to the database could write a comment, as anybody can; what they alter or
take away shows in `complaints check`.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from complaints.errors import Conflict, Denied, Invalid, NotFound, NotReady, Refused
from complaints.models import Base
from complaints.policy import Staff
from complaints.services import organisation, rosters, routing
from complaints.services.keys import SessionKeys
from complaints.services.rosters import KnownChannel, Member
from complaints.services.unit import Unit
from complaints.vocabulary import CommentState, Duty, Event
from crypto import Context, CryptoError, PublicKey, SecretKey, encode_parts, open_field, seal_field, unwrap, wrap

LIMIT = 4_000
"""Characters."""

WAITING_LIMIT = 500
"""Comments that may wait unsettled. Beyond that the next is refused, and its writer told: no flood fills the disk."""

PAGE_SIZE = 20

_TABLES = Base.metadata.tables
_COMMENT, _GRANT = _TABLES["comment"], _TABLES["comment_grant"]
_OPEN = (CommentState.WAITING.value, CommentState.TAKEN_UP.value)
_COUNT_OPEN = select(func.count()).where(_COMMENT.c.state.in_(_OPEN))
_INSERT, _INSERT_GRANTS = insert(_COMMENT), insert(_GRANT)
_MINE = (
    select(_COMMENT, _GRANT.c.envelope)
    .join(_GRANT, _GRANT.c.comment_id == _COMMENT.c.id)
    .where(_GRANT.c.account_id == bindparam("account"), _COMMENT.c.state == bindparam("wanted"))
    .order_by(_COMMENT.c.received, _COMMENT.c.id)
    .limit(bindparam("size"))
)
_COUNT_MINE = (
    select(_COMMENT.c.state, func.count())
    .join(_GRANT, _GRANT.c.comment_id == _COMMENT.c.id)
    .where(_GRANT.c.account_id == bindparam("account"))
    .group_by(_COMMENT.c.state)
)
_FIND_MINE = (
    select(_COMMENT.c.id, _COMMENT.c.state)
    .join(_GRANT, _GRANT.c.comment_id == _COMMENT.c.id)
    .where(_GRANT.c.account_id == bindparam("account"), _COMMENT.c.id == bindparam("comment"))
)
_MARK_READ = update(_COMMENT).where(_COMMENT.c.id == bindparam("comment"), _COMMENT.c.read.is_(None))
_TAKE_UP = (
    update(_COMMENT)
    .where(_COMMENT.c.id == bindparam("comment"), _COMMENT.c.state == CommentState.WAITING.value)
    .values(state=CommentState.TAKEN_UP.value, taken_up_under=bindparam("version"))
)
_SETTLE = (
    update(_COMMENT)
    .where(_COMMENT.c.id == bindparam("comment"), _COMMENT.c.state.in_(_OPEN))
    .values(state=CommentState.SETTLED.value, text=None)
)
_TAKE_GRANTS = delete(_GRANT).where(_GRANT.c.comment_id == bindparam("comment"))
_READ = select(func.count()).where(_COMMENT.c.read.is_not(None))
_TAKEN_UP = (
    select(_COMMENT.c.taken_up_under, func.count())
    .where(_COMMENT.c.taken_up_under.is_not(None))
    .group_by(_COMMENT.c.taken_up_under)
)


@dataclass(frozen=True, slots=True)
class SealedComment:
    """A comment as it is stored."""

    id: bytes
    notice_version: int
    key_id: bytes
    text: bytes
    grants: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Readers:
    """Who reads comments: the members of this channel's roster who receive its reports."""

    channel: KnownChannel
    members: tuple[Member, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CommentLine:
    """A comment that was opened. `text` None: it does not open, or its words were altered."""

    id: bytes
    received: date
    notice_version: int
    text: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class CommentPage:
    """The oldest comments of one state that the actor holds keys to, opened."""

    lines: tuple[CommentLine, ...]
    counts: Mapping[CommentState, int]


@dataclass(frozen=True, slots=True)
class PublicCount:
    """What everybody is told: how many comments have been read, and how many each version of the notice takes up.

    Not how many have arrived: somebody who watches that number would learn when.
    """

    read: int
    taken_up: Mapping[int, int]


def readers(unit: Unit) -> Readers:
    """Raises NotReady when nobody can receive a comment."""
    ready = routing.ready_accounts(unit)
    channels = rosters.channels(unit)
    standing_in = {channel.fallback_id for channel in channels}
    for channel in sorted(channels, key=lambda channel: channel.id not in standing_in):
        try:
            roster = rosters.current(unit, channel.id)
        except Refused:
            continue  # said aloud to administrators and by `complaints check`
        members = tuple(m for m in roster.members if m.duty is not Duty.MEMBER and routing.is_ready(m, ready))
        if members:
            return Readers(channel, members, tuple(ready[member.account].display_name for member in members))
    raise NotReady("no channel can receive a comment")


def seal(unit: Unit, comment_id: bytes, text: str) -> SealedComment:
    """The words sealed to whoever reads comments now. Reads only. Raises Invalid ("missing", "too-long"), NotReady."""
    text = text.strip()
    if not text:
        raise Invalid({"comment": "missing"})
    if len(text) > LIMIT:
        raise Invalid({"comment": "too-long"})
    key = SecretKey.generate()
    grants = {
        member.account: wrap(
            key, PublicKey.from_bytes(member.work), _grant_context(comment_id, key.key_id, member.account)
        )
        for member in readers(unit).members
    }
    sealed = seal_field(text.encode(), key, _context(comment_id, key.key_id))
    newest = organisation.notice(unit)
    return SealedComment(comment_id, newest.version if newest else 0, key.key_id, sealed, grants)


def receive(unit: Unit, sealed: SealedComment) -> None:
    """Stores it; the same form again stores nothing. Raises Conflict while too many wait."""
    if unit.run(_COUNT_OPEN).scalar_one() >= WAITING_LIMIT:
        raise Conflict("too many comments wait")
    row = {
        "id": sealed.id,
        "received": unit.today,
        "notice_version": sealed.notice_version,
        "key_id": sealed.key_id,
        "text": sealed.text,
        "state": CommentState.WAITING,
        "read": None,
        "taken_up_under": None,
    }
    try:
        with unit.session.connection().begin_nested():
            unit.run(_INSERT, row)
    except IntegrityError:
        return
    unit.run(
        _INSERT_GRANTS,
        [{"comment_id": sealed.id, "account_id": who, "envelope": sealed.grants[who]} for who in sealed.grants],
    )
    digest = digest_of(sealed.id, unit.today, sealed.notice_version, sealed.key_id, sealed.text, sealed.grants)
    unit.enter_later(Event.COMMENT_RECEIVED, role="visitor", subject=f"comment:{sealed.id.hex()}", digest=digest)


def digest_of(
    comment_id: bytes, received: date, version: int, key_id: bytes, text: bytes, grants: Mapping[bytes, bytes]
) -> str:
    """Hex SHA-256 over everything a comment was stored with: what the access log holds of it."""
    wrapped = [encode_parts(who, grants[who]) for who in sorted(grants)]
    day, number = received.isoformat().encode(), version.to_bytes(4, "big")
    return hashlib.sha256(encode_parts(comment_id, day, number, key_id, text, *wrapped)).hexdigest()


def read(unit: Unit, actor: Staff, keys: SessionKeys, state: CommentState) -> CommentPage:
    """Opens the oldest comments of this state, PAGE_SIZE at most, and enters which. Raises Denied for whoever does not read comments."""
    _require_reader(unit, actor)
    rows = unit.run(_MINE, {"account": actor.account, "wanted": state, "size": PAGE_SIZE}).all()
    lines = []
    for row in rows:
        unit.run(_MARK_READ.values(read=unit.today), {"comment": row.id})
        text = _open(actor, keys, row.id, row.key_id, row.envelope, row.text)
        lines.append(CommentLine(row.id, row.received, row.notice_version, text))
    if lines:
        unit.enter(Event.COMMENT_READ, actor, subject=_subject([line.id for line in lines]))
    counts = {CommentState(name): count for name, count in unit.run(_COUNT_MINE, {"account": actor.account})}
    return CommentPage(tuple(lines), counts)


def decide(unit: Unit, actor: Staff, ids: Collection[bytes], state: CommentState) -> int:
    """Takes comments up, or settles them: then their words go. Returns how many; one that somebody settled meanwhile does not count.

    Raises Denied, NotFound for one that is not theirs, Conflict when none was left.
    """
    _require_reader(unit, actor)
    newest = organisation.notice(unit)
    done = []
    for comment in sorted(ids):
        if unit.run(_FIND_MINE, {"account": actor.account, "comment": comment}).first() is None:
            if not _is_settled(unit, comment):
                raise NotFound
            continue
        if state is CommentState.TAKEN_UP:
            changed = unit.run(_TAKE_UP, {"comment": comment, "version": newest.version if newest else 0}).rowcount
        else:
            changed = unit.run(_SETTLE, {"comment": comment}).rowcount
            unit.run(_TAKE_GRANTS, {"comment": comment})
        if changed:
            done.append(comment)
    if not done:
        raise Conflict("somebody else was first")
    unit.enter(Event.COMMENT_DECIDED, actor, subject=_subject(done), reason=state)
    return len(done)


def public_count(unit: Unit) -> PublicCount:
    """By the version that takes them up: the one after that under which it was decided."""
    taken_up = Counter({under + 1: count for under, count in unit.run(_TAKEN_UP)})
    return PublicCount(unit.run(_READ).scalar_one(), taken_up)


def is_reader(unit: Unit, actor: Staff) -> bool:
    return actor.account in {member.account for member in readers(unit).members}


def _require_reader(unit: Unit, actor: Staff) -> None:
    if not is_reader(unit, actor):
        raise Denied("only those who receive them read comments")


def _is_settled(unit: Unit, comment: bytes) -> bool:
    state = unit.run(select(_COMMENT.c.state).where(_COMMENT.c.id == comment)).scalar()
    return state == CommentState.SETTLED


def _open(
    actor: Staff, keys: SessionKeys, comment: bytes, key_id: bytes, envelope: bytes, text: bytes | None
) -> str | None:
    try:
        key = unwrap(envelope, keys.work, _grant_context(comment, key_id, actor.account))
        return open_field(text or b"", key, _context(comment, key_id)).decode()
    except (CryptoError, ValueError):
        return None


def _subject(ids: Sequence[bytes]) -> str:
    return " ".join(f"comment:{comment.hex()}" for comment in ids)


def _context(comment: bytes, key_id: bytes) -> Context:
    return Context("comment", key_id=key_id, record=comment)


def _grant_context(comment: bytes, key_id: bytes, recipient: bytes) -> Context:
    return Context("comment grant", case=comment, key_id=key_id, record=recipient)
