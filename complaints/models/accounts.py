"""Accounts and their sessions. Seeds are locked or sealed; nothing here opens them."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from complaints.models.base import Base, Blob, Digest, Id


class Account(Base):
    """Somebody of the staff. `seed_locked` opens with their passphrase and the pepper alone."""

    __tablename__ = "account"

    id: Mapped[Id] = mapped_column(primary_key=True)
    sign_in_name: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    email: Mapped[str | None]
    state: Mapped[str]
    roles: Mapped[str]
    """The roles' values, sorted, with a space between."""
    locale: Mapped[str]
    created: Mapped[date]
    work_public: Mapped[Blob]
    identity_public: Mapped[Blob]
    verify_public: Mapped[Blob]
    seed_locked: Mapped[Blob]
    version: Mapped[int]
    reminded: Mapped[date | None]
    """When mail last told its owner that something waits."""
    vouched: Mapped[Digest]
    """The server's word for name, roles, state and public keys: nobody becomes somebody else by an UPDATE."""


class SessionRow(Base):
    """A signed-in browser, of staff or of a reporter. Found by a hash of the cookie's token; sealed under the token itself.

    A reporter's row bears days only: the precise moment is inside `data`.
    """

    __tablename__ = "session"
    __table_args__ = {"sqlite_with_rowid": False}

    lookup: Mapped[Digest] = mapped_column(primary_key=True)
    account_id: Mapped[bytes | None] = mapped_column(LargeBinary(16), ForeignKey("account.id"), index=True)
    case_id: Mapped[bytes | None] = mapped_column(LargeBinary(16), ForeignKey("cases.id"))
    seeds: Mapped[Blob]
    """Sealed: the work and signing seeds, never the identity seed."""
    data: Mapped[Blob]
    """Sealed: what the web layer keeps between requests (CSRF token, a notice to show once)."""
    last_seen: Mapped[datetime | None]
    expires: Mapped[datetime]


class SignInBackoff(Base):
    """How often a known account's passphrase was mistaken since it was last right, and until when whoever mistook it waits.

    Counted apart for each place that tries, so that a stranger's mistakes keep nobody waiting but strangers.
    """

    __tablename__ = "sign_in_backoff"

    account_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("account.id"), primary_key=True)
    source: Mapped[Blob] = mapped_column(primary_key=True)
    """Empty: strangers; a known device's lookup; a paper code's digest; the first two after a word for those who owe a second factor; or a word for those who are signed in."""
    failures: Mapped[int]
    waits_until: Mapped[datetime]


class KnownDevice(Base):
    """A browser from which an account was signed in to with both factors. Its cookie's token is nowhere; here is a hash of it."""

    __tablename__ = "known_device"
    __table_args__ = {"sqlite_with_rowid": False}

    lookup: Mapped[Digest] = mapped_column(primary_key=True)
    account_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("account.id"))
    expires: Mapped[date]


class Invitation(Base):
    """Leave to make one account, once, with these roles. The link's token is nowhere; here is a hash of it.

    Without an inviter it is the founding one, which the server prints while there is no account at all.
    """

    __tablename__ = "invitation"
    __table_args__ = {"sqlite_with_rowid": False}

    lookup: Mapped[Digest] = mapped_column(primary_key=True)
    display_name: Mapped[str]
    roles: Mapped[str]
    """As an account's."""
    invited_by: Mapped[bytes | None] = mapped_column(LargeBinary(16), ForeignKey("account.id"))
    expires: Mapped[datetime]
    signature: Mapped[Blob]
    """The inviter's, over all of the above; under the founding one the server's own word."""


class SecondFactor(Base):
    """What somebody gives beside the passphrase when they sign in: an authenticator's code, a passkey, a code on paper.

    Guards sessions, not keys. Which of the last columns are set depends on the kind.
    """

    __tablename__ = "second_factor"

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("account.id"), index=True)
    kind: Mapped[str]
    label: Mapped[str]
    added: Mapped[date]
    secret: Mapped[bytes | None]
    """Authenticator: its secret's key id (16 B) and envelope, wrapped to the account's own work key."""
    digest: Mapped[bytes | None]
    """Code on paper: a hash of it."""
    credential: Mapped[bytes | None] = mapped_column(unique=True)
    """Passkey: its id, as the browser knows it."""
    public_key: Mapped[bytes | None]
    """Passkey: as COSE has it."""
    counter: Mapped[int] = mapped_column(BigInteger)
    """Authenticator: the last step of time whose code was taken; passkey: its own count of uses."""
    vouched: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """The server's word for all but the count: one that somebody planted, or moved to another account, is not believed."""


class Recovery(Base):
    """One half of an account's seed, wrapped to the key that its owner's printed code gives; and whether they ask for the other.

    The owner's signature covers the code's public key and every half, so that nobody swaps any.
    """

    __tablename__ = "recovery"

    account_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("account.id"), primary_key=True)
    code_public: Mapped[Blob]
    code_half: Mapped[Blob]
    """Its key id (16 B) and envelope."""
    signature: Mapped[Blob]
    asked: Mapped[datetime | None]
    """When somebody came with the code; none while nobody asks."""
    released: Mapped[bytes | None]
    """The custodians' half, wrapped anew to the code's public key: key id and envelope. None until a custodian has done it."""


class RecoveryShare(Base):
    """The other half, wrapped to one custodian's identity key."""

    __tablename__ = "recovery_share"
    __table_args__ = {"sqlite_with_rowid": False}

    account_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("account.id"), primary_key=True)
    custodian_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("account.id"), primary_key=True)
    half: Mapped[Blob]
    wrapped_to: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """SHA-256 of that key, so that a custodian with new keys shows. None: of before this was kept."""


class NewKeys(Base):
    """Keys that the owner of a lost account has drawn behind a one-time link, until a lead confirms whose they are.

    They are nobody's before that. The link's token is nowhere; here is a hash of it.
    """

    __tablename__ = "new_keys"
    __table_args__ = {"sqlite_with_rowid": False}

    approval_id: Mapped[bytes] = mapped_column(LargeBinary(16), ForeignKey("approval.id"), primary_key=True)
    lookup: Mapped[Digest] = mapped_column(unique=True)
    work_public: Mapped[bytes | None]
    identity_public: Mapped[bytes | None]
    verify_public: Mapped[bytes | None]
    seed_locked: Mapped[bytes | None]
    """Under the passphrase that they chose. None of the four before they have."""
