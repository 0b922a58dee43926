"""Rehearsals: a test report that shows that a channel's leads open what is sent to them, and is then erased.

A test is made as any report is: the same seals, the same roster, an act, a file, somebody's name. It is a test because its first act says
so, signed by a key that was drawn for it and thrown away; the access log says so as well, in the same transaction. Nothing turns a report
that began otherwise into a test, and only a test is ever erased from here. Its receipt is drawn and kept by nobody, so no mailbox opens.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from complaints.errors import Conflict, Denied, Failure, Invalid, NoRecipient, NotFound, Refused
from complaints.models import Base, Case
from complaints.policy import Staff
from complaints.services import (
    acts,
    case_erasure,
    casework,
    exhibits,
    intake,
    log_reading,
    log_word,
    rosters,
    routing,
    uploads,
    vouching,
)
from complaints.services.case_erasure import Story
from complaints.services.intake import SealedReport
from complaints.services.keys import SessionKeys
from complaints.services.report_draft import ReportDraft
from complaints.services.unit import AnyRow, Unit, Units
from complaints.services.uploads import StagedFile
from complaints.vocabulary import Ending, Event, IdentityField, Locale, ReportField, Way
from crypto import Receipt

PATIENCE = timedelta(days=7)
"""A test that nobody has opened for so long is told of as late."""

STEPS = (Event.FILE_OPENED, Event.IDENTITY_OPENED)
"""What a reader of the test does before they say that everything opens."""

_FILE_NAME = "test-ทดสอบ.txt"
_STORY = """นี่คือเรื่องทดสอบ ไม่มีเหตุการณ์จริงและไม่มีผู้แจ้งจริง ระบบสร้างขึ้นเพื่อดูว่าหัวหน้าช่องทางเปิดเรื่องที่ส่งมาได้หรือไม่
กรุณาเปิดไฟล์ที่แนบ เปิดข้อมูลระบุตัวผู้แจ้ง แล้วกด "เปิดได้ครบ" เรื่องทดสอบนี้จะถูกลบทันที

This is a test report. Nothing of it happened and nobody sent it: the system made it to see whether the leads of this channel open what is sent to them.
Please open the file, open the identity, and then say that everything opens. The test is erased at once."""
_NAME = "ผู้แจ้งทดสอบ (ไม่มีตัวตน) · Test reporter (nobody)"

_TABLES = Base.metadata.tables
_ROW, _CASE = _TABLES["rehearsal"], _TABLES["cases"]
_ROWS = select(_ROW)
_OF_CHANNEL = _ROWS.where(_ROW.c.channel_id == bindparam("channel"))
_OF_CASE = _ROWS.where(_ROW.c.case_id == bindparam("case"))
_INSERT = insert(_ROW)
_CHANGE = update(_ROW).where(_ROW.c.channel_id == bindparam("channel"))
_LOCK = _OF_CHANNEL.with_for_update()
_CASE_THERE = select(_CASE.c.id).where(_CASE.c.id == bindparam("case"))
_OPENER = select(_TABLES["account"].c.display_name).where(_TABLES["account"].c.id == bindparam("account"))


class Mark(NamedTuple):
    """A row of the table, as the server vouches for it."""

    channel_id: bytes
    case_id: bytes | None
    begun: date
    roster: bytes
    opened: date | None = None
    opener: bytes | None = None
    opened_under: bytes | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a channel's tests. `begun`: one waits for a lead since that day; `late`: for too long.

    `opened`, `opener`: when a lead last said that everything opens, and who. `changed`: who receives is another roster's word since then.
    """

    begun: date | None = None
    late: bool = False
    opened: date | None = None
    opener: str = ""
    changed: bool = False


# -- How it stands ---------------------------------------------------------------------------------------------------


def standing(unit: Unit, channel: bytes) -> Standing:
    """Raises Refused when the mark was changed past the system."""
    row = unit.run(_OF_CHANNEL, {"channel": channel}).first()
    if row is None:
        return Standing()
    mark = _vouched(unit, row)
    begun = mark.begun if _waits(unit, mark) else None
    return Standing(
        begun=begun,
        late=begun is not None and unit.today - begun > PATIENCE,
        opened=mark.opened,
        opener=unit.run(_OPENER, {"account": mark.opener}).scalar() or "" if mark.opener else "",
        changed=mark.opened is not None and not _is_newest(unit, mark),
    )


