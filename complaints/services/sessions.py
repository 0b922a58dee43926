"""Sessions of staff and of reporters, in one table.

A row is found by a hash of the cookie's token and opens with the token alone, so neither the database nor a cookie is
enough. Both sealed parts are bound to the row's lookup and owner: moved, or given another owner, they do not open.
When a session began and was last used is read from inside the seal, so a row's clear times cannot lengthen it.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from secrets import token_hex
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from complaints.config import Secrets
from complaints.errors import NotFound
from complaints.models import Base, SessionRow
from complaints.policy import Reporter, Staff
from complaints.services.keys import SessionKeys
from complaints.services.unit import Unit
from complaints.vocabulary import Assurance
from crypto import Context, CryptoError, SessionToken

IDLE = timedelta(minutes=30)
"""Without a request for longer than this, a session is over."""

ABSOLUTE = timedelta(hours=12)
"""However busy, no session lasts longer."""

_TOUCH = timedelta(minutes=1)


class Ended(Exception):
    """Somebody ended the session while its request was on its way."""


_SESSION = Base.metadata.tables["session"]
_SWEEP = delete(_SESSION).where(_SESSION.c.expires < bindparam("now"))
_FIND = select(_SESSION.c.account_id, _SESSION.c.case_id, _SESSION.c.seeds, _SESSION.c.data).where(
    _SESSION.c.lookup == bindparam("lookup")
)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A live session: whose it is, and what the web layer keeps in it. `account` or `case` is set, never both."""

    token: SessionToken = field(repr=False)
    account: bytes | None
    case: bytes | None
    data: dict[str, Any] = field(repr=False)
    started: datetime
    seen: datetime
    seeds: bytes = field(repr=False)
    """Still sealed."""
    secrets: Secrets = field(repr=False)

    def keys(self) -> SessionKeys:
        """The work and signing keys, unsealed anew at each call. Raises CannotOpen when the row was tampered with."""
        lookup = self.token.lookup()
        return SessionKeys.from_seeds(
            self.token.open(self.seeds, _context(self.secrets, "session seeds", lookup, self.account, self.case))
        )

    def is_due(self, now: datetime) -> bool:
        """Whether `touch` should note that the session is in use."""
        return now - self.seen >= _TOUCH


def begin(
    unit: Unit,
    owner: Staff | Reporter,
    keys: SessionKeys,
    assurance: Assurance = Assurance.GIVEN,
    source: bytes = b"",
) -> SessionToken:
    """Stores a new session and returns its token, which goes into the cookie and nowhere else. Sweeps what has expired.

    It begins with a random value for its forms to prove themselves by, so that no page has to write one later, and with the `source` under
    which the try to sign in counted (`backoff.source_of`): what is mistaken of its second factor counts there too.
    """
    account = owner.account if isinstance(owner, Staff) else None
    case = owner.case if isinstance(owner, Reporter) else None
    token = SessionToken.generate()
    lookup = token.lookup()
    data = {"csrf_token": token_hex(32), "assurance": assurance.value, "source": source.hex()}
    sweep(unit)
    unit.session.execute(
        insert(SessionRow),
        [
            {
                "lookup": lookup,
                "account_id": account,
                "case_id": case,
                "seeds": token.seal(
                    keys.export_seeds(), _context(unit.secrets, "session seeds", lookup, account, case)
                ),
                "data": _seal_data(unit.secrets, token, account, case, data, unit.now, unit.now),
                "last_seen": unit.now if account else None,
                "expires": unit.now + ABSOLUTE if account else _end_of_day(unit.today),
            }
        ],
    )
    return token


def sweep(unit: Unit) -> int:
    """Removes what has expired. Returns how many."""
    return unit.run(_SWEEP, {"now": unit.now}).rowcount


def find(unit: Unit, token: SessionToken, now: datetime) -> OpenSession | None:
    """The session of this token; None when there is none, it has expired, or its row does not open."""
    lookup = token.lookup()
    row = unit.run(_FIND, {"lookup": lookup}).first()
    if row is None:
        return None
    try:
        content = json.loads(
            token.open(row.data, _context(unit.secrets, "session data", lookup, row.account_id, row.case_id))
        )
    except CryptoError:
        return None
    started, seen = (datetime.fromisoformat(content[name]) for name in ("started", "seen"))
    if now - seen > IDLE or now - started >= ABSOLUTE:
        return None
    return OpenSession(token, row.account_id, row.case_id, content["data"], started, seen, row.seeds, unit.secrets)


def save(unit: Unit, opened: OpenSession, data: dict[str, Any]) -> None:
    """Replaces what the web layer keeps; also notes that the session is in use. Nothing happens if it has ended meanwhile."""
    values: dict[str, Any] = {
        "data": _seal_data(unit.secrets, opened.token, opened.account, opened.case, data, opened.started, unit.now)
    }
    if opened.account:
        values["last_seen"] = unit.now
    unit.session.execute(update(SessionRow).where(SessionRow.lookup == opened.token.lookup()).values(values))


