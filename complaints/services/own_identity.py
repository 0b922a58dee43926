"""A reporter's own identity: seen again, given later, corrected, withdrawn. Their identity key comes with the receipt, each time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import bindparam, delete, func, select, update

from complaints.errors import Conflict, Invalid, NoRecipient, NotFound
from complaints.models import Base, Case, new_id
from complaints.policy import Reporter
from complaints.services import (
    act_items,
    acts,
    casework,
    erasure,
    identity,
    keyrings,
    mailbox,
    own_case,
    questions,
    records,
    rosters,
    routing,
    withdrawals,
)
from complaints.services.casework import FileLine, OpenedFile
from complaints.services.keyrings import Keyring
from complaints.services.keys import SessionKeys
from complaints.services.questions import Answer
from complaints.services.records import Saying
from complaints.services.rosters import Member
from complaints.services.unit import Unit
from complaints.vocabulary import (
    ASKED,
    IDENTITY_FIELD_SIZE,
    ActKind,
    Cleaning,
    CompartmentName,
    Duty,
    Event,
    IdentityField,
    RecordKind,
)
from crypto import PrivateKey, Receipt, SecretKey

_TABLES = Base.metadata.tables
_ACT, _EPOCH, _GRANT, _LINE = (_TABLES[name] for name in ("act", "compartment", "grants", "caseload"))
_IDENTITY = CompartmentName.IDENTITY
_TAKE_GRANTS = delete(_GRANT).where(_GRANT.c.case_id == bindparam("case"), _GRANT.c.compartment == _IDENTITY.value)
_FORGET_EPOCHS = delete(_EPOCH).where(_EPOCH.c.case_id == bindparam("case"), _EPOCH.c.name == _IDENTITY.value)
_NOBODY_HOLDS = update(_LINE).where(_LINE.c.case_id == bindparam("case")).values(holds_identity=False)
_HOLDS = (
    update(_LINE)
    .where(_LINE.c.case_id == bindparam("case"), _LINE.c.account_id == bindparam("account"))
    .values(holds_identity=True)
)
ANEW_A_DAY = 3
"""How often an identity is given again after a withdrawal, in one day. Each time leaves two acts for good, which every reader verifies."""
_GIVEN_TODAY = select(func.count()).where(
    _ACT.c.case_id == bindparam("case"),
    _ACT.c.kind == ActKind.IDENTITY_GIVEN.value,
    _ACT.c.made == bindparam("today"),
)
_COUNT_HOLDERS = select(func.count()).where(
    _GRANT.c.case_id == bindparam("case"),
    _GRANT.c.compartment == _IDENTITY.value,
    _GRANT.c.recipient != bindparam("case"),
)


@dataclass(frozen=True, slots=True)
class OwnIdentity:
    """What the reporter last said of who they are. Every field is there, and empty when it was not given."""

    fields: dict[IdentityField, str] = field(repr=False)
    asked: tuple[Answer, ...] = field(default=(), repr=False)
    """Answers to the channel's own questions about people."""
    originals: tuple[FileLine, ...] = field(default=(), repr=False)
    """Files as they were sent, which lie here because they tell more than they show."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a reporter's identity; nothing of the identity itself. `withdrawn`: since that day nobody holds it."""

    holders: int
    withdrawn: date | None