def _waits(unit: Unit, mark: Mark) -> bool:
    """An older mark that was put back names a case that is gone: it keeps the channel from no test."""
    return mark.case_id is not None and unit.run(_CASE_THERE, {"case": mark.case_id}).first() is not None


def _is_newest(unit: Unit, mark: Mark) -> bool:
    try:
        roster = rosters.present(unit, mark.channel_id)
    except Refused:
        return False
    return roster is not None and roster.hash == mark.opened_under


def under_way(unit: Unit) -> frozenset[bytes]:
    """The cases that are tests. A mark that the server does not vouch for marks nothing: a real case keeps its place in every list."""
    return unit.once("rehearsals", lambda: frozenset(_marked(unit)))


def _marked(unit: Unit) -> list[bytes]:
    marked = []
    for row in unit.run(_ROWS):
        try:
            mark = _vouched(unit, row)
        except Refused:
            continue
        if mark.case_id is not None:
            marked.append(mark.case_id)
    return marked


def _vouched(unit: Unit, row: AnyRow) -> Mark:
    mark = Mark(*row[: len(Mark._fields)])
    vouching.require(vouching.for_rehearsal(unit.secrets, mark), row.vouched, "the mark of a test report")
    return mark


# -- Beginning -------------------------------------------------------------------------------------------------------


def stage_file(units: Units, limit: int) -> StagedFile:
    """The test's file, sealed and looked at as every other. `limit`: as for `exhibits.examine`."""
    content = _STORY.encode()
    upload = uploads.StagedUpload(units, _FILE_NAME, "", len(content))
    upload.write(content)
    (staged,) = exhibits.examine(units, upload.finish(), content, limit).to_send()
    return staged


def prepare(unit: Unit, actor: Staff, channel: bytes, file: StagedFile, locale: Locale) -> SealedReport:
    """The test, sealed to those who would receive a report now. Reads only.

    Raises NotFound for a channel that is not there, Conflict while another test of the channel waits, NoRecipient when no lead of the
    channel itself could open it, Refused.
    """
    if channel not in rosters.channels_by_id(unit):
        raise NotFound
    if standing(unit, channel).begun is not None:
        raise Conflict("a test report of this channel waits already")
    if routing.offered(unit, channel) is None:
        raise NoRecipient("no lead of this channel may receive a report yet")
    draft = ReportDraft(
        channel=channel,
        answers={ReportField.WAY: Way.NAMED, ReportField.NARRATIVE: _STORY},
        identity={IdentityField.NAME: _NAME},
        excluded=frozenset(),
        excluded_words="",
        files=(file,),
        locale=locale,
    )
    return intake.prepare(unit, draft, Receipt.generate(), rehearsed_by=actor)


def begin(unit: Unit, sealed: SealedReport) -> None:
    """Stores the test, and marks it. Raises Conflict when another one is under way by now, and as `intake.receive` does."""
    last = _last(unit, sealed.channel)
    intake.receive(unit, sealed)
    mark = Mark(sealed.channel, sealed.case, unit.today, sealed.roster)
    if last is not None:
        _keep(unit, mark._replace(opened=last.opened, opener=last.opener, opened_under=last.opened_under))
        return
    try:
        with unit.attempting():
            unit.run(_INSERT, mark._asdict() | {"vouched": vouching.for_rehearsal(unit.secrets, mark)})
    except IntegrityError:
        raise Conflict("a test report of this channel waits already") from None


def _last(unit: Unit, channel: bytes) -> Mark | None:
    """The channel's mark, which nobody else changes until this unit ends. Raises Conflict while its test waits, Refused.

    Whether it waits is asked in a statement of its own: one that waits for a lock goes on with what there was when it began.
    """
    row = unit.run(_LOCK, {"channel": channel}).first()
    mark = _vouched(unit, row) if row is not None else None
    if mark is not None and _waits(unit, mark):
        raise Conflict("a test report of this channel waits already")
    return mark


def _keep(unit: Unit, mark: Mark) -> None:
    values = mark._asdict() | {"vouched": vouching.for_rehearsal(unit.secrets, mark)}
    del values["channel_id"]
    unit.run(_CHANGE.values(values), {"channel": mark.channel_id})


# -- Ending ----------------------------------------------------------------------------------------------------------


def steps_done(unit: Unit, actor: Staff, case: bytes) -> frozenset[Event]:
    """What of STEPS the log says that the actor did. Nothing is verified here: it is for showing."""
    return frozenset(step for step in STEPS if _done(unit, actor, case, step) is not None)