def touch(unit: Unit, opened: OpenSession) -> None:
    """Notes that the session is in use. Callers ask `is_due` first: once a minute is enough."""
    save(unit, opened, opened.data)


def require_to_the_end(unit: Unit, opened: OpenSession) -> None:
    """Whatever the unit does comes to nothing, with Ended, when somebody else ends this session before it commits.

    Whoever suspends an account, takes its roles, factors or keys, or recovers it, ends its sessions and enters that. Entries are made
    under one lock, and this is asked under it: such an act has been committed by then and is seen, or is committed after, and undoes.
    """
    unit.last[opened.token.lookup(), opened.account] = lambda: _require(unit, opened)


def _require(unit: Unit, opened: OpenSession) -> None:
    if unit.run(_FIND, {"lookup": opened.token.lookup()}).first() is None:
        raise Ended


def _ends_itself(unit: Unit, *, lookup: bytes | None = None, account: bytes | None = None) -> None:
    """What this unit ends is asked for now, and not again."""
    for own, owner in list(unit.last):
        if own == lookup or (account is not None and owner == account):
            unit.last.pop((own, owner))()


def end(unit: Unit, token: SessionToken) -> None:
    _ends_itself(unit, lookup=token.lookup())
    unit.session.execute(delete(SessionRow).where(SessionRow.lookup == token.lookup()))


def begin_and_end(unit: Unit) -> None:
    """Writes a session of nobody's and takes it away again: a commit as dear as any, which leaves nothing behind."""
    lookup = SessionToken.generate().lookup()
    unit.session.execute(insert(SessionRow), [{"lookup": lookup, "seeds": b"", "data": b"", "expires": unit.now}])
    unit.session.execute(delete(SessionRow).where(SessionRow.lookup == lookup))


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session of an account's, as its owner sees it. `here`: the one that asks."""

    lookup: bytes
    begun: datetime
    last_seen: datetime
    here: bool


def list_own(unit: Unit, opened: OpenSession) -> tuple[SessionLine, ...]:
    """Those that are still alive, the last used first. The clear times alone: whoever writes to the database can change these."""
    rows = unit.session.execute(
        select(SessionRow.lookup, SessionRow.expires, SessionRow.last_seen)
        .where(SessionRow.account_id == opened.account, SessionRow.expires > unit.now)
        .where(SessionRow.last_seen > unit.now - IDLE)
        .order_by(SessionRow.last_seen.desc(), SessionRow.lookup)
    )
    here = opened.token.lookup()
    return tuple(SessionLine(row.lookup, row.expires - ABSOLUTE, row.last_seen, row.lookup == here) for row in rows)


def end_one(unit: Unit, opened: OpenSession, lookup: bytes) -> None:
    """Ends one session of the same account. Raises NotFound when it has none such."""
    _ends_itself(unit, lookup=lookup)
    own = (SessionRow.lookup == lookup, SessionRow.account_id == opened.account)
    done = unit.session.execute(delete(SessionRow).where(*own))
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound


def end_others(unit: Unit, opened: OpenSession) -> None:
    """Signs an account out everywhere but here."""
    here = SessionRow.lookup == opened.token.lookup()
    unit.session.execute(delete(SessionRow).where(SessionRow.account_id == opened.account, ~here))


def end_all(unit: Unit, account: bytes) -> None:
    """Signs an account out everywhere: from the next request on, and from those on which a passphrase is being tried."""
    _ends_itself(unit, account=account)
    unit.session.execute(delete(SessionRow).where(SessionRow.account_id == account))


def _context(secrets: Secrets, purpose: str, lookup: bytes, account: bytes | None, case: bytes | None) -> Context:
    """`record` is lookup (32) ‖ owner (16); `field` says which kind of owner.

    `key_id` is the server's word for both (its first 16 bytes): whoever writes to the database can draw a token of their own and seal a
    session under it, but not one that this server would open.
    """
    owner = (account or b"") + (case or b"")
    return Context(
        purpose=purpose,
        key_id=secrets.vouch("session", lookup, owner)[:16],
        record=lookup + owner,
        field="account" if account else "case",
    )


def _seal_data(
    secrets: Secrets,
    token: SessionToken,
    account: bytes | None,
    case: bytes | None,
    data: dict[str, Any],
    started: datetime,
    seen: datetime,
) -> bytes:
    content = {"data": data, "started": started.isoformat(), "seen": seen.isoformat()}
    return token.seal(json.dumps(content).encode(), _context(secrets, "session data", token.lookup(), account, case))


def _end_of_day(day: date) -> datetime:
    """When a reporter's row may be swept: a midnight well after the session is over, so that it tells the day alone."""
    return datetime.combine(day + timedelta(days=2), time.min, tzinfo=UTC)
