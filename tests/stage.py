"""An installation in the middle of its work, and somebody who can write to its database.

Found once a session, copied for every test: two cases of one channel, one of them assigned, with everything a case can hold.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InternalError

from complaints.config import Secrets
from complaints.database import Database
from complaints.models import Account, Base, UndertakingSignature
from complaints.services import (
    assignment,
    case_reading,
    casework,
    identity,
    log_reading,
    mailbox,
    rosters,
    vouching,
)
from complaints.services.access_log import AccessLog
from complaints.services.candidates import Candidate
from complaints.services.case_reading import OpenedCase
from complaints.services.check import examine
from complaints.services.identity import OpenedIdentity
from complaints.services.mailbox import Mailbox
from complaints.services.rosters import Roster
from complaints.services.unit import Units
from complaints.services.uploads import StagedFile, StagedUpload
from complaints.vocabulary import AccountState, Duty, Event, OpeningReason
from tests.cast import Cast, Person, Report, found
from tests.intruder import copy_database, intruding, looking

ORIGIN = "https://report.example.org"
FIRST_DAY, SECOND_DAY, THIRD_DAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
EVIDENCE = bytes(range(256)) * 700
"""179,200 bytes: three chunks."""


CANNOT_WRITE = (RuntimeError, InternalError)
"""How a unit that is for reading refuses to write: by itself, or by PostgreSQL."""


@dataclass
class Calendar:
    """The day that it is, for units that are told the time."""

    day: date = FIRST_DAY

    def today(self) -> date:
        return self.day

    def now(self) -> datetime:
        return datetime.combine(self.day, time(3, 30), UTC)


def upload(units: Units, content: bytes, name: str = "CANARY-FILE หลักฐาน.pdf") -> StagedFile:
    arriving = StagedUpload(units, name, "application/pdf", 1_000_000)
    arriving.write(content)
    return arriving.finish()


class Attacker:
    """Somebody who can write to the database and holds no key. No trigger and no foreign key stands in their way."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder

    @property
    def path(self) -> Path:
        """The database's file. Skips the test where there is none."""
        url = make_url(self.url)
        if url.get_backend_name() != "sqlite":
            pytest.skip("looks into the database's file, and PostgreSQL's are not one database's own")
        return Path(url.database or "")

    def run(self, statement: str, *values: object) -> None:
        """Runs one statement. It must change something: an attack that changes nothing would prove nothing."""
        with intruding(self.url) as intruder:
            assert intruder.execute(statement, values).rowcount > 0, "the attack changed nothing"

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with looking(self.url) as intruder:
            return intruder.execute(query, values).fetchall()

    def value(self, query: str, *values: object) -> Any:
        ((value,),) = self.rows(query, *values)
        return value

    def insert(self, table: str, row: Sequence[object]) -> None:
        """A row as `rows("SELECT * FROM …")` gave it."""
        self.run(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", *row)

    def put_back(self, copy: "Attacker", table: str, where: str, *values: object) -> None:
        """Rows as they were in a copy, in place of those there are now."""
        old = copy.rows(f"SELECT * FROM {table} WHERE {where}", *values)
        assert old, "the copy holds no such row"
        if self.rows(f"SELECT 1 FROM {table} WHERE {where}", *values):
            self.run(f"DELETE FROM {table} WHERE {where}", *values)
        for row in old:
            self.insert(table, row)

    def swap(self, table: str, column: str, where: str, one: Sequence[object], other: Sequence[object]) -> None:
        """Exchanges one column's value between two rows."""
        query, change = f"SELECT {column} FROM {table} WHERE {where}", f"UPDATE {table} SET {column} = ? WHERE {where}"
        first, second = self.value(query, *one), self.value(query, *other)
        assert first != second
        self.run(change, second, *one)
        self.run(change, first, *other)

    def copy(self, name: str) -> "Attacker":
        """A copy of the database as it stands. `name`: of the file, where it is one."""
        return Attacker(copy_database(self.url, self.folder, name), self.folder)


@dataclass(frozen=True)
class Stage:
    """The cast at work. `assigned` has a file, messages, a note, and its identity was opened; `waiting` is as it was received.

    `before` is a copy of the database from the evening before the assignment.
    """

    cast: Cast
    access_log: AccessLog
    database: Database
    calendar: Calendar
    attacker: Attacker
    before: Attacker
    assigned: Report
    waiting: Report
    file: StagedFile
    other_file: StagedFile

    @property
    def units(self) -> Units:
        return self.cast.units

    def findings(self) -> list[tuple[str, str]]:
        with self.units.reading() as unit:
            return [(finding.area, finding.what) for finding in examine(unit, self.access_log)]

    def shows(self, area: str, words: str) -> None:
        """The check finds something with these words in this area."""
        found = self.findings()
        assert any(where == area and words in what for where, what in found), found

    def read(self, person: Person, report: Report | None = None) -> OpenedCase:
        with self.units.writing() as unit:
            return case_reading.read_case(unit, person.actor, person.keys, (report or self.assigned).case)

    def open_mailbox(self, report: Report | None = None) -> Mailbox:
        report = report or self.assigned
        with self.units.writing() as unit:
            return mailbox.read_mailbox(unit, report.reporter, report.keys)

    def open_identity(self, person: Person, report: Report | None = None) -> OpenedIdentity:
        with self.units.writing() as unit:
            return identity.open_identity(
                unit,
                person.actor,
                person.keys,
                person.identity_key,
                (report or self.assigned).case,
                OpeningReason.CONTACT,
                "CANARY-REASON",
            )

    def reply(self, person: Person, text: str, report: Report | None = None) -> None:
        with self.units.writing() as unit:
            casework.reply(unit, person.actor, person.keys, (report or self.assigned).case, text)

    def note(self, person: Person, text: str, report: Report | None = None) -> None:
        with self.units.writing() as unit:
            casework.write_note(unit, person.actor, person.keys, (report or self.assigned).case, text)

    def message(self, text: str, report: Report | None = None) -> None:
        report = report or self.assigned
        with self.units.writing() as unit:
            mailbox.write_message(unit, report.reporter, report.keys, text)

    def candidates(self, report: Report | None = None) -> dict[str, Candidate]:
        """By name, as the lead sees them."""
        lead = self.cast.lead
        with self.units.writing() as unit:
            plan = assignment.plan(unit, lead.actor, lead.keys, (report or self.assigned).case)
        return {candidate.name: candidate for candidate in plan.candidates}

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table: the same before and after whatever left no trace."""
        return {name: sorted(self.attacker.rows(f"SELECT * FROM {name}"), key=repr) for name in Base.metadata.tables}

    def entries(self, event: Event | None = None) -> list[dict[str, str | None]]:
        """What the log says, the newest last."""
        with self.units.reading() as unit:
            page = log_reading.page(unit.session, event=event, size=1000)
        return [line.fields for line in reversed(page.lines)]

    def queued(self) -> list[dict[str, str]]:
        """What waits for its day to end."""
        return [json.loads(fields) for (fields,) in self.attacker.rows("SELECT fields FROM log_pending")]

    def unsign(self, person: Person) -> None:
        """As if this person had never signed the undertaking."""
        with self.units.writing() as unit:
            unit.session.execute(delete(UndertakingSignature).where(UndertakingSignature.account_id == person.account))

    def suspend(self, person: Person) -> None:
        self._change_account(person, state=AccountState.SUSPENDED)

    def take_role(self, person: Person) -> None:
        """An account that is no investigator's any more."""
        self._change_account(person, roles="")

    def next_roster(self, *members: tuple[Person, Duty], channel: bytes | None = None) -> None:
        """Signed by the lead of the present one."""
        channel = channel or self.cast.channel
        lead = self.cast.other_lead if channel == self.cast.fallback else self.cast.lead
        with self.units.writing() as unit:
            signing = lead.keys.signing
            rosters.sign_next(unit, lead.actor, signing, channel, [person.member(duty) for person, duty in members])

    def stored_roster(self, version: int = 1) -> Roster:
        """A version of the channel's roster as it lies there."""
        query = "SELECT canonical FROM roster WHERE channel_id = ? AND version = ?"
        return rosters.parse(self.attacker.value(query, self.cast.channel, version))

    def _change_account(self, person: Person, **values: str) -> None:
        with self.units.writing() as unit:
            account = unit.session.get_one(Account, person.account)
            for name, value in values.items():
                setattr(account, name, value)
            account.vouched = vouching.for_account(unit.secrets, account)

    def next_day(self) -> None:
        """The day ends, and everything that reporters caused joins the log."""
        self.calendar.day = THIRD_DAY
        with self.database.writing() as session:
            self.access_log.settle(session, THIRD_DAY)


def build(folder: Path, url: str, secrets: Secrets) -> Stage:
    """Two working days of an installation in an empty, migrated database."""
    database = Database(url)
    access_log = AccessLog(ORIGIN, secrets.log_key)
    calendar = Calendar()
    cast = found(Units(database, access_log, secrets, today=calendar.today, now=calendar.now))
    file, other_file = upload(cast.units, EVIDENCE), upload(cast.units, EVIDENCE[::-1])
    assigned = cast.report(cast.draft(files=(file,)))
    waiting = cast.report(cast.draft(files=(other_file,), narrative="another story"))
    attacker = Attacker(url, folder)
    before = attacker.copy("before.sqlite")
    stage = Stage(cast, access_log, database, calendar, attacker, before, assigned, waiting, file, other_file)
    calendar.day = SECOND_DAY
    stage.read(cast.lead)
    cast.assign(assigned)
    stage.reply(cast.investigator, "CANARY-REPLY")
    stage.note(cast.investigator, "CANARY-NOTE")
    stage.note(cast.second_investigator, "CANARY-NOTE of the second")
    stage.open_identity(cast.investigator)
    stage.message("CANARY-ANSWER")
    stage.message("CANARY-ANSWER again")
    return stage


def copied(stage: Stage, folder: Path, secrets: Secrets) -> Stage:
    """The same, to be attacked, in a folder or databases of its own. `stage` must be at rest: its engine disposed of."""
    attacker, before = (
        Attacker(copy_database(copied.url, folder, name), folder)
        for copied, name in ((stage.attacker, "complaints.sqlite"), (stage.before, "before.sqlite"))
    )
    database = Database(attacker.url)
    calendar = Calendar(SECOND_DAY)
    units = Units(database, stage.access_log, secrets, today=calendar.today, now=calendar.now)
    return replace(
        stage,
        cast=replace(stage.cast, units=units),
        database=database,
        calendar=calendar,
        attacker=attacker,
        before=before,
    )