def _done(unit: Unit, actor: Staff, case: bytes, step: Event) -> int | None:
    page = log_reading.page(unit.session, event=step, case=case.hex(), actor=actor.account.hex(), size=1)
    return page.lines[0].position if page.lines else None


def conclude(unit: Unit, actor: Staff, keys: SessionKeys, case_id: bytes, ending: Ending) -> tuple[bytes, ...]:
    """A lead who holds the test says whether everything opens, and it is erased. Returns its files, as `case_erasure.erase` does.

    Raises NotFound without a grant (when another lead was first as well: see `erased_before`), Denied for a case that is no test (which is
    entered) and for whoever does not lead, Invalid naming the steps that `actor` has not done when they say that everything opens, Refused.
    """
    casework.take_turns(unit, case_id)
    opening = casework.fetch_case(unit, actor, keys, case_id)
    _require_test(unit, opening.case)
    if not rosters.current(unit, opening.case.channel_id).is_lead(actor.account):
        raise _denied("only a lead of the channel ends a test report", case_id, "no-lead")
    if ending is Ending.OPENED:
        _require_steps(unit, actor, case_id)
    casework.enter(unit, Event.CASE_ERASED, actor, opening, reason=ending)
    return _erase(unit, actor, opening.case, ending)


def erased_before(unit: Unit, actor: Staff, case: bytes) -> bool:
    """Whether this was a test, which `actor` had open, and is erased: for whoever was second. Nobody else learns that there was one.

    One look in the log's index for each of three entries, and for most people for one; only entries of its tree count.
    """
    wanted = ((Event.CASE_OPENED, actor.account.hex()), (Event.REPORT_REHEARSED, None), (Event.CASE_ERASED, None))
    try:
        return all(log_word.page(unit, event=event, case=case.hex(), actor=by, size=1)[0] for event, by in wanted)
    except Refused:
        return False


def give_up(unit: Unit, actor: Staff, channel: bytes) -> tuple[bytes, ...]:
    """An administrator has the channel's test erased, which nobody opened. Opens nothing. Returns its files.

    Raises Conflict when none is under way, Denied, Refused.
    """
    row = unit.run(_OF_CHANNEL, {"channel": channel}).first()
    case_id = _vouched(unit, row).case_id if row is not None else None
    if case_id is None:
        raise Conflict("no test report of this channel waits")
    casework.take_turns(unit, case_id)
    case = unit.session.get(Case, case_id, populate_existing=True)
    if case is None:
        raise Conflict("no test report of this channel waits")
    _require_test(unit, case)
    unit.enter(
        Event.CASE_ERASED, actor, case=case.id.hex(), channel=case.channel_id.hex(), reason=Ending.GIVEN_UP.value
    )
    return _erase(unit, actor, case, Ending.GIVEN_UP)


def _require_test(unit: Unit, case: Case) -> None:
    if not acts.is_rehearsal(unit, case):
        raise _denied("only a test report ends this way", case.id, "no-test")


def _denied(message: str, case: bytes, reason: str) -> Denied:
    return Denied(message, failure=Failure(Event.DENIED, {"subject": f"case:{case.hex()}", "reason": reason}))


def _require_steps(unit: Unit, actor: Staff, case: bytes) -> None:
    """By the log's own word: a row that somebody put beside it says nothing."""
    missing = {}
    for step in STEPS:
        position = _done(unit, actor, case, step)
        told = log_word.at(unit, [position])[position] if position is not None else {}
        wanted = {"event": step.value, "case": case.hex(), "actor": actor.account.hex()}
        if wanted.items() - told.items():
            missing[step.value] = "missing"
    if missing:
        raise Invalid(missing)


def was_erased(told: Story) -> bool:
    """Whether the log says that the case began as a test, and was erased."""
    return bool(told.of(Event.REPORT_REHEARSED) and told.of(Event.CASE_ERASED))


def _erase(unit: Unit, actor: Staff, case: Case, ending: Ending) -> tuple[bytes, ...]:
    row = unit.run(_OF_CASE, {"case": case.id}).first()
    if row is not None:
        mark = _vouched(unit, row)._replace(case_id=None)
        if ending is Ending.OPENED:
            mark = mark._replace(opened=unit.today, opener=actor.account, opened_under=mark.roster)
        _keep(unit, mark)
    return tuple(case_erasure.erase(unit, case, Event.REPORT_REHEARSED))
