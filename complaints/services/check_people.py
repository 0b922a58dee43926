"""The check of whoever could read and of what they were told: accounts, channels, rosters, published texts, invitations, requests."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from complaints.errors import Refused
from complaints.models import (
    Account,
    Approval,
    Channel,
    Comment,
    CommentGrant,
    Invitation,
    Notice,
    NoticePage,
    ProcessorRow,
    QuestionRow,
    Recovery,
    RosterRow,
    SecondFactor,
    Undertaking,
    UndertakingSignature,
)
from complaints.services import (
    accounts,
    channels,
    comments,
    invitations,
    organisation,
    processors,
    questions,
    recovery,
    rosters,
    second_factors,
    undertakings,
)
from complaints.services.check_log import Finding, Logged
from complaints.services.unit import Unit
from complaints.vocabulary import ApprovalState, CommentState, Event


def of_accounts(unit: Unit, logged: Logged) -> Iterator[Finding]:
    seen: set[str] = set()
    for account in unit.session.scalars(select(Account)):
        account_id, name, roles, locked = account.id, account.sign_in_name, account.roles, account.seed_locked
        seen.add(account_id.hex())
        if not accounts.is_vouched(unit, account):
            yield Finding("account", f"{name} was changed past the system: a name, a key, a role or a state")
        if logged.locks.get(account_id.hex()) not in {None, accounts.digest_of_lock(locked)}:
            yield Finding("account", f"{name} opens with another passphrase than the log says")
        if account_id.hex() not in logged.roles:
            yield Finding("account", f"{name} is in no log entry")
        elif logged.roles[account_id.hex()] != roles:
            yield Finding("account", f"{name} has other roles than the log says")
        if logged.states.get(account_id.hex(), account.state) != account.state:
            yield Finding("account", f"{name} is {account.state}, and the log does not say so")
    for missing in sorted(logged.roles.keys() - seen):
        yield Finding("account", f"account {missing} is in the log and not in the database")


def of_channels(session: Session, logged: Logged) -> Iterator[Finding]:
    """By when reporters are answered is what administrators have set, and no channel is gone."""
    seen: set[str] = set()
    for channel in session.scalars(select(Channel)):
        seen.add(channel.id.hex())
        days = channels.deadlines_text(channel.acknowledge_days, channel.feedback_days)
        if logged.deadlines.get(channel.id.hex()) != days:
            yield Finding("channel", f"channel {channel.code} has other deadlines than the log says")
    for missing in sorted(logged.deadlines.keys() - seen):
        yield Finding("channel", f"channel {missing} is in the log and not in the database")


def of_questions(session: Session, logged: Logged) -> Iterator[Finding]:
    """What reporters are asked is what administrators have written, for as long as they said."""
    seen: set[str] = set()
    for row in session.scalars(select(QuestionRow)):
        name = row.id.hex()
        seen.add(name)
        if logged.questions.get(name) != questions.digest_of(row):
            yield Finding("question", f"question {name} is not what the log says was added")
        if (row.retired is not None) != (name in logged.retired):
            yield Finding("question", f"question {name}: whether it is still asked is not what the log says")
    for missing in sorted(logged.questions.keys() - seen):
        yield Finding("question", f"question {missing} is in the log and not in the database")


def of_processors(session: Session, logged: Logged) -> Iterator[Finding]:
    """What the register says, and said before, is what administrators have entered: no version changed, none gone, none added."""
    stored: dict[str, list[str]] = defaultdict(list)
    for row in session.scalars(select(ProcessorRow).order_by(ProcessorRow.id, ProcessorRow.version)):
        stored[row.id.hex()].append(processors.digest_of(row))
    for name in sorted(stored.keys() | logged.processors.keys()):
        if name not in stored:
            yield Finding("processor", f"processor {name} is in the log and not in the database")
        elif stored[name] != logged.processors.get(name):
            yield Finding(
                "processor", f"what the register says of processor {name} is not what the log says was entered"
            )


def of_undertakings(session: Session, logged: Logged) -> Iterator[Finding]:
    """What people sign is what an administrator published, and who has signed it is what the log says."""
    seen: set[str] = set()
    for row in session.scalars(select(Undertaking)):
        seen.add(str(row.version))
        if logged.texts.get(str(row.version)) != undertakings.digest_of(row.version, row.text_th, row.text_en):
            yield Finding("undertaking", f"version {row.version} is not what the log says was published")
    for missing in sorted(logged.texts.keys() - seen):
        yield Finding("undertaking", f"version {missing} is in the log and not in the database")
    columns = (UndertakingSignature.version, UndertakingSignature.account_id)
    signed = {(str(version), account.hex()) for version, account in session.execute(select(*columns))}
    for version, who in sorted(signed ^ logged.signed):
        where = "the database and not in the log" if (version, who) in signed else "the log and not in the database"
        yield Finding("undertaking", f"account {who}'s signature under version {version} is in {where}")


def of_notices(session: Session, logged: Logged) -> Iterator[Finding]:
    """What a case says its reporter read is what an administrator published, on that day."""
    seen: set[str] = set()
    for row in session.scalars(select(Notice)):
        version = str(row.version)
        seen.add(version)
        told = logged.notices.get(version)
        unsaid = version in logged.notices and told is None
        if not unsaid and told != organisation.digest_of_notice(row.version, row.published, row.text_th, row.text_en):
            yield Finding("notice", f"version {version} is not what the log says was published")
    for missing in sorted(logged.notices.keys() - seen):
        yield Finding("notice", f"version {missing} is in the log and not in the database")
    pages = {str(row.version): row for row in session.scalars(select(NoticePage))}
    for version in sorted(pages.keys() | logged.notice_pages.keys()):
        page = pages.get(version)
        stored = organisation.digest_of_page(page.kept, page.page_th, page.page_en) if page else None
        if stored != logged.notice_pages.get(version):
            yield Finding("notice", f"the whole of version {version} is not what the log says was kept")


def of_recoveries(unit: Unit, logged: Logged) -> Iterator[Finding]:
    """What a printed code opens is what the account's owner has prepared, and nobody's swap of it."""
    seen: set[str] = set()
    for row in unit.session.scalars(select(Recovery)):
        seen.add(row.account_id.hex())
        if logged.recoveries.get(row.account_id.hex()) != recovery.digest_of(unit, row):
            yield Finding("recovery", f"the halves of account {row.account_id.hex()} are not what its owner prepared")
    for missing in sorted(logged.recoveries.keys() - seen):
        yield Finding("recovery", f"the halves of account {missing} are in the log and not in the database")


def of_factors(unit: Unit) -> Iterator[Finding]:
    """What opens a session beside the passphrase is what its owner enrolled here."""
    for row in unit.session.scalars(select(SecondFactor)):
        if not second_factors.is_vouched(unit, row):
            owner = row.account_id.hex()
            yield Finding("account", f"a second factor of account {owner} was planted or changed past the system")


def of_rosters(unit: Unit) -> Iterator[Finding]:
    accounts = {row.id: row for row in unit.session.scalars(select(Account))}
    for channel in rosters.channels(unit):
        has_roster = unit.session.scalar(select(RosterRow.version).where(RosterRow.channel_id == channel.id).limit(1))
        if has_roster is None and unit.secrets.pin_of(channel.id) is None:
            continue  # a channel not yet founded receives nothing
        try:
            roster = rosters.current(unit, channel.id)
        except Refused as error:
            yield Finding("roster", f"channel {channel.code}: {error}")
            continue
        for member in roster.members:
            account = accounts.get(member.account)
            if account is None:
                yield Finding("roster", f"channel {channel.code}: account {member.account.hex()} is not there")
            elif rosters.member_of(account, member.duty) != member:
                yield Finding("account", f"the public keys of {account.sign_in_name} are not those on the roster")


def of_invitations(unit: Unit, logged: Logged) -> Iterator[Finding]:
    """What makes an account is what an administrator has given somebody, or what this server has printed."""
    for row in unit.session.scalars(select(Invitation)):
        name = row.lookup.hex()[:16]
        if row.invited_by is None:
            if logged.roles or not invitations.is_founding_word(unit, row):
                yield Finding(
                    "invitation", f"founding invitation {name} is not this server's, or is not needed any more"
                )
        elif logged.invitations.get(row.lookup.hex()) != {Event.INVITED: invitations.digest_of(row)}:
            yield Finding("invitation", f"invitation {name} is not what the log says that somebody was given")


def of_requests(session: Session, logged: Logged) -> Iterator[Finding]:
    """What waits for a second person, or was confirmed by one, is what the log says that somebody asked for."""
    rows = session.execute(select(Approval.id, Approval.statement, Approval.state)).all()
    for approval, statement, state in rows:
        events, digest = logged.requests.get(approval.hex(), {}), hashlib.sha256(statement).hexdigest()
        if events.get(Event.APPROVAL_ASKED) != digest:
            yield Finding("request", f"request {approval.hex()} is not what the log says was asked for")
        confirmed = events.get(Event.APPROVAL_CONFIRMED) == digest
        if confirmed != (state == ApprovalState.CONFIRMED):
            yield Finding("request", f"request {approval.hex()}: whether it was confirmed is not what the log says")
        declined = events.get(Event.APPROVAL_DECLINED) == digest
        if declined != (state == ApprovalState.DECLINED):
            yield Finding("request", f"request {approval.hex()}: whether it was declined is not what the log says")
    for missing in sorted(logged.requests.keys() - {approval.hex() for approval, *_ in rows}):
        yield Finding("request", f"request {missing} is in the log and not in the database")


def of_comments(session: Session, logged: Logged) -> Iterator[Finding]:
    """A comment is stored as it came, until the log says that it was settled."""
    grants: dict[bytes, dict[bytes, bytes]] = defaultdict(dict)
    for comment, account, envelope in session.execute(
        select(CommentGrant.comment_id, CommentGrant.account_id, CommentGrant.envelope)
    ):
        grants[comment][account] = envelope
    seen: set[str] = set()
    for row in session.scalars(select(Comment)):
        name = row.id.hex()
        seen.add(name)
        state = logged.comment_states.get(name, CommentState.WAITING)
        if row.state != state:
            yield Finding("comment", f"comment {name}: what was decided of it is not what the log says")
        if (row.read is not None) != (name in logged.comments_read):
            yield Finding("comment", f"comment {name}: whether it was read is not what the log says")
        if state == CommentState.SETTLED:
            if row.text is not None or grants[row.id]:
                yield Finding("comment", f"comment {name} was erased and is back")
            continue
        parts = (row.id, row.received, row.notice_version, row.key_id, row.text or b"", grants[row.id])
        if logged.comments.get(name) != comments.digest_of(*parts):
            yield Finding("comment", f"comment {name} is not what was received")
    for missing in sorted((logged.comments.keys() | logged.comment_states.keys()) - seen):
        yield Finding("comment", f"comment {missing} is in the log and not in the database")
