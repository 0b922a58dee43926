"""Mail to the staff, over SMTP. What a message may say is decided where it is written: nothing of a case is ever in one."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

TIMEOUT = 20.0
"""Seconds that a server may take for an answer."""

_PORTS = {"smtp": 587, "smtps": 465}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class MailUnavailable(Exception):
    """The server cannot be reached, is not who it says, or takes nothing now. Names what happened; quotes neither address nor password."""


class AddressRefused(Exception):
    """The server takes no mail for this address."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """`smtps://…` speaks TLS from the start, `smtp://…` after STARTTLS; without TLS only to this machine itself."""

    host: str
    port: int
    scheme: str
    user: str | None = None

    @classmethod
    def parse(cls, text: str) -> "MailServer":
        """`smtps://user@mail.example.org:465`; the password stands elsewhere. Raises ValueError."""
        parts = urlsplit(text)
        if parts.scheme not in _PORTS or not parts.hostname or parts.password or parts.path or parts.query:
            raise ValueError("not a mail server's address")
        user = unquote(parts.username) if parts.username else None
        return cls(parts.hostname, parts.port or _PORTS[parts.scheme], parts.scheme, user)

    @property
    def in_clear(self) -> bool:
        return self.scheme == "smtp" and self.host in _LOOPBACK


class Connection:
    """One conversation, for as many messages as there are."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp

    def send(self, message: EmailMessage) -> None:
        """Raises AddressRefused, MailUnavailable."""
        try:
            self._smtp.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            if all(500 <= code < 600 for code, _ in error.recipients.values()):
                raise AddressRefused from None  # the reason quotes the address
            raise MailUnavailable("the mail server takes nothing for now") from None
        except (smtplib.SMTPException, OSError) as error:
            raise MailUnavailable(f"the mail server broke off ({type(error).__name__})") from None


@contextmanager
def connected(server: MailServer, password: str | None = None) -> Iterator[Connection]:
    """Raises MailUnavailable, also when the certificate is not the host's."""
    try:
        smtp = _greet(server)
        try:
            if server.user is not None:
                smtp.login(server.user, password or "")
        except BaseException:
            smtp.close()
            raise
    except (smtplib.SMTPException, OSError) as error:
        raise MailUnavailable(f"the mail server cannot be used ({type(error).__name__})") from None
    try:
        yield Connection(smtp)
    finally:
        _part(smtp)


def _greet(server: MailServer) -> smtplib.SMTP:
    trusted = ssl.create_default_context()
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=trusted)
    smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
    if not server.in_clear:
        try:
            smtp.starttls(context=trusted)
        except BaseException:
            smtp.close()
            raise
    return smtp


def _part(smtp: smtplib.SMTP) -> None:
    try:
        smtp.quit()
    except (smtplib.SMTPException, OSError):
        smtp.close()  # it has what it took