@dataclass(frozen=True, slots=True)
class Leaving:
    """What goes with the name when it is withdrawn."""

    files: tuple[FileLine, ...] = field(default=(), repr=False)
    """Of which there is no other copy: theirs is the choice that `withdraw` asks for."""
    copied: tuple[FileLine, ...] = field(default=(), repr=False)
    """Of which a clean copy stays in the report."""
    asked: tuple[Answer, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of each file that lies with the name alone. `kept`: True hands it to everybody who reads the report."""

    identity_key: PrivateKey = field(repr=False)
    kept: Mapping[bytes, bool]


def require_receipt(unit: Unit, reporter: Reporter, receipt: Receipt) -> None:
    """Raises Invalid for the receipt of another report, or of none."""
    if mailbox.find_case(unit, receipt) != reporter.case:
        raise Invalid({"code": "other"})


def standing(unit: Unit, reporter: Reporter, keys: SessionKeys) -> Standing:
    """Raises NotFound, Refused."""
    case, _ = own_case.fetch(unit, reporter, keys)
    withdrawn = keyrings.standing_withdrawal(unit, case)
    holders = unit.run(_COUNT_HOLDERS, {"case": case.id}).scalar_one()
    return Standing(holders, withdrawn.made if withdrawn else None)


def see(unit: Unit, reporter: Reporter, keys: SessionKeys, identity_key: PrivateKey) -> OwnIdentity:
    """Raises NotFound, Refused. Withdrawn: every field is empty."""
    case, _ = own_case.fetch(unit, reporter, keys)
    keyring = _keyring(unit, case, identity_key)
    unit.enter_later(Event.IDENTITY_SEEN, role="reporter", case=case.id.hex())
    if keyring is None:
        return OwnIdentity(dict.fromkeys(IdentityField, ""))
    newest = identity.current(identity.opened_records(unit, case, keyring))
    asked = questions.decode(newest.fields.get(ASKED, b""))
    originals = (casework.file_line(record) for _, record in identity.opened_originals(unit, case, keyring))
    return OwnIdentity({name: newest.text(name) for name in IdentityField}, asked, tuple(originals))


def give(
    unit: Unit,
    reporter: Reporter,
    keys: SessionKeys,
    identity_key: PrivateKey,
    fields: Mapping[IdentityField, str],
    asked: Mapping[bytes, str] | None = None,
) -> None:
    """Seals these fields as the newest version, signed by the reporter. Earlier ones stay sealed, and are shown to nobody.

    `asked`: other texts for answers to the channel's own questions, by question; without one an answer stays as it is.

    After a withdrawal a new key is drawn, and goes to the leads who hold the report. Raises NotFound, Invalid (too-long), NoRecipient
    (no such lead is left), Conflict (given anew too often today), Refused.
    """
    problems = {name.value: "too-long" for name, text in fields.items() if len(text.encode()) >= IDENTITY_FIELD_SIZE}
    if problems:
        raise Invalid(problems)
    casework.take_turns(unit, reporter.case)
    case, _ = own_case.fetch(unit, reporter, keys)
    keyring = _keyring(unit, case, identity_key)
    made: dict[str, str] = {}
    answers: list[Answer] = []
    if keyring is None:
        keyring, act = _begin_anew(unit, case, keys)
        made = {"act": act.id.hex(), "digest": act.digest}
        saying = Saying(keyring.newest, 1)
    else:
        last = identity.current(identity.opened_records(unit, case, keyring))
        saying = Saying(last.saying.first_epoch, last.saying.time + 1)
        answers = questions.corrected(questions.decode(last.fields.get(ASKED, b"")), asked or {})
        if too_long := [answer for answer in answers if len(answer.to_bytes()) > questions.SHARE]:
            raise Invalid({questions.field_of(answer.question): "too-long" for answer in too_long})
    sealed = records.seal(
        case.id,
        new_id(),
        RecordKind.IDENTITY,
        {name.value: fields.get(name, "").strip().encode() for name in IdentityField}
        | {ASKED: questions.encode(answers)},
        epoch=keyring.newest,
        key=keyring.key,
        author=case.id,
        signing=keys.signing,
        saying=saying,
    )
    writes = records.store(unit, [sealed])
    casework.touch(unit, case)
    unit.enter_later(Event.IDENTITY_GIVEN, role="reporter", case=case.id.hex(), writes=writes, **made)


def leaving(unit: Unit, reporter: Reporter, keys: SessionKeys, identity_key: PrivateKey) -> Leaving:
    """What a withdrawal would destroy beside the name, to be read before it does. The looking is entered.

    Raises NotFound, Refused, Conflict when it is withdrawn already.
    """
    case, report = own_case.fetch(unit, reporter, keys)
    keyring = _keyring(unit, case, identity_key)
    if keyring is None:
        raise Conflict("the identity is withdrawn already")
    unit.enter_later(Event.IDENTITY_SEEN, role="reporter", case=case.id.hex())
    newest = identity.current(identity.opened_records(unit, case, keyring))
    alone = set(_kept_apart(unit, case, report))
    originals = [casework.file_line(record) for _, record in identity.opened_originals(unit, case, keyring)]
    return Leaving(
        files=tuple(line for line in originals if line.id in alone),
        copied=tuple(line for line in originals if line.id not in alone),
        asked=questions.decode(newest.fields.get(ASKED, b"")),
    )


def open_original(
    unit: Unit, reporter: Reporter, keys: SessionKeys, identity_key: PrivateKey, file_id: bytes
) -> OpenedFile:
    """One of the reporter's own files as it was sent, ready to be streamed after the commit. Raises NotFound, Refused."""
    case, _ = own_case.fetch(unit, reporter, keys)
    keyring = _keyring(unit, case, identity_key)
    opened = casework.open_file_record(unit, case, keyring, file_id, {RecordKind.ORIGINAL}) if keyring else None
    if opened is None:
        raise NotFound
    unit.enter_later(Event.FILE_OPENED, role="reporter", case=case.id.hex(), subject=f"file:{file_id.hex()}")
    return opened


def withdraw(unit: Unit, reporter: Reporter, keys: SessionKeys, choice: Choice | None = None) -> None:
    """Destroys every grant, every key, every version and every original of the identity. The case goes on without it.

    `choice`: what becomes of the files that lie there alone; without one nothing is opened, and all of them go. What was handed over
    is a record of `report` from then on, by the reporter. Both sides read how many went.

    What the files of the database still hold of it goes with `erasure.settle`, after the commit. Raises NotFound, Refused, Conflict
    when it is withdrawn already, Invalid (`missing`, under the hex id) for a file of which nothing was chosen.
    """
    casework.take_turns(unit, reporter.case)
    case, report = own_case.fetch(unit, reporter, keys)
    newest = keyrings.newest_epochs(unit, case.id).get(_IDENTITY)
    if newest is None:
        raise Conflict("the identity is withdrawn already")
    alone = _kept_apart(unit, case, report)
    kept = _kept(alone, choice) if choice else ()
    handed = _hand_over(unit, case, report, keys, choice.identity_key, kept) if choice and kept else []
    originals = records.rows_of(unit, case.id, _IDENTITY, [RecordKind.ORIGINAL])
    roster = rosters.current(unit, case.channel_id)
    withdrawn = act_items.Withdrawn(_IDENTITY, newest)
    act = acts.sign(case.id, ActKind.IDENTITY_WITHDRAWN, case.id, keys.signing, roster.hash, also=[withdrawn])
    unit.run(_TAKE_GRANTS, {"case": case.id})
    unit.run(_FORGET_EPOCHS, {"case": case.id})
    erasure.owe(unit)
    writes = [*handed, records.erase(unit, case.id, _IDENTITY)]
    if alone or originals:
        gone = len(alone) - len(kept)
        counts = {"gone": gone, "copied": len(originals) - gone, "handed": len(kept)}
        writes.append(records.store(unit, [withdrawals.seal(case.id, report, keys, **counts)]))
    acts.store(unit, act)
    unit.run(_NOBODY_HOLDS, {"case": case.id})
    casework.touch(unit, case)
    unit.enter_later(
        Event.IDENTITY_WITHDRAWN,
        role="reporter",
        case=case.id.hex(),
        act=act.id.hex(),
        digest=act.digest,
        writes="\n".join(writes),
    )


def _kept_apart(unit: Unit, case: Case, report: Keyring) -> tuple[bytes, ...]:
    opened, _problems = records.open_all(unit, case, report)
    return casework.kept_apart(unit, case, casework.reporters_files(unit, case, opened))


def _kept(alone: Sequence[bytes], choice: Choice) -> tuple[bytes, ...]:
    if undecided := [file for file in alone if file not in choice.kept]:
        raise Invalid({file.hex(): "missing" for file in undecided})
    return tuple(file for file in alone if choice.kept[file])


def _hand_over(
    unit: Unit, case: Case, report: Keyring, keys: SessionKeys, identity_key: PrivateKey, kept: Collection[bytes]
) -> list[str]:
    """Seals these files' keys and particulars in `report`, as files by the reporter that were not cleaned. Their chunks stay as they are."""
    keyring = _keyring(unit, case, identity_key)
    if keyring is None:
        raise NotFound
    originals = [(row, record) for row, record in identity.opened_originals(unit, case, keyring) if row.id in kept]
    return [
        records.supersede(
            unit,
            row,
            records.seal(
                case.id,
                row.id,
                RecordKind.FILE,
                {name: value for name, value in record.fields.items() if name != records.SIGNATURE}
                | {"cleaning": Cleaning.NOT.encode(), "twin": b""},
                epoch=report.newest,
                key=report.key,
                author=case.id,
                signing=keys.signing,
                revision=row.revision + 1,
            ),
        )
        for row, record in originals
    ]


def _keyring(unit: Unit, case: Case, identity_key: PrivateKey) -> Keyring | None:
    keyring = keyrings.open_keyring(unit, case, _IDENTITY, case.id, identity_key)
    if keyring is None and keyrings.standing_withdrawal(unit, case) is None:
        raise NotFound
    return keyring


def _begin_anew(unit: Unit, case: Case, keys: SessionKeys) -> tuple[Keyring, acts.Act]:
    """The first epoch after a withdrawal: by the reporter, for themself and for the leads who hold the report now."""
    given = unit.run(_GIVEN_TODAY, {"case": case.id, "today": unit.today}).scalar_one()
    if given >= ANEW_A_DAY:
        raise Conflict("given anew too often today")
    leads = _leads(unit, case)
    if not leads:
        raise NoRecipient("nobody is left who may receive the identity")
    number, key = keyrings.first_epoch(unit, case, _IDENTITY), SecretKey.generate()
    grants = [
        act_items.wrap_grant(case.id, _IDENTITY, number, key, case.id, case.reporter_identity_public),
        *(act_items.wrap_grant(case.id, _IDENTITY, number, key, lead.account, lead.identity) for lead in leads),
    ]
    roster = rosters.current(unit, case.channel_id)
    epoch = act_items.next_epoch(case.id, _IDENTITY, number, key, None)
    act = acts.sign(case.id, ActKind.IDENTITY_GIVEN, case.id, keys.signing, roster.hash, [epoch], grants)
    acts.store(unit, act)
    unit.run(_HOLDS, [{"case": case.id, "account": lead.account} for lead in leads])
    return Keyring(_IDENTITY, number, {number: key}), act


def _leads(unit: Unit, case: Case) -> Sequence[Member]:
    """A grant to the report says that the reporter did not exclude them: exclusions are checked whenever one is made, and
    every grant is one that an act names (Refused otherwise).
    """
    able = routing.ready_accounts(unit).keys() & keyrings.recipients(unit, case, CompartmentName.REPORT)
    roster = rosters.current(unit, case.channel_id)
    return [member for member in roster.members if member.duty is Duty.LEAD and member.account in able]
