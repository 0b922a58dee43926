"""Units of work: one database transaction, the day it happens on, and what the access log is to say of it."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, CursorResult, Executable, Row
from sqlalchemy.orm import Session

from complaints import clock
from complaints.config import Secrets
from complaints.database import Database
from complaints.policy import Staff
from complaints.services.access_log import AccessLog, Entry
from complaints.vocabulary import Event

T = TypeVar("T")
AnyRow = Row[*tuple[Any, ...]]
Values = Mapping[str, Any] | Sequence[Mapping[str, Any]]


@dataclass
class Unit:
    """What a service works in. Services read and write through `session` and never commit."""

    session: Session
    secrets: Secrets
    today: date
    now: datetime
    writable: bool
    entries: list[Entry] = field(default_factory=list)
    queued: list[Entry] = field(default_factory=list)
    alike: list[tuple[Entry, bool]] = field(default_factory=list)
    known: dict[Hashable, object] = field(default_factory=dict)
    last: dict[tuple[bytes, bytes | None], Callable[[], None]] = field(default_factory=dict)
    """Asked before the commit, when every lock is held, by session and account. Whatever raises has the unit leave no trace."""

    def run(self, statement: Executable, values: Values | None = None) -> CursorResult[*tuple[Any, ...]]:
        """Runs a statement on tables, prepared when its module was loaded: a fifth of the price of making it anew and of objects for its rows."""
        self.session.flush()
        return self._connection.execute(statement, values)

    @contextmanager
    def attempting(self) -> Iterator[None]:
        """Where a statement may fail and the unit goes on. SQLite takes back such a statement by itself, PostgreSQL needs to be told where to."""
        if self._connection.dialect.name == "sqlite":
            yield
            return
        with self._connection.begin_nested():
            yield

    @cached_property
    def _connection(self) -> Connection:
        """The transaction's: the same from its beginning to its end."""
        return self.session.connection()

    def enter(self, event: Event, actor: Staff | None = None, /, **fields: str) -> None:
        """Has the access log say this, last in the same transaction. `fields`: see `access_log.FIELDS`; ids as hex."""
        self._must_be_writable()
        if actor is not None:
            fields |= {"actor": actor.account.hex(), "role": " ".join(sorted(actor.roles))}
        moment = {"day": self.today.isoformat(), "time": self.now.strftime("%Y-%m-%dT%H:%MZ")}
        self.entries.append(Entry(event, moment | fields))

    def enter_alike(self, event: Event, /, *, kept: bool, **fields: str) -> None:
        """Does all that entering takes, and leaves an entry if it is `kept`: where how long an answer takes must not tell whether there is one."""
        self._must_be_writable()
        moment = {"day": self.today.isoformat(), "time": self.now.strftime("%Y-%m-%dT%H:%MZ")}
        self.alike.append((Entry(event, moment | fields), kept))

    def enter_later(self, event: Event, **fields: str) -> None:
        """The same for what a reporter causes: bears the day alone, and joins the log in random order when the day has ended."""
        self._must_be_writable()
        self.queued.append(Entry(event, {"day": self.today.isoformat()} | fields))

    def once(self, key: Hashable, find: Callable[[], T]) -> T:
        """What `find` returned the first time in this unit: for public facts that many steps of one transaction verify anew. Never keys."""
        if key not in self.known:
            self.known[key] = find()
        return cast("T", self.known[key])

    def forget_of(self, id_: bytes) -> None:
        """What was found of this case may be otherwise by now: it is found anew when it is next asked for. Such a key names it second."""
        for key in [key for key in self.known if isinstance(key, tuple) and key[1] == id_]:
            del self.known[key]

    def read_anew(self) -> None:
        """Whatever this unit has read may be otherwise by now: a lock was waited for. Rows that were fetched before are fetched again."""
        self.session.flush()
        self.session.expire_all()
        self.known.clear()

    def _must_be_writable(self) -> None:
        if not self.writable:
            raise RuntimeError("a reading unit cannot write to the access log")


class Units:
    """Opens units on one database."""

    def __init__(
        self,
        database: Database,
        access_log: AccessLog,
        secrets: Secrets,
        *,
        today: Callable[[], date] = clock.today,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.database = database
        self.access_log = access_log
        self.secrets = secrets
        self.today = today
        self.now = now

    @contextmanager
    def reading(self) -> Iterator[Unit]:
        with self.database.reading() as session:
            yield Unit(session, self.secrets, self.today(), self.now(), writable=False)

    @contextmanager
    def writing(self) -> Iterator[Unit]:
        """Commits when the block ends: first what the block did, then the entries, in one transaction. Nothing at all when it raises."""
        with self.database.writing() as session:
            unit = Unit(session, self.secrets, self.today(), self.now(), writable=True)
            yield unit
            session.flush()
            self.access_log.queue(session, unit.queued, unit.today)
            if unit.entries:  # whoever enters nothing waits for no lock of the log's
                self.access_log.append(session, unit.entries, unit.today)
            for entry, kept in unit.alike:
                self.access_log.append_alike(session, entry, kept=kept)
            for ask in unit.last.values():
                ask()
