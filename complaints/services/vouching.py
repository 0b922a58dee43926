"""Vouching: the server's own word for rows that no person's key signs, and for what it hands to a browser to hold.

Accounts, channels and acts are what other things are believed by: a reporter excludes people by their names, a lead's act counts under
the roster of its time. Each such row bears an HMAC under a key that is in the secret files, so that whoever can write to the database
alone cannot rename, raise, plant or re-sign anything. Not protected: an older row put back whole with its older word; the log and
`complaints check` show that.

What a form carries of the files that wait comes back from somebody else's hands: it bears such a word too.
"""

import hmac
from datetime import date
from typing import Protocol

from complaints.config import Secrets
from complaints.errors import Refused


class AccountFacts(Protocol):
    """What an account is known by."""

    @property
    def id(self) -> bytes: ...
    @property
    def sign_in_name(self) -> str: ...
    @property
    def display_name(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def roles(self) -> str: ...
    @property
    def work_public(self) -> bytes: ...
    @property
    def identity_public(self) -> bytes: ...
    @property
    def verify_public(self) -> bytes: ...
    @property
    def version(self) -> int: ...


class RehearsalFacts(Protocol):
    """How it stands with a channel's test reports."""

    @property
    def channel_id(self) -> bytes: ...
    @property
    def case_id(self) -> bytes | None: ...
    @property
    def begun(self) -> date: ...
    @property
    def roster(self) -> bytes: ...
    @property
    def opened(self) -> date | None: ...
    @property
    def opener(self) -> bytes | None: ...
    @property
    def opened_under(self) -> bytes | None: ...


class ChannelFacts(Protocol):
    """What a channel is chosen by, and where it leads."""

    @property
    def id(self) -> bytes: ...
    @property
    def code(self) -> str: ...
    @property
    def name_th(self) -> str: ...
    @property
    def name_en(self) -> str: ...
    @property
    def position(self) -> int: ...
    @property
    def fallback_id(self) -> bytes | None: ...
    @property
    def acknowledge_days(self) -> int: ...
    @property
    def feedback_days(self) -> int: ...


class FactorFacts(Protocol):
    """A second factor, but for how often it was used."""

    @property
    def id(self) -> bytes: ...
    @property
    def account_id(self) -> bytes: ...
    @property
    def kind(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def secret(self) -> bytes | None: ...
    @property
    def digest(self) -> bytes | None: ...
    @property
    def credential(self) -> bytes | None: ...
    @property
    def public_key(self) -> bytes | None: ...


ACCOUNT_FACTS = (
    "id",
    "sign_in_name",
    "display_name",
    "state",
    "roles",
    "work_public",
    "identity_public",
    "verify_public",
    "version",
)
"""The columns of an account that the word covers."""


def for_account(secrets: Secrets, account: AccountFacts) -> bytes:
    """32 bytes over name, roles, state, version and public keys."""
    texts = (account.sign_in_name, account.display_name, account.state, account.roles, str(account.version))
    public = (account.work_public, account.identity_public, account.verify_public)
    return secrets.vouch("account", account.id, *(text.encode() for text in texts), *public)


def for_channel(secrets: Secrets, channel: ChannelFacts) -> bytes:
    """32 bytes over names, place, fallback and deadlines."""
    numbers = (channel.position, channel.acknowledge_days, channel.feedback_days)
    texts = (channel.code, channel.name_th, channel.name_en, *map(str, numbers))
    return secrets.vouch("channel", channel.id, *(text.encode() for text in texts), channel.fallback_id or b"")


def for_act(secrets: Secrets, act: bytes, digest: str) -> bytes:
    """32 bytes over the act's id and the digest of its statement and signature."""
    return secrets.vouch("act", act, digest.encode())


def for_question(secrets: Secrets, question: bytes, digest: str, retired: date | None) -> bytes:
    """32 bytes over the question's id, the digest of all it says, and the day it was retired."""
    return secrets.vouch("question", question, digest.encode(), retired.isoformat().encode() if retired else b"")


def for_processor(secrets: Secrets, processor: bytes, digest: str) -> bytes:
    """32 bytes over a processor's id and the digest of all that a version says of it."""
    return secrets.vouch("processor", processor, digest.encode())


def for_notice_page(secrets: Secrets, version: int, digest: str) -> bytes:
    """32 bytes over a version of the notice and the digest of its pages."""
    return secrets.vouch("notice page", str(version).encode(), digest.encode())


def for_rehearsal(secrets: Secrets, row: RehearsalFacts) -> bytes:
    """32 bytes over which case is the channel's test, and over how the last one ended."""
    days = (day.isoformat().encode() if day else b"" for day in (row.begun, row.opened))
    parts = (row.case_id or b"", row.roster, row.opener or b"", row.opened_under or b"")
    return secrets.vouch("rehearsal", row.channel_id, *parts, *days)


def for_factor(secrets: Secrets, row: FactorFacts) -> bytes:
    """32 bytes over whose it is, its kind and name, and what it is recognised by."""
    texts = (row.kind.encode(), row.label.encode())
    parts = (row.secret or b"", row.digest or b"", row.credential or b"", row.public_key or b"")
    return secrets.vouch("second factor", row.id, row.account_id, *texts, *parts)


def is_kept(word: bytes, stored: object) -> bool:
    """Whether the row bears the server's word."""
    return isinstance(stored, bytes) and hmac.compare_digest(word, stored)


def for_founding(secrets: Secrets, statement: bytes) -> bytes:
    """32 bytes over what the founding invitation says, which nobody is there to sign."""
    return secrets.vouch("founding", statement)


def for_waiting_file(secrets: Secrets, said: str) -> bytes:
    """32 bytes over all that a form says of a file that waits: its id, key, length, type, what cleaning found, its copy, its name."""
    return secrets.vouch("staged", said.encode())


def require(word: bytes, stored: object, what: str) -> None:
    """Raises Refused when the row does not bear the server's word."""
    if not is_kept(word, stored):
        raise Refused(f"{what} that was changed past the system")
