"""Reminders by mail, in a real conversation with a mail server: who is told, when, and that nothing is told but that something waits."""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import update

from complaints import clock
from complaints.config import Misconfigured, Secrets
from complaints.errors import Invalid
from complaints.mail import MailServer, MailUnavailable, connected
from complaints.models import Account
from complaints.services import case_reading, jobs, log_reading, reminders, tasks
from complaints.services.organisation import OrganisationNames
from complaints.services.reminders import Post
from complaints.services.unit import Units
from complaints.vocabulary import AccountState, Event
from tests.cast import NARRATIVE, Cast, Person, found
from tests.served import free_port
from tests.stage import Calendar

HOST = "127.0.0.1"
SENDER = "reminders@report.example.org"


class Mailbox:
    """Takes what comes, unless it is told to refuse."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refuse: dict[str, str] = {}
        self.encrypted: list[bool] = []

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del session
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)  # type: ignore[union-attr]
        assert isinstance(envelope.content, bytes)
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"

    @property
    def readers(self) -> list[str]:
        return sorted(letter["To"] for letter in self.letters)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def running(mailbox: Mailbox) -> Iterator[Controller]:
    controller = Controller(mailbox, hostname=HOST, port=free_port())
    controller.start()
    yield controller
    controller.stop()


def port_of(controller: Controller) -> int:
    return int(controller.port)


@pytest.fixture
def post(running: Controller) -> Post:
    return to(port_of(running))


def to(port: int) -> Post:
    names = OrganisationNames("บริษัท ตัวอย่าง จำกัด", "Example Company Limited")
    return Post(MailServer.parse(f"smtp://{HOST}:{port}"), SENDER, "https://report.example.org", 8, names)


@pytest.fixture
def calendar() -> Calendar:
    return Calendar(clock.today())


@pytest.fixture
def units(units: Units, calendar: Calendar) -> Units:
    return Units(units.database, units.access_log, units.secrets, today=calendar.today, now=calendar.now)


@pytest.fixture(autouse=True)
def _at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "hour", lambda: 9)


@pytest.fixture
def cast(units: Units) -> Cast:
    """The lead and the triage have an address."""
    cast = found(units)
    for person in (cast.lead, cast.triage):
        give_address(units, person)
    return cast


def give_address(units: Units, person: Person) -> None:
    with units.writing() as unit:
        reminders.change_address(unit, person.actor, f"{person.name}@example.org")


def test_who_has_something_waiting_is_told_so_and_nothing_of_it(
    units: Units, cast: Cast, post: Post, mailbox: Mailbox
) -> None:
    report = cast.report()
    assert reminders.run(units, post) == 2
    assert mailbox.readers == ["lead@example.org", "triage@example.org"]
    for letter in mailbox.letters:
        text = letter.as_string()
        assert "https://report.example.org/staff/" in letter.get_content()
        assert letter["Auto-Submitted"] == "auto-generated"
        assert letter["Subject"] == "บริษัท ตัวอย่าง จำกัด: มีงานรอคุณอยู่"
        for told in (report.reference, report.case.hex(), NARRATIVE, cast.channel.hex()):
            assert told not in text


def test_once_a_day(units: Units, cast: Cast, post: Post, mailbox: Mailbox, calendar: Calendar) -> None:
    cast.report()
    assert [reminders.run(units, post), reminders.run(units, post)] == [2, 0]
    calendar.day += timedelta(days=1)
    assert reminders.run(units, post) == 2
    assert len(mailbox.letters) == 4


def test_not_before_the_hour(
    units: Units, cast: Cast, post: Post, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.report()
    monkeypatch.setattr(clock, "hour", lambda: 7)
    assert reminders.run(units, post) == 0
    assert not mailbox.letters


def test_nobody_is_told_where_nothing_waits(units: Units, cast: Cast, post: Post, mailbox: Mailbox) -> None:
    assert reminders.run(units, post) == 0
    assert cast
    assert not mailbox.letters


def test_what_was_read_waits_no_more_until_its_deadline_is_near(
    units: Units, cast: Cast, post: Post, mailbox: Mailbox, calendar: Calendar
) -> None:
    report = cast.report()
    with units.writing() as unit:
        case_reading.read_case(unit, cast.lead.actor, cast.lead.keys, report.case)
    assert reminders.run(units, post) == 1
    assert mailbox.readers == ["triage@example.org"]
    calendar.day += timedelta(days=6)  # of seven to acknowledge it
    assert reminders.run(units, post) == 2


def test_a_task_whose_day_is_near_is_reminded_of_until_it_is_done(
    units: Units, cast: Cast, post: Post, mailbox: Mailbox, calendar: Calendar
) -> None:
    report = cast.report()
    for person in (cast.lead, cast.triage):
        with units.writing() as unit:
            case_reading.read_case(unit, person.actor, person.keys, report.case)
    due = {"text": "CANARY-TASK", "account": cast.lead.account, "due": calendar.day + timedelta(days=3)}
    with units.writing() as unit:
        tasks.set_task(unit, cast.lead.actor, cast.lead.keys, report.case, **due)
    with units.writing() as unit:
        case_reading.read_case(unit, cast.triage.actor, cast.triage.keys, report.case)
    assert reminders.run(units, post) == 0
    calendar.day += timedelta(days=1)
    assert reminders.run(units, post) == 1
    assert mailbox.readers == ["lead@example.org"]
    assert "CANARY" not in mailbox.letters[0].as_string()
    calendar.day += timedelta(days=1)
    with units.writing() as unit:
        (line,) = case_reading.read_case(unit, cast.lead.actor, cast.lead.keys, report.case).tasks
        tasks.end_task(unit, cast.lead.actor, cast.lead.keys, report.case, line.id)
    with units.writing() as unit:
        case_reading.read_case(unit, cast.triage.actor, cast.triage.keys, report.case)
    assert reminders.run(units, post) == 0


@pytest.mark.parametrize("change", [{"state": AccountState.SUSPENDED.value}, {"email": None}])
def test_who_may_not_work_or_wants_no_reminders_gets_none(
    units: Units, cast: Cast, post: Post, mailbox: Mailbox, change: dict[str, str | None]
) -> None:
    cast.report()
    with units.writing() as unit:
        unit.session.execute(update(Account).where(Account.id == cast.lead.account).values(change))
    assert reminders.run(units, post) == 1
    assert mailbox.readers == ["triage@example.org"]


# -- A server that will not ------------------------------------------------------------------------------------------


def test_a_dead_server_loses_nothing(units: Units, cast: Cast, post: Post, mailbox: Mailbox, tmp_path: Path) -> None:
    cast.report()
    done = jobs.run(units, tmp_path, to(free_port()))
    assert done is not None
    assert done.reminded is None
    done = jobs.run(units, tmp_path, post)
    assert done is not None
    assert done.reminded == 2
    assert len(mailbox.letters) == 2


def test_a_refused_address_keeps_nobody_waiting_and_is_tried_tomorrow(
    units: Units, cast: Cast, post: Post, mailbox: Mailbox, calendar: Calendar, caplog: pytest.LogCaptureFixture
) -> None:
    cast.report()
    mailbox.refuse["lead@example.org"] = "550 no such user lead@example.org"
    assert reminders.run(units, post) == 1
    assert reminders.run(units, post) == 0
    assert "lead@" not in caplog.text
    mailbox.refuse.clear()
    calendar.day += timedelta(days=1)
    assert reminders.run(units, post) == 2


def test_what_was_put_there_and_is_no_address_keeps_nobody_waiting(
    units: Units, cast: Cast, post: Post, mailbox: Mailbox
) -> None:
    cast.report()
    with units.writing() as unit:
        planted = {"email": "lead@example.org\nBcc: everybody@example.org"}
        unit.session.execute(update(Account).where(Account.id == cast.lead.account).values(planted))
    assert reminders.run(units, post) == 1
    assert mailbox.readers == ["triage@example.org"]


def test_one_that_takes_nothing_for_now_is_asked_again(units: Units, cast: Cast, post: Post, mailbox: Mailbox) -> None:
    cast.report()
    mailbox.refuse = dict.fromkeys(("lead@example.org", "triage@example.org"), "451 try later")
    assert reminders.run(units, post) is None
    mailbox.refuse.clear()
    assert reminders.run(units, post) == 2


# -- The conversation ------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of 127.0.0.1, signed by itself; with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(pem))
    return path


@pytest.fixture
def encrypted(mailbox: Mailbox, certificate: Path) -> Iterator[Callable[[bool], int]]:
    """Starts a server that speaks TLS, from the start or after STARTTLS, and lets nobody in without the password."""
    started: list[Controller] = []

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        del server, session, envelope, mechanism
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"clerk", b"a password")
        return AuthResult(success=right, handled=False)

    def start(from_the_start: bool) -> int:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        options = {
            "authenticator": authenticate,
            "auth_required": not from_the_start,
            "auth_require_tls": not from_the_start,
        }
        how = {"ssl_context": context} if from_the_start else {"tls_context": context, "require_starttls": True}
        controller = Controller(mailbox, hostname=HOST, port=free_port(), **options, **how)  # type: ignore[arg-type]
        controller.start()
        started.append(controller)
        return port_of(controller)

    yield start
    for controller in started:
        controller.stop()


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_over_tls_with_a_password(
    units: Units,
    cast: Cast,
    mailbox: Mailbox,
    encrypted: Callable[[bool], int],
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
) -> None:
    cast.report()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setattr("complaints.mail._LOOPBACK", set())
    server = MailServer(HOST, encrypted(scheme == "smtps"), scheme, "clerk")
    assert reminders.run(units, replace(to(0), server=server, password="wrong")) is None
    assert reminders.run(units, replace(to(0), server=server, password="a password")) == 2
    assert mailbox.encrypted == [True, True]


def test_a_server_of_another_name_is_told_nothing(
    encrypted: Callable[[bool], int], monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox
) -> None:
    monkeypatch.setattr("complaints.mail._LOOPBACK", set())
    with (
        pytest.raises(MailUnavailable) as error,
        connected(MailServer(HOST, encrypted(True), "smtps", "clerk"), "a password"),
    ):
        pytest.fail("its certificate is nobody's")
    assert "password" not in str(error.value)
    assert not mailbox.letters


def test_one_that_offers_no_tls_is_told_nothing(running: Controller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("complaints.mail._LOOPBACK", set())
    with pytest.raises(MailUnavailable), connected(MailServer(HOST, port_of(running), "smtp")):
        pytest.fail("it spoke in clear")


@pytest.mark.parametrize(
    "text",
    ["mail.example.org", "http://mail.example.org", "smtps://u:secret@mail.example.org", "smtps://", "smtp://h/x"],
)
def test_what_is_no_mail_server(text: str) -> None:
    with pytest.raises(ValueError, match="not a mail server"):
        MailServer.parse(text)


def test_the_password_is_read_by_the_servers_user_alone(secrets: Secrets) -> None:
    assert secrets.mail_password() is None
    path = secrets.directory / "mail.password"
    path.write_text("a password\n", "ascii")
    path.chmod(0o600)
    assert secrets.mail_password() == "a password"
    path.chmod(0o644)
    with pytest.raises(Misconfigured):
        secrets.mail_password()


# -- One's own address -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "malee",
        "malee@",
        "@example.org",
        "a b@example.org",
        "a@b",
        "a@example.org\nBcc: b@example.org",
        "x" * 250 + "@e.org",
    ],
)
def test_what_is_no_address(units: Units, cast: Cast, text: str) -> None:
    with units.writing() as unit, pytest.raises(Invalid):
        reminders.change_address(unit, cast.lead.actor, text)


def test_the_log_tells_that_it_changed_and_not_to_what(units: Units, cast: Cast) -> None:
    with units.writing() as unit:
        reminders.change_address(unit, cast.lead.actor, "")
        assert reminders.address_of(unit, cast.lead.actor) == ""
    with units.reading() as unit:
        lines = log_reading.page(unit.session, event=Event.ADDRESS_CHANGED).lines
    assert len(lines) == 3
    assert not [line for line in lines if "@" in str(line.fields)]
