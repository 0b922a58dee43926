"""Reminders by mail: that something waits, and nothing of what.

At one hour a day, not at the moment of an event: whoever watches the mail learns no more than that there was something by that day.
Who is due is read from the lists as they stand. A mail server that is away loses nothing: whoever was not reminded is due at the next run.
"""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from sqlalchemy import exists, or_, select

from complaints import clock
from complaints.config import Secrets, Settings
from complaints.errors import Invalid
from complaints.mail import AddressRefused, Connection, MailServer, MailUnavailable, connected
from complaints.models import Account, CaseloadRow, Task
from complaints.policy import Staff
from complaints.services import organisation, rehearsals
from complaints.services.organisation import OrganisationNames
from complaints.services.unit import Unit, Units
from complaints.vocabulary import AccountState, Event, Locale

NEAR = timedelta(days=2)
"""A deadline within so many days is reminded of, and one that has passed."""

ADDRESS_LIMIT = 254
"""Characters of an address (RFC 5321 §4.5.3.1.3, without its brackets)."""

_SUBJECTS = {Locale.THAI: "มีงานรอคุณอยู่", Locale.ENGLISH: "Something waits for you"}
_TEXTS = {
    Locale.THAI: """มีงานรอคุณอยู่ในระบบ เข้าสู่ระบบเพื่อดูได้ที่

{address}

อีเมลฉบับนี้ตั้งใจไม่บอกอะไรมากกว่านี้ และจะไม่ขอวลีรหัสผ่านหรือรหัสใด ๆ จากคุณ
ถ้าไม่ต้องการรับ ให้ลบอีเมลของคุณออกในหน้า "บัญชีของคุณ"
""",
    Locale.ENGLISH: """Something waits for you in the system. Sign in to see it:

{address}

This message says no more than that on purpose. It never asks for a passphrase or a code.
To get no more of these, take your e-mail address out of "Your account".
""",
}


@dataclass(frozen=True, slots=True)
class Post:
    """How reminders leave."""

    server: MailServer
    sender: str
    origin: str
    hour: int
    """From this hour of the operator's day on."""
    names: OrganisationNames
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings, secrets: Secrets) -> "Post | None":
        """None where no mail server is set."""
        if not settings.mail_server:
            return None
        return cls(
            server=MailServer.parse(settings.mail_server),
            sender=settings.mail_from,
            origin=settings.origin,
            hour=settings.reminder_hour,
            names=OrganisationNames(settings.organisation_th, settings.organisation_en),
            password=secrets.mail_password(),
        )


@dataclass(frozen=True, slots=True)
class Reminder:
    """Somebody for whom something waits."""

    account: bytes
    address: str = field(repr=False)
    locale: Locale


def due(unit: Unit) -> tuple[Reminder, ...]:
    """Who has an address, a case that they have not read or whose deadline is near or past, or such a task, and was not reminded today.

    Of a test report nobody is reminded.
    """
    waits = exists().where(
        CaseloadRow.account_id == Account.id,
        CaseloadRow.case_id.not_in(rehearsals.under_way(unit)),
        or_(CaseloadRow.unread, CaseloadRow.due <= unit.today + NEAR),
    )
    to_do = exists().where(
        Task.account_id == Account.id,
        Task.done.is_(None),
        Task.due <= unit.today + NEAR,
        CaseloadRow.account_id == Account.id,
        CaseloadRow.case_id == Task.case_id,
        CaseloadRow.case_id.not_in(rehearsals.under_way(unit)),
    )
    rows = unit.session.execute(
        select(Account.id, Account.email, Account.locale)
        .where(Account.email.is_not(None), Account.state == AccountState.ACTIVE.value)
        .where(or_(Account.reminded.is_(None), Account.reminded < unit.today))
        .where(or_(waits, to_do))
        .order_by(Account.id)
    )
    # What is no address was put there past the system: it must not end the run for everybody after it.
    return tuple(Reminder(id_, email, Locale(locale)) for id_, email, locale in rows if email and _is_address(email))


def run(units: Units, post: Post) -> int | None:
    """Reminds whoever is due. Returns how many messages left; None when the mail server could not be used, and the rest wait."""
    if clock.hour() < post.hour:
        return 0
    with units.reading() as unit:
        reminders = due(unit)
        names = organisation.names(unit) or post.names
    if not reminders:
        return 0
    try:
        with connected(post.server, post.password) as connection:
            return sum(_remind(units, post, names, connection, reminder) for reminder in reminders)
    except MailUnavailable as error:
        logging.getLogger(__name__).warning("reminders wait: %s", error)
        return None


def _remind(units: Units, post: Post, names: OrganisationNames, connection: Connection, reminder: Reminder) -> bool:
    """Whether the message left. An address that the server refuses is tried again tomorrow, and keeps nobody else waiting."""
    try:
        connection.send(_message(post, names, reminder))
        sent = True
    except AddressRefused:
        logging.getLogger(__name__).warning("the mail server refuses an account's address")
        sent = False
    with units.writing() as unit:
        unit.session.get_one(Account, reminder.account).reminded = unit.today
    return sent


def _message(post: Post, names: OrganisationNames, reminder: Reminder) -> EmailMessage:
    message = EmailMessage()
    name = names.th if reminder.locale is Locale.THAI else names.en
    message["Subject"] = f"{name}: {_SUBJECTS[reminder.locale]}" if name else _SUBJECTS[reminder.locale]
    message["From"], message["To"] = post.sender, reminder.address
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=post.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: nobody's absence note answers it
    message.set_content(_TEXTS[reminder.locale].format(address=f"{post.origin}/staff/"))
    return message


# -- One's own address -----------------------------------------------------------------------------------------------


def address_of(unit: Unit, actor: Staff) -> str:
    """Empty: none, and no reminders."""
    return unit.session.get_one(Account, actor.account).email or ""


def change_address(unit: Unit, actor: Staff, text: str) -> None:
    """Empty: no reminders any more. The log says that it changed, and not to what. Raises Invalid: `email` "malformed"."""
    address = text.strip()
    if not _is_address(address):
        raise Invalid({"email": "malformed"})
    account = unit.session.get_one(Account, actor.account)
    if (account.email or "") == address:
        return
    account.email = address or None
    account.reminded = None
    unit.enter(Event.ADDRESS_CHANGED, actor, subject=actor.account.hex())


def _is_address(text: str) -> bool:
    """Empty, or something that can stand alone in a message's head: whether anybody reads there, the first reminder shows."""
    local, at, domain = text.rpartition("@")
    plain = text.isascii() and text.isprintable() and not set(text) & set(' ,;:<>()[]"\\')
    return not text or (plain and bool(at and local and "." in domain.strip(".")) and len(text) <= ADDRESS_LIMIT)
